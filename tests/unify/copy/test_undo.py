"""Undo of a copy: its tables go, unless something that came later needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from psycopg import sql

from mainstem.unify.copy.copying import Copying

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]
    Undo = Callable[..., CompletedProcess[str]]

SCRIPT = """
create table place (code text primary key not null, name text);
create table "Odd ""name" (id integer primary key, code text references place, age integer);
"""


@pytest.fixture
def source(make_db: Callable[..., Path]) -> Path:
    return make_db(
        SCRIPT,
        place=[("a", "Aachen"), ("b", "Bern")],
        **{'"Odd ""name"': [(1, "a", 7), (2, "b", 8), (3, "b", "many")]},
    )


@pytest.fixture
def undo(mainstem: Callable[..., CompletedProcess[str]], empty_database_url: str) -> Undo:
    def run(*arguments: str) -> CompletedProcess[str]:
        return mainstem(empty_database_url, "undo", *arguments)

    return run


@pytest.fixture
def refused(undo: Undo) -> Callable[..., str]:
    """Try an undo; the one line that says why not."""

    def run(*arguments: str) -> str:
        done = undo(*arguments)
        assert done.returncode == 2, done.stdout
        assert done.stderr.startswith("mainstem: ")
        assert done.stderr.count("\n") == 1
        return str(done.stderr)

    return run


def tables(target: Connection, schema: str = "public") -> list[str]:
    rows = target.execute(
        "select relname from pg_class where relnamespace = to_regnamespace(%s)"
        " and relkind = 'r' order by 1",
        (schema,),
    ).fetchall()
    return [name for (name,) in rows]


def state(target: Connection) -> str:
    row = target.execute("select state from unify.run where id = 1").fetchone()
    assert row is not None
    return str(row[0])


def test_the_tables_go_and_the_file_can_be_copied_again(
    source: Path,
    copied: Callable[..., Any],
    target: Connection,
    undo: Undo,
    refused: Callable[..., str],
) -> None:
    copied(source)
    assert tables(target) == ['Odd "name', "place"]
    done = undo("1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "run 1 (source.db) was taken back" in done.stdout
    assert tables(target) == []
    assert state(target) == "undone"
    assert "taken back before" in refused("1")
    again = copied(source)
    assert [table["loaded"] for table in again["tables"]] == [2, 2]
    assert tables(target) == ['Odd "name', "place"]


@pytest.mark.parametrize(
    ("later", "mended", "words"),
    [
        (
            "insert into place values ('c', 'Chur')",
            "delete from place where code = 'c'",
            "place holds 1 rows that run 1 did not bring",
        ),
        (
            "create table visit (code text constraint visit_code_fkey references place)",
            "drop table visit",
            "constraint visit_code_fkey on table public.visit depends on table public.place",
        ),
        (
            "create view towns as select name from place; create view codes as table place",
            "drop view towns, codes",
            "view public.towns depends on table public.place; view public.codes depends",
        ),
    ],
    ids=["rows", "a foreign key", "a view"],
)
def test_what_came_later_is_named_and_nothing_is_touched(
    source: Path,
    copied: Callable[..., Any],
    target: Connection,
    undo: Undo,
    refused: Callable[..., str],
    later: str,
    mended: str,
    words: str,
) -> None:
    copied(source)
    target.execute(later.encode())
    assert words in refused("1")
    assert state(target) == "finished"
    assert target.execute("select count(*) from place where code in ('a', 'b')").fetchone() == (2,)
    target.execute(mended.encode())
    assert undo("1").returncode == 0
    assert tables(target) == []


def test_rows_changed_since_are_named_and_lost_only_by_force(
    source: Path,
    copied: Callable[..., Any],
    target: Connection,
    undo: Undo,
    refused: Callable[..., str],
) -> None:
    copied(source)
    target.execute("update place set name = 'Basel' where code = 'b'")
    said = refused("1")
    assert "1 rows of public.place (for example b)" in said
    assert "undo 1 --force" in said
    assert undo("1", "--force").returncode == 0
    assert tables(target) == []


def test_a_table_that_was_made_again_says_nothing_of_its_rows(
    source: Path,
    copied: Callable[..., Any],
    target: Connection,
    undo: Undo,
    refused: Callable[..., str],
) -> None:
    copied(source)
    target.execute('create table again as table "Odd ""name"; drop table "Odd ""name"')
    target.execute('alter table again rename to "Odd ""name"')
    assert 'cannot be known of public."Odd ""name"' in refused("1")
    assert undo("1", "--force").returncode == 0


def test_tables_that_somebody_dropped_are_no_hindrance(
    source: Path, copied: Callable[..., Any], target: Connection, undo: Undo
) -> None:
    copied(source)
    target.execute(b'drop table "Odd ""name"')
    assert undo("1").returncode == 0
    assert tables(target) == []


def test_an_unfinished_copy_leaves_tables_of_others_alone(
    source: Path,
    copied: Callable[..., Any],
    target: Connection,
    undo: Undo,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(copying: Copying, tables: object) -> None:
        del copying, tables
        raise KeyboardInterrupt

    monkeypatch.setattr(Copying, "_finish", die)
    with pytest.raises(KeyboardInterrupt):
        copied(source)
    target.execute("create table place (somebody text)")
    target.execute("insert into place values ('else')")
    assert len(tables(target, "unify_1")) == 2
    assert undo("1").returncode == 0
    assert target.execute(sql.SQL("select to_regnamespace('unify_1')")).fetchone() == (None,)
    assert target.execute("select * from place").fetchall() == [("else",)]
