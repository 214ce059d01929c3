"""A team with two Supabase projects goes through the guide, command by command."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from click.testing import CliRunner
from psycopg.conninfo import conninfo_to_dict

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


@pytest.fixture(scope="module")
def filled(scratch: ScratchServer) -> dict[str, str]:
    """The databases that the team's are copied from."""
    names = {name: f"{name}_{uuid4().hex}" for name in ("desk", "campaigner", "unified")}
    for name, database in names.items():
        two_projects.fill(scratch.create_database(database), name)
    return names


@pytest.fixture
def team(
    scratch: ScratchServer,
    filled: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Team]:
    with _team(scratch, filled, tmp_path) as made:
        _sit_down(made, monkeypatch)
        yield made


@contextmanager
def _team(scratch: ScratchServer, templates: dict[str, str], folder: Path) -> Iterator[Team]:
    names = {name: f"test_{uuid4().hex}" for name in templates}
    urls = {
        name: scratch.create_database(names[name], template=template)
        for name, template in templates.items()
    }
    for file in ("merge.toml", "expect.toml"):
        shutil.copy(SAMPLE / file, folder)
    shutil.copytree(SAMPLE / "app", folder / "app")
    yield Team(folder, urls)
    for database in names.values():
        scratch.drop_database(database)


def _sit_down(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be where the team's commands are typed."""
    monkeypatch.chdir(team.folder)
    monkeypatch.setenv("DESK", team.urls["desk"])
    monkeypatch.setenv("CAMPAIGNER", team.urls["campaigner"])
    monkeypatch.setenv("DATABASE_URL", team.urls["unified"])


@pytest.fixture(scope="module")
def _done(
    scratch: ScratchServer, filled: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Team]:
    """A merge that was planned and run; nothing writes to its databases any more."""
    folder = tmp_path_factory.mktemp("merged")
    with _team(scratch, filled, folder) as made, pytest.MonkeyPatch.context() as patched:
        _sit_down(made, patched)
        made.mainstem("unify", "plan", "merge.toml")
        made.mainstem("unify", "run", "merge.toml", exit_code=3)
        patched.undo()
        yield made


@pytest.fixture
def merged(
    scratch: ScratchServer, _done: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Team]:
    """The same in a folder and a target of this test's own; its sources are only read."""
    name = f"test_{uuid4().hex}"
    template = conninfo_to_dict(_done.urls["unified"])["dbname"]
    urls = _done.urls | {"unified": scratch.create_database(name, template=str(template))}
    made = Team(Path(shutil.copytree(_done.folder, tmp_path, dirs_exist_ok=True)), urls)
    _sit_down(made, monkeypatch)
    yield made
    scratch.drop_database(name)


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


def test_the_code_of_both_goes_on_working_and_is_renamed(merged: Team) -> None:
    made = merged.mainstem("unify", "legacy", "--plan", "merge-plan").output
    assert "made 10 views in schema legacy" in made
    assert "10 proven, 0 leak, 0 not exercised" in made
    assert merged.rows("select count(*) from legacy.campaigns where state is not null") == [(200,)]
    merged.mainstem("verify", "isolation")
    migrations = merged.folder / "migrations"
    migrations.mkdir()
    shutil.copy(SAMPLE / "unified.sql", migrations / "0001_unified.sql")
    told = merged.mainstem(
        "rename", "app", "--plan", "merge-plan", "--write", "--migrations", "migrations"
    ).output
    assert "columns have new names too: state is status" in told
    campaigns = (merged.folder / "app" / "campaigns.ts").read_text()
    assert ".from('campaign')" in campaigns
    assert "sends:send(id, contacts:customer(email))" in campaigns
    assert "storage.from('campaigns')" in campaigns
    types = merged.mainstem("types", "typescript").output
    assert "campaign: {" in types


def test_an_undo_gives_the_target_back(merged: Team) -> None:
    merged.mainstem("unify", "undo", "1")
    assert merged.rows("select count(*) from organization") == [(0,)]
