from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstem.db.migrate import State, load, migrate, status
from mainstem.errors import MigrationError, ServerError
from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mainstem.pg.scratch import ScratchServer

ONE = "-- why\ncreate table public.one (id int);\ninsert into public.one values (1);\n"
TWO = "create table public.two (id int);\nselect pg_sleep(0);\ninsert into public.two values (2);\n"
KILLED = Path(__file__).with_name("kill_migrate.py")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_one.sql").write_text(ONE)
    (tmp_path / "0002_two.sql").write_text(TWO)
    return tmp_path


def tables(url: str) -> list[str]:
    with connect(url) as connection:
        rows = connection.execute("select tablename from pg_tables where schemaname = 'public'")
        return sorted(name for (name,) in rows.fetchall())


def test_files_are_applied_once_and_in_order(empty_database_url: str, folder: Path) -> None:
    steps: list[str] = []
    with connect(empty_database_url) as connection:
        applied = migrate(
            connection, files=load(folder), on_step=lambda step: steps.append(step.name)
        )
        assert [(each.name, each.statements) for each in applied] == [
            ("0001_one.sql", 2),
            ("0002_two.sql", 3),
        ]
        assert steps == ["0001_one.sql", "0002_two.sql"]
        assert migrate(connection, files=load(folder)) == []
        states = {each.name: each.state for each in status(connection, files=load(folder))}
    assert states == {"0001_one.sql": State.APPLIED, "0002_two.sql": State.APPLIED}
    assert tables(empty_database_url) == ["one", "two"]


def test_a_dry_run_touches_nothing(empty_database_url: str, folder: Path) -> None:
    with connect(empty_database_url) as connection:
        planned = migrate(connection, files=load(folder), dry_run=True)
        assert [each.name for each in planned] == ["0001_one.sql", "0002_two.sql"]
        found = connection.execute("select to_regnamespace('app')").fetchone()
    assert found == (None,)
    assert tables(empty_database_url) == []


def test_an_edited_applied_file_is_refused_by_name(empty_database_url: str, folder: Path) -> None:
    with connect(empty_database_url) as connection:
        migrate(connection, files=load(folder)[:1])
        (folder / "0001_one.sql").write_text(ONE + "-- edited\n")
        assert status(connection, files=load(folder))[0].state is State.EDITED
        with pytest.raises(MigrationError, match=r"0001_one\.sql was edited after it was applied"):
            migrate(connection, files=load(folder))
    assert tables(empty_database_url) == ["one"]


def test_line_ends_of_another_system_are_no_edit(empty_database_url: str, folder: Path) -> None:
    with connect(empty_database_url) as connection:
        migrate(connection, files=load(folder))
        (folder / "0001_one.sql").write_bytes(ONE.replace("\n", "\r\n").encode())
        assert migrate(connection, files=load(folder)) == []


def test_a_record_of_a_newer_version_is_refused_by_name(
    empty_database_url: str, folder: Path
) -> None:
    with connect(empty_database_url) as connection:
        migrate(connection, files=load(folder))
        with pytest.raises(MigrationError, match=r"has the migration 0002_two\.sql, which this"):
            migrate(connection, files=load(folder)[:1])


def test_a_file_below_an_applied_one_is_refused_by_name(
    empty_database_url: str, folder: Path
) -> None:
    with connect(empty_database_url) as connection:
        migrate(connection, files=load(folder)[:1])
        (folder / "0000_late.sql").write_text("select 1")
        with pytest.raises(MigrationError, match=r"0000_late\.sql is not applied but the later"):
            migrate(connection, files=load(folder))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("create table public.a ();\n\nselect 1\n  from nowhere;", "line 4: relation .nowhere."),
        ("select 1;\n\nselect 1 / 0;", "line 3: division by zero"),
        ("select 1;\nselekt;", 'line 2: syntax error at or near "selekt"'),
        ("do $$ begin raise 'no %', 'good'; end $$", "line 1: no good"),
    ],
)
def test_a_failure_names_file_line_and_reason_and_leaves_nothing(
    empty_database_url: str, folder: Path, text: str, said: str
) -> None:
    (folder / "0003_bad.sql").write_text(text)
    with connect(empty_database_url) as connection:
        with pytest.raises(MigrationError, match=rf"0003_bad\.sql, {said}"):
            migrate(connection, files=load(folder))
        states = [each.state for each in status(connection, files=load(folder))]
    assert states == [State.APPLIED, State.APPLIED, State.PENDING]
    assert tables(empty_database_url) == ["one", "two"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("0003_bad.sql", "select 1;\ncommit;", "line 2: 'commit' is not allowed"),
        ("3_bad.sql", "select 1", "3_bad.sql is no name of a migration"),
        ("0002_again.sql", "select 1", "have the same number"),
    ],
)
def test_files_that_cannot_be_migrations_are_named(
    folder: Path, name: str, text: str, said: str
) -> None:
    (folder / name).write_text(text)
    with pytest.raises(MigrationError, match=said):
        load(folder)


def test_another_encoding_is_refused(scratch: ScratchServer) -> None:
    with connect(scratch.url(), autocommit=True) as connection:
        connection.execute(
            "create database latin encoding 'LATIN1' locale 'C' locale_provider libc"
            " template template0"
        )
    with (
        connect(scratch.url("latin")) as connection,
        pytest.raises(ServerError, match="encoded in LATIN1; Mainstem needs UTF8"),
    ):
        migrate(connection)
    scratch.drop_database("latin")


def test_two_runners_take_turns(empty_database_url: str, folder: Path) -> None:
    def run() -> None:
        with connect(empty_database_url) as connection:
            applied.extend(each.name for each in migrate(connection, files=load(folder)))

    applied: list[str] = []
    runners = [threading.Thread(target=run) for _ in range(4)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert sorted(applied) == ["0001_one.sql", "0002_two.sql"]


@pytest.fixture(scope="module")
def migrate_killed() -> Iterator[Callable[[str, Path, int], None]]:
    """Migrate a database from a folder in a process that is killed at a step."""
    with subprocess.Popen(
        [sys.executable, KILLED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as forking:
        assert forking.stdin is not None
        assert forking.stdout is not None
        into, out = forking.stdin, forking.stdout

        def run(url: str, folder: Path, step: int) -> None:
            print(json.dumps([url, str(folder), step]), file=into, flush=True)
            assert out.readline() == "\n"

        yield run


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.integers(1, 40), min_size=1, max_size=2))
def test_killed_at_any_step_and_run_again_it_finishes(
    scratch: ScratchServer,
    migrate_killed: Callable[[str, Path, int], None],
    folder: Path,
    steps: list[int],
) -> None:
    name = f"killed_{uuid4().hex}"
    url = scratch.create_database(name)
    try:
        for step in steps:
            migrate_killed(url, folder, step)
        with connect(url) as connection:
            migrate(connection, files=load(folder))
            rows = connection.execute(
                "select (select array_agg(id) from public.one),"
                " (select array_agg(id) from public.two), (select count(*) from app.migration)"
            ).fetchall()
        assert rows == [([1], [2], 2)]
    finally:
        scratch.drop_database(name)
