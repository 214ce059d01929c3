"""What a hostile migration may try: nothing outside its database is touched, nothing hangs."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from mainstem.unify.replay import Limits, Replayer
from mainstem.unify.replay.model import Failure
from mainstem.unify.replay.watchdog import Watchdog, size_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unify.replay.conftest import ReplayFiles


REFUSAL = re.compile(
    r"permission denied|must be|Only roles|not available|from a function|not allowed"
)
AFTER = "; create table after (id int primary key)"


STOOD_IN = [
    "copy t to program 'touch {mark}'",
    "copy t from '/etc/passwd'",
    "copy t to '{mark}'",
    "create role intruder superuser login",
    "alter role postgres superuser",
    "alter user postgres with password 'x'",
    "drop role anon",
    "grant mainstem_keeper to postgres",
    "alter system set archive_command = 'touch {mark}'",
    "create database other",
    "drop database template1",
    "create tablespace t location '/tmp'",
    "load 'auto_explain'",
    "create language plperlu",
    "select pg_read_file('/etc/passwd')",
    "select lo_import('/etc/passwd')",
    "select dblink('host=/tmp', 'select 1')",
    "select pg_terminate_backend(pid) from pg_stat_activity",
    "create event trigger e on ddl_command_start execute function f()",
    "create subscription s connection 'host=x' publication p",
    "create server s foreign data wrapper postgres_fdw options (host 'x')",
    "create publication p for all tables",
    "security label on table t is 'x'",
    "vacuum full",
]
HIDDEN = [
    "copy t to program 'touch {mark}'",
    "copy t from '/etc/passwd'",
    "create role intruder superuser",
    "alter role postgres superuser",
    "alter role mainstem_keeper nologin",
    "grant mainstem_keeper to postgres",
    "grant pg_execute_server_program to postgres",
    "alter system set jit = off",
    "set session authorization mainstem_keeper",
    "set role mainstem_keeper",
    "create language plperlu",
    "load 'auto_explain'",
    "select pg_read_file('/etc/passwd')",
    "select lo_import('/etc/passwd')",
    "select pg_reload_conf()",
    "create tablespace t location '/tmp'",
    "create subscription s connection 'host=x' publication p",
    "create publication p for all tables",
    "drop database mainstem_plain",
    "create function f() returns int language internal as 'pg_backend_pid'",
    "create function f() returns int language c as '/lib/x', 'y'",
    "update pg_authid set rolsuper = true",
    "drop role mainstem_keeper",
]
#: each cancellation is caught, so only ending the connection helps
CATCHING = (
    "set statement_timeout = 0; do $$ begin loop begin perform pg_sleep(60); "
    "exception when query_canceled then null; end; end loop; end $$"
)
HARMLESS = ["listen a", "notify a, 'b'", "select pg_advisory_lock(1)"]


def test_what_reaches_out_is_recorded_and_does_nothing(replay: ReplayFiles, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    tmp_path.chmod(0o777)
    found = replay(_files([statement.format(mark=mark) for statement in STOOD_IN]))
    assert not found.failed
    assert len(found.stood_in) == len(STOOD_IN)
    assert len(found.database.tables) == len(STOOD_IN) + 1
    assert not mark.exists()
    assert "intruder" not in found.database.bypass_roles


def test_hidden_in_a_block_it_is_refused(replay: ReplayFiles, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    tmp_path.chmod(0o777)
    texts = [statement.format(mark=mark).replace("'", "''") for statement in HIDDEN]
    blocks = [
        f"reset role; reset session authorization; do $$ begin execute '{text}'; end $$"
        for text in texts
    ]
    found = replay(_files(blocks))
    assert len(found.failed) == len(HIDDEN)
    assert [each for each in found.failed if not REFUSAL.search(each.message)] == []
    assert len(found.database.tables) == len(HIDDEN) + 1
    assert not mark.exists()


def test_what_stays_in_the_database_simply_runs(replay: ReplayFiles) -> None:
    found = replay(_files(HARMLESS))
    assert not found.failed


def _files(statements: list[str]) -> dict[str, str | bytes]:
    """A file for each statement, between two that must run whatever it does."""
    files: dict[str, str | bytes] = {"000.sql": "create table t (a int)"}
    for number, statement in enumerate(statements, 1):
        files[f"{number:03}.sql"] = f"{statement}; create table after_{number} (a int)"
    return files


@pytest.mark.parametrize(
    "statement",
    [
        "select pg_sleep(3600)",
        "set statement_timeout = 0; select pg_sleep(3600)",
        "set statement_timeout = 0; do $$ begin loop end loop; end $$",
        CATCHING,
        "begin; select pg_sleep(3600); commit",
    ],
)
def test_what_takes_too_long_is_ended(replay: ReplayFiles, statement: str) -> None:
    found = replay({"1_a.sql": statement + AFTER, "2_b.sql": "create table b (id int)"})
    assert [each.failure for each in found.failed] == [Failure.TIMED_OUT]
    assert {str(table.name) for table in found.database.tables} == {"after", "b"}


@pytest.mark.parametrize(
    "statement",
    [
        "drop schema public cascade; create schema public",
        "drop owned by postgres cascade; create schema if not exists public",
        "do $$ begin perform pg_terminate_backend(pg_backend_pid()); end $$",
        "set default_transaction_read_only = on; reset all",
    ],
)
def test_a_database_wrecked_from_inside_is_whole_for_the_next(
    replay: ReplayFiles, statement: str, tmp_path: Path
) -> None:
    replay({"1_a.sql": statement})
    (tmp_path / "supabase/migrations/1_a.sql").unlink()
    found = replay({"2_b.sql": "create table b (id uuid references auth.users)"})
    assert not found.failed
    assert [str(table.name) for table in found.database.tables] == ["b"]


def test_a_cluster_that_grows_too_large_runs_nothing_more(
    replayer: Replayer, tmp_path: Path
) -> None:
    (tmp_path / "1_a.sql").write_text(
        "create table t (a text); alter table t alter a set storage external;"
        "insert into t select repeat('x', 100000) from generate_series(1, 100000) i;"
    )
    (tmp_path / "2_b.sql").write_text("create table b (a int)")
    size = size_bytes(replayer._scratch.folder)
    with limited(replayer, Limits(disk_bytes=size + 50 * 1024**2)) as opened:
        found = opened.replay(tmp_path, root=tmp_path)
    assert [each.failure for each in found.failed] == [Failure.TIMED_OUT]
    assert "larger than its limit" in found.failed[0].message
    assert [str(table.name) for table in found.database.tables] == ["t"]
    assert [(file, line) for file, line, _ in found.skipped] == [("2_b.sql", 1)]


def test_a_replay_has_a_limit_of_its_own(replayer: Replayer, tmp_path: Path) -> None:
    (tmp_path / "1_a.sql").write_text("create table a (a int)")
    with limited(replayer, Limits(replay_s=0)) as opened:
        found = opened.replay(tmp_path, root=tmp_path)
    reason = "not run: the replay took longer than its limit of 0 s"
    assert found.skipped == (("1_a.sql", 1, reason),)


@contextmanager
def limited(replayer: Replayer, limits: Limits) -> Iterator[Replayer]:
    """Another replayer on the same cluster, with limits of its own."""
    replayer.close()
    watchdog = Watchdog(replayer._scratch, limits)
    opened = Replayer(replayer._scratch, limits, watchdog)
    yield opened
    opened.close()
    watchdog.close()


def test_nothing_of_a_tried_block_remains(replay: ReplayFiles, replayer: Replayer) -> None:
    replay({"1_a.sql": "create table a (id int)"})
    text = (
        "alter table a add b int; commit; begin; create table c (id int);\n"
        "select * from missing;\nselect b from a; create index concurrently i on a (id);"
        "do $$ begin commit; end $$; rollback;"
    )
    failed = replayer.try_block(text, file="x.md", line=10)
    assert [(each.line, each.failure) for each in failed][:1] == [(11, Failure.NEVER_CREATED)]
    again = replayer.try_block("select b from a;\nselect * from c", file="x.md", line=1)
    assert [each.line for each in again] == [1, 2]
