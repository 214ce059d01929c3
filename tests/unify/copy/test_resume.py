"""Killed at any point and run again, a copy goes on and ends with the same rows."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unify.copy import small
from tests.unify.copy.small import SPLIT

from mainstem.pg.connect import connect
from mainstem.unify.copy import load, loading
from mainstem.unify.copy.file import copy_file
from mainstem.unify.ledger import store
from mainstem.unify.progress import Silence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from psycopg.rows import TupleRow

    from mainstem.pg.scratch import ScratchServer

    Connection = psycopg.Connection[TupleRow]

SCRIPT = """
create table place (code text primary key, name text collate nocase unique) without rowid;
create table person (id integer primary key autoincrement, code text references place,
    name text not null, born date, age int check (age >= 0), twice as (age * 2));
create table note (words text, number);
create index person_name on person (name);
"""
COPY = [sys.executable, "-m", small.__name__, "unify", "copy"]


class KilledError(BaseException):
    """The process would be gone here."""


@pytest.fixture
def source(make_db: Callable[..., Path]) -> Path:
    path = make_db(SCRIPT)
    with sqlite3.connect(path) as connection:
        connection.executemany(
            "insert into place values (?, ?)", [(f"c{n}", f"Place {n}") for n in range(40)]
        )
        connection.executemany(
            "insert into person (code, name, born, age) values (?, ?, ?, ?)",
            [
                (f"c{n % 41}", f"n\0{n}" if n % 7 == 0 else f"n{n}", born(n), n % 90)
                for n in range(1000)
            ],
        )
        connection.executemany(
            "insert into note values (?, ?)", [(f"w{n}", n if n % 5 else "x") for n in range(500)]
        )
    connection.close()
    return path


def born(number: int) -> object:
    return "2023-02-31" if number % 50 == 0 else 1714521600 if number % 60 == 0 else "2001-02-03"


@pytest.fixture
def small_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many commits of few rows, so that there is something to kill."""
    monkeypatch.setattr(load, "_UNIT_ROWS_MAX", 150)
    monkeypatch.setattr(load, "ROWS_MAX", 60)


@pytest.fixture
def databases(scratch: ScratchServer) -> Iterator[Callable[[], str]]:
    made: list[str] = []

    def make() -> str:
        made.append(f"resume_{uuid4().hex}")
        return scratch.create_database(made[-1])

    yield make
    for name in made:
        scratch.drop_database(name)


def copy(path: Path, url: str) -> None:
    with copy_file(path, url, "public", reporter=Silence()):
        pass


def content(url: str) -> dict[str, Any]:
    """All that a copy leaves: rows, constraints, indexes, counters, ledger, quarantine."""
    queries = {
        "place": "select p::text from place p order by 1",
        "person": "select p::text from person p order by 1",
        "note": "select n::text from note n order by 1",
        "constraints": "select conname, pg_get_constraintdef(oid), convalidated from pg_constraint"
        " where connamespace = 'public'::regnamespace order by 1",
        "indexes": "select indexdef from pg_indexes where schemaname = 'public' order by 1",
        "counter": "select last_value, is_called from person_id_seq",
        "ledger": "select source_table, key, column_name, before, after, rule from unify.ledger"
        " order by 1, 2, 3",
        "quarantine": "select source_table, key, column_name, reason, original::text"
        " from unify.quarantine order by 1, 2",
        "accounts": "select source_table, source_rows, loaded, quarantined, conversions"
        " from unify.table_result order by 1",
        "schemas": "select nspname from pg_namespace where nspname ~ '^unify_'",
        "not carried": "select detail::text from unify.step where detail is not null and name !~"
        " '^(load|publish)' order by name",
    }
    with connect(url, autocommit=True) as connection:
        return {
            name: connection.execute(query.encode()).fetchall() for name, query in queries.items()
        }


def count_steps(path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> int:
    save, calls = store.save_step, 0

    def counted(*arguments: Any, **options: Any) -> None:
        nonlocal calls
        calls += 1
        save(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(store, "save_step", counted)
        copy(path, url)
    return calls


@pytest.mark.usefixtures("small_units")
def test_killed_at_any_step_it_ends_the_same(
    source: Path, databases: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = databases()
    steps = count_steps(source, whole, monkeypatch)
    expected = content(whole)
    save = store.save_step

    @settings(
        max_examples=6,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.lists(st.integers(1, steps), min_size=1, max_size=3), st.booleans())
    def check(kills: list[int], is_before: bool) -> None:
        url = databases()
        for kill in kills:
            left = kill

            def killed(*arguments: Any, **options: Any) -> None:
                nonlocal left
                left -= 1
                if left == 0 and is_before:
                    raise KilledError
                save(*arguments, **options)
                if left == 0:
                    raise KilledError

            with monkeypatch.context() as patched:
                patched.setattr(store, "save_step", killed)
                try:
                    copy(source, url)
                except KilledError:
                    continue
        copy(source, url)
        assert content(url) == expected

    check()


@pytest.mark.usefixtures("small_units")
def test_a_second_run_changes_nothing(source: Path, databases: Callable[[], str]) -> None:
    url = databases()
    copy(source, url)
    before = content(url)

    with copy_file(source, url, "public", reporter=Silence()) as report:
        notes = list(report.notes)

    assert "nothing to do" in notes[0]
    assert content(url) == before


def test_killed_for_good_while_both_processes_load(
    make_db: Callable[..., Path], databases: Callable[[], str]
) -> None:
    # Rows enough for two processes, and notes so many that a unit ends long before the table does.
    path = make_db(f"""
        create table t (id integer primary key, a text, b text);
        with recursive n (n) as (select 0 union all select n + 1 from n where n < {SPLIT - 1})
        insert into t select n, printf('%0150d', n), iif(n % 4 = 0, 'x' || char(0), 'y') from n;
    """)
    url = databases()
    running = subprocess.Popen(
        [*COPY, path, "--database", url],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for_rows(url, running)
        os.kill(running.pid, signal.SIGKILL)
    finally:
        running.wait()

    done = subprocess.run(
        [*COPY, path, "--database", url],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "going on with run 1" in done.stderr
    with connect(url) as connection_after:
        row = connection_after.execute("select count(*), count(distinct id), sum(id) from t")
        assert row.fetchone() == (SPLIT, SPLIT, SPLIT * (SPLIT - 1) // 2)
        ledger = connection_after.execute("select count(*) from unify.ledger").fetchone()
    assert ledger == (SPLIT // 4,)


def wait_for_rows(url: str, running: subprocess.Popen[bytes]) -> None:
    """Until the first unit is committed, which a listener on the ledger's step sees."""
    with connect(url, autocommit=True) as connection:
        while running.poll() is None:
            try:
                row = connection.execute(
                    "select count(*) from unify.step where row_count > 0 and name ~ '^load'"
                ).fetchone()
            except psycopg.errors.UndefinedTable:
                row = None
            if row is not None and row[0]:
                return
            with suppress(subprocess.TimeoutExpired):
                running.wait(timeout=0.02)  # another process needs the processors
    pytest.fail("the copy ended before it could be killed")


def test_large_tables_are_loaded_in_halves(
    source: Path, databases: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, halves = databases(), databases()
    copy(source, whole)
    monkeypatch.setattr(loading, "_SPLIT_ROWS_MIN", 100)

    copy(source, halves)

    assert content(halves) == content(whole)
    with connect(halves) as connection:
        steps = connection.execute("select name from unify.step where name ~ 'second half'")
        assert len(steps.fetchall()) == 2
