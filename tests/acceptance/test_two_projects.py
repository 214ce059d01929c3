"""A team with two Supabase projects goes through the guide, command by command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from click.testing import CliRunner

from mainstem.cli import app
from mainstem.pg.connect import connect
from samples import two_projects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

    from mainstem.pg.scratch import ScratchServer

SAMPLE = Path(two_projects.__file__).parent


class Team:
    """Three databases, a folder, and the commands that people type in it."""

    def __init__(self, folder: Path, urls: dict[str, str]) -> None:
        self.folder = folder
        self.urls = urls

    def mainstem(self, *arguments: str, exit_code: int = 0) -> Result:
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == exit_code, (arguments, result.output, result.exception)
        return result

    def execute(self, name: str, *statements: str) -> None:
        with connect(self.urls[name]) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with connect(self.urls["unified"]) as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture
def team(scratch: ScratchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    names = {name: f"test_{uuid4().hex}" for name in ("desk", "campaigner", "unified")}
    urls = {name: scratch.create_database(database) for name, database in names.items()}
    for name, url in urls.items():
        two_projects.fill(url, name)
    for file in ("merge.toml", "expect.toml"):
        shutil.copy(SAMPLE / file, tmp_path)
    shutil.copytree(SAMPLE / "app", tmp_path / "app")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESK", urls["desk"])
    monkeypatch.setenv("CAMPAIGNER", urls["campaigner"])
    monkeypatch.setenv("DATABASE_URL", urls["unified"])
    yield Team(tmp_path, urls)
    for database in names.values():
        scratch.drop_database(database)


def test_two_projects_become_one_while_both_stay_in_use(team: Team) -> None:
    team.mainstem("verify", "isolation")
    team.mainstem("unify", "plan", "merge.toml")
    rehearsed = team.mainstem("unify", "rehearse", "merge.toml", exit_code=3)
    assert "1 of campaigner.contacts: workspace_id: leads to no tenant" in rehearsed.output
    ran = team.mainstem("unify", "run", "merge.toml", exit_code=3)
    assert "restore it with:" in " ".join(ran.output.split())
    assert "2 rows in quarantine" in ran.output
    verified = team.mainstem("unify", "verify", "merge.toml")
    assert "12 foreign keys, 7 isolated tables" in verified.output
    assert "18 of 18 passed" in team.mainstem("verify", "expect", "expect.toml").output

    team.execute(
        "campaigner",
        "insert into campaigns (workspace_id, title) select min(id), 'New' from workspaces",
        "update contacts set workspace_id = (select min(id) from workspaces)"
        " where workspace_id is null",
        "delete from sends where id <= 5",
    )
    team.execute("desk", "update ticket set status = 'closed' where status = 'pending'")
    assert "differ" in team.mainstem("unify", "verify", "merge.toml", exit_code=1).output
    caught = team.mainstem("unify", "run", "merge.toml", "--catch-up", exit_code=3).output
    assert "2 inserted, 1,000 updated, 5 deleted" in caught
    team.mainstem("unify", "verify", "merge.toml")
    assert team.rows("select count(*) from ticket where status = 'pending'") == [(0,)]

    text = team.mainstem("unify", "report", "1", "--format", "json").output
    report = json.loads(text)
    assert report["run"]["name"] == "two-projects"


def test_the_code_of_both_goes_on_working_and_is_renamed(team: Team) -> None:
    team.mainstem("unify", "plan", "merge.toml")
    team.mainstem("unify", "run", "merge.toml", exit_code=3)
    made = team.mainstem("unify", "legacy", "--plan", "merge-plan").output
    assert "made 10 views in schema legacy" in made
    assert "10 proven, 0 leak, 0 not exercised" in made
    assert team.rows("select count(*) from legacy.campaigns where state is not null") == [(200,)]
    team.mainstem("verify", "isolation")
    migrations = team.folder / "migrations"
    migrations.mkdir()
    shutil.copy(SAMPLE / "unified.sql", migrations / "0001_unified.sql")
    told = team.mainstem(
        "rename", "app", "--plan", "merge-plan", "--write", "--migrations", "migrations"
    ).output
    assert "columns have new names too: state is status" in told
    campaigns = (team.folder / "app" / "campaigns.ts").read_text()
    assert ".from('campaign')" in campaigns
    assert "sends:send(id, contacts:customer(email))" in campaigns
    assert "storage.from('campaigns')" in campaigns
    types = team.mainstem("types", "typescript").output
    assert "campaign: {" in types


def test_an_undo_gives_the_target_back(team: Team) -> None:
    team.mainstem("unify", "plan", "merge.toml")
    team.mainstem("unify", "run", "merge.toml", exit_code=3)
    team.mainstem("unify", "undo", "1")
    assert team.rows("select count(*) from organization") == [(0,)]
