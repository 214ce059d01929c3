"""Bad input: one clear line each, no traceback, nothing half-written."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import TYPE_CHECKING

import psycopg
import pytest

from mainstem.errors import ServerError, SourceError
from mainstem.pg.connect import connect
from mainstem.unify.copy.loading import Loading
from mainstem.unify.ledger import store

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]
    RunCopy = Callable[..., CompletedProcess[str]]

MAINSTEM = Path(sys.executable).with_name("mainstem")


@pytest.fixture
def run_copy(mainstem: Callable[..., CompletedProcess[str]], empty_database_url: str) -> RunCopy:
    """Copy a file; into this test's database unless another address is given."""

    def run(path: Path, *options: str, url: str = empty_database_url) -> CompletedProcess[str]:
        return mainstem(url, "copy", path, "--database", url, *options)

    return run


def assert_refused(done: CompletedProcess[str], *words: str, code: int = 2) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(("mainstem: ", "Error: "))
    for word in words:
        assert word in last, last


def nothing_is_left(target: Connection) -> bool:
    row = target.execute(
        "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname ~ '^(public|unify_\\d+)$'"
    ).fetchone()
    return row == (0,)


@pytest.fixture
def simple(make_db: Callable[..., Path]) -> Path:
    return make_db("create table t (id integer primary key, a text)", t=[(1, "x"), (2, "y")])


NO_SQLITE: list[tuple[Callable[[Path], object], str]] = [
    (lambda path: path.write_bytes(b""), "is empty"),
    (lambda path: path.write_text("id,name\n1,x\n" * 100), "is not a SQLite database"),
    (lambda path: path.write_bytes(os.urandom(8192)), "encrypted"),
    (lambda path: path.write_bytes(b"SQLite format 3\0" + bytes(20)), "is damaged"),
    (lambda path: path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000), "source.db"),
    (Path.unlink, "there is no file"),
    (Path.mkdir, "is a folder"),
]


def test_a_file_that_is_no_sqlite(tmp_path: Path, run_copy: RunCopy, target: Connection) -> None:
    path = tmp_path / "source.db"
    for make, words in NO_SQLITE:
        make(path)
        assert_refused(run_copy(path), words)
        assert nothing_is_left(target), words


def test_a_damaged_page_is_found(
    make_db: Callable[..., Path], run_copy: RunCopy, target: Connection
) -> None:
    path = make_db(
        "create table t (id integer primary key, a text)",
        t=[(n, "x" * 200) for n in range(500)],
    )
    damaged = bytearray(path.read_bytes())
    damaged[4096 * 5 : 4096 * 6] = b"\xee" * 4096
    path.write_bytes(damaged)

    assert_refused(run_copy(path), "is damaged")
    assert nothing_is_left(target)


def test_a_locked_source(simple: Path, run_copy: RunCopy, target: Connection) -> None:
    writer = sqlite3.connect(simple, isolation_level=None)
    writer.execute("begin exclusive")

    assert_refused(run_copy(simple), "is locked by another program")
    assert nothing_is_left(target)
    writer.close()


def test_an_unfinished_transaction_of_a_killed_program(
    simple: Path, run_copy: RunCopy, target: Connection
) -> None:
    script = (
        f"import sqlite3, os; c = sqlite3.connect({str(simple)!r}, isolation_level=None);"
        "c.execute('pragma cache_size = 1'); c.execute('begin');"
        "c.executemany('insert into t values (?, ?)', ((n, 'x' * 900) for n in range(5, 999)));"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    assert simple.with_name("source.db-journal").exists()

    assert_refused(run_copy(simple), "unfinished transaction")
    assert nothing_is_left(target)


def test_a_table_of_that_name_exists(simple: Path, run_copy: RunCopy, target: Connection) -> None:
    target.execute("create table t (mine text); insert into t values ('kept')")

    assert_refused(run_copy(simple), "already has t", "--schema")
    assert target.execute("select * from t").fetchall() == [("kept",)]


def test_a_file_that_changed_after_its_copy_is_not_copied_over_it(
    simple: Path, run_copy: RunCopy, target: Connection
) -> None:
    assert run_copy(simple).returncode == 0
    with sqlite3.connect(simple) as writer:
        writer.execute("insert into t values (3, 'z')")
    writer.close()

    assert_refused(run_copy(simple), "already has t")
    assert target.execute("select count(*) from t").fetchone() == (2,)


def test_a_schema_that_cannot_be(simple: Path, run_copy: RunCopy, target: Connection) -> None:
    for schema in ("", "pg_mine", "unify", "information_schema", "x" * 64):
        assert_refused(run_copy(simple, "--schema", schema), "cannot be the schema")
        assert nothing_is_left(target), schema


def test_a_missing_privilege(
    simple: Path, run_copy: RunCopy, empty_database_url: str, target: Connection
) -> None:
    target.execute("create role nobody_much login")
    try:
        url = psycopg.conninfo.make_conninfo(empty_database_url, user="nobody_much")
        assert_refused(run_copy(simple, url=url), "permission denied")
    finally:
        target.execute("drop role nobody_much")
    assert nothing_is_left(target)


def test_a_server_that_is_not_there(simple: Path, tmp_path: Path) -> None:
    """In a process of its own, as a shell would run it."""
    command: list[str | Path] = [
        MAINSTEM,
        "unify",
        "copy",
        simple,
        "--database",
        f"postgresql:///x?host={tmp_path}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert_refused(done, "cannot connect")


def test_no_disk_left_on_the_server(simple: Path, run_copy: RunCopy, target: Connection) -> None:
    store.ensure_schema(target)
    target.execute(
        """create function full_disk() returns trigger language plpgsql as
        $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$;
        create trigger full_disk before insert on unify.table_result
            for each row execute function full_disk()"""
    )

    assert_refused(run_copy(simple), "disk is full")
    assert nothing_is_left(target)
    row = target.execute("select state from unify.run").fetchone()
    assert row == ("failed",)


def test_no_disk_left_for_the_report(simple: Path, run_copy: RunCopy) -> None:
    assert_refused(run_copy(simple, "--json", "/dev/full"), "No space left on device")


def test_a_report_that_cannot_be_written_is_said_before_any_work(
    simple: Path, run_copy: RunCopy, target: Connection
) -> None:
    done = run_copy(simple, "--json", "/nowhere/at/all.json")

    assert_refused(done, "/nowhere/at")
    assert nothing_is_left(target)


def test_a_source_that_changes_during_the_run(
    simple: Path,
    copied: Callable[..., object],
    target: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load = Loading.load

    def load_and_change(self: Loading, table: object) -> object:
        done = load(self, table)  # type: ignore[arg-type]
        with sqlite3.connect(simple) as writer:
            writer.execute("update t set a = 'changed' where id = 1")
        writer.close()
        return done

    monkeypatch.setattr(Loading, "load", load_and_change)

    with pytest.raises(SourceError, match="changed while it was read"):
        copied(simple)
    assert nothing_is_left(target)


def test_a_lost_connection_leaves_a_copy_that_goes_on(
    simple: Path,
    copied: Callable[..., dict[str, object]],
    target: Connection,
    empty_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load = Loading.load

    def load_and_lose(self: Loading, table: object) -> object:
        done = load(self, table)  # type: ignore[arg-type]
        with connect(empty_database_url, autocommit=True) as killer:
            killer.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'mainstem unify run'"
                " and datname = current_database()"
            )
        return done

    with monkeypatch.context() as patched:
        patched.setattr(Loading, "load", load_and_lose)
        with pytest.raises(ServerError, match="run it again"):
            copied(simple)

    report = copied(simple)

    assert report["verification"]["is_passed"]  # type: ignore[index]
    assert target.execute("select id, a from t order by id").fetchall() == [(1, "x"), (2, "y")]


def test_reading_leaves_a_wal_file_as_it_was(
    make_db: Callable[..., Path], run_copy: RunCopy
) -> None:
    path = make_db("pragma journal_mode = wal; create table t (a); insert into t values (1)")
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}

    assert run_copy(path).returncode == 0

    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_rows_that_wait_in_a_wal_are_copied_and_it_stays(
    make_db: Callable[..., Path], run_copy: RunCopy, target: Connection, tmp_path: Path
) -> None:
    live = make_db("pragma journal_mode = wal; create table t (a)")
    writer = sqlite3.connect(live, isolation_level=None)
    writer.execute("insert into t values (1), (2)")
    folder = tmp_path / "taken"
    folder.mkdir()
    for suffix in ("", "-wal"):  # as a program that was killed leaves them
        (folder / f"source.db{suffix}").write_bytes(Path(f"{live}{suffix}").read_bytes())
    writer.close()
    before = {file.name: file.read_bytes() for file in folder.iterdir()}

    assert run_copy(folder / "source.db").returncode == 0

    assert target.execute("select count(*) from t").fetchone() == (2,)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
