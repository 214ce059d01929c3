"""Questions answered on a terminal, backups kept as files, the target backed up before a run."""

from __future__ import annotations

import shlex
import sqlite3
import subprocess
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from tests.unify.several.conftest import CONFIG

from mainstem.cli.unify.decide import decide
from mainstem.cli.unify.run import run
from mainstem.errors import ConfigError
from mainstem.pg.connect import connect
from mainstem.unify.plan.answers import with_answers
from mainstem.unify.plan.model import Answer

if TYPE_CHECKING:
    from tests.unify.several.conftest import Merge

OPEN = CONFIG.replace(
    '[tables.north.outfits]\ndrop = "of another product"\n'
    '[tables.north.backup_people_2024]\ndrop = "a backup"\n',
    "",
).replace('made_at = "created_at"\n', "")


def test_backups_are_proposed_for_the_archive_and_kept(merge: Merge) -> None:
    merge.execute(
        merge.north,
        "insert into backup_people_2024 (id, email)"
        " select gen_random_uuid(), x from unnest(array['o''x', E'b\\ty']) x",
    )
    merge.config.write_text(OPEN + '[tables.north.outfits]\narchive = "of another product"\n'
                            '[tables.desk.people]\narchive = "kept"\n')  # fmt: skip
    merge.plan()
    with pytest.raises(ConfigError, match="1 open question"):
        merge.run()
    merge.config.write_text(
        merge.config.read_text().replace("[tables.south.project.columns]",
                                         '[tables.south.project.columns]\nmade_at = "created_at"')
    )  # fmt: skip
    plan = merge.plan()
    archived = {table.name: table.archive for table in plan.tables if table.archive is not None}
    assert archived == {
        "north.outfits": "of another product",
        "north.backup_people_2024": "proposed: by its name a copy of people, and no table refers "
        "to it",
        "desk.people": "kept",
    }
    outcome = merge.run()
    folder = plan.directory / "archive" / f"run-{outcome.run.id}"
    assert "COPY public.backup_people_2024" in (folder / "north.backup_people_2024.sql").read_text()
    again = sqlite3.connect(":memory:")
    again.executescript((folder / "desk.people.sql").read_text())
    assert again.execute("select count(*), max(full_name) from people").fetchall() == [
        (2, "Desk Two")
    ]
    again.close()
    assert merge.accounts()["north.backup_people_2024"] == (2, 0, 0, 0, 2)
    decisions = merge.rows("select name, action from unify.decision where action ~ 'archive'")
    assert ("archive desk.people", "archive table") in decisions
    assert merge.verify().is_equal


def test_questions_are_listed_without_a_terminal(merge: Merge) -> None:
    merge.config.write_text(OPEN)
    plan = merge.plan()
    result = CliRunner().invoke(decide, [str(plan.directory)])
    assert result.exit_code == 2, result.output
    assert "table outfits (5 rows; nothing refers to it) matches no target table" in result.output
    assert "2 open questions" in result.output


def test_answers_are_kept_in_the_manifest_and_obeyed(
    merge: Merge, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge.config.write_text(OPEN)
    plan = merge.plan()
    monkeypatch.setenv("DATABASE_URL", merge.url)
    monkeypatch.setattr("mainstem.cli.unify.decide._is_terminal", lambda: True)
    said = "archive\nof another product\ninto\ncreated_at\n"
    result = CliRunner().invoke(decide, [str(plan.directory)], input=said)
    assert result.exit_code == 0, result.output
    again = merge.read_plan()
    assert again.questions == ()
    assert again.table("north.outfits").archive == "of another product"
    assert again.table("south.project").column("made_at").into == "created_at"
    # the plan made anew from the config knows them still
    assert merge.plan().answers == again.answers
    assert [(a.table, a.column) for a in again.answers] == [
        ("north.outfits", None),
        ("south.project", "made_at"),
    ]
    assert CliRunner().invoke(decide, [str(plan.directory)]).output == "no open questions\n"


def test_an_answer_that_is_no_toml_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"the answer about a\.b is no TOML"):
        with_answers({}, [Answer("a", "b", "{ drop = ")])


def test_the_target_is_backed_up_before_a_run(
    merge: Merge, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = merge.plan()
    monkeypatch.setenv("DATABASE_URL", merge.url)
    result = CliRunner().invoke(run, [str(merge.config)])
    assert result.exit_code == 0, result.output
    (dump,) = (plan.directory / "backup").glob("*.dump")
    assert dump.read_bytes().startswith(b"PGDMP")
    # The command works as it is printed; what stands in its way leaves the database as it was.
    (said,) = [line for line in result.output.splitlines() if line.startswith("the target was")]
    command = shlex.split(said.partition("restore it with: ")[2])
    count = "select count(*) from project"
    with connect(merge.url, autocommit=True) as connection:
        before = connection.execute(count).fetchone()
        connection.execute("create view names as select * from project")
        connection.execute("create schema unify_7; create table unify_7.staged (kept project)")
        assert subprocess.run(command, check=False, capture_output=True).returncode
        assert connection.execute(count).fetchone() == before != (0,)
        connection.execute("drop view names")
        subprocess.run(command, check=True, capture_output=True)
        assert connection.execute(count).fetchone() == (0,)
    result = CliRunner().invoke(run, [str(merge.config), "--no-backup-because", "a copy is there"])
    assert result.exit_code == 0, result.output
    assert "no backup of the target was taken: a copy is there" in result.output
    assert list((plan.directory / "backup").glob("*.dump")) == [dump]
