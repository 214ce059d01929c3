"""Rows come in portions, all of them once, whatever the key and however long the values."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstem.unify.catalog import sqlite_rows
from mainstem.unify.catalog.sqlite import open_source, read_catalog
from mainstem.unify.catalog.sqlite_rows import RowReader, middle_key
from mainstem.unify.codec import BadText, LongText, SqliteValue

if TYPE_CHECKING:
    from pathlib import Path

TABLES = {
    "rowid table": "create table t (a, b)",
    "counter": "create table t (id integer primary key, a, b)",
    "text key": "create table t (a text primary key, b)",
    "without rowid": "create table t (a text, b blob, primary key (b, a)) without rowid",
    "mixed order": "create table t (a collate nocase, b, primary key (a desc, b)) without rowid",
    "hidden rowid": "create table t (rowid, _rowid_, oid, a, b)",
    "hides one": "create table t (rowid, a, b)",
}


def fill(path: Path, statement: str, rows: list[tuple[object, object]]) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(statement)
    connection.executemany("insert or ignore into t (a, b) values (?, ?)", rows)
    connection.close()


def read(path: Path, **options: object) -> list[tuple[SqliteValue | LongText, ...]]:
    with open_source(path) as source:
        (table,) = read_catalog(source).tables
        reader = RowReader(source, table, ["a", "b"], **options)  # type: ignore[arg-type]
        return [row for batch in reader for row in zip(*batch.columns, strict=True)]


keys = st.text(max_size=3) | st.binary(max_size=2) | st.integers(-5, 5) | st.floats(-2, 2)


@pytest.mark.parametrize("kind", TABLES)
def test_every_row_once_from_any_key_on(tmp_path: Path, kind: str) -> None:
    numbers = iter(range(10_000))

    @settings(
        max_examples=15,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.lists(st.tuples(keys, keys), max_size=30), st.integers(1, 7))
    def check(rows: list[tuple[object, object]], rows_max: int) -> None:
        path = tmp_path / f"{next(numbers)}.db"
        fill(path, TABLES[kind], rows)
        with sqlite3.connect(path) as plain:
            expected = sorted(map(repr, plain.execute("select a, b from t").fetchall()))
        plain.close()
        with open_source(path) as source:
            (table,) = read_catalog(source).tables
            after = None
            seen: list[object] = []
            names: list[str] = []
            while True:  # a reader of its own for every batch, as after a kill
                reader = RowReader(source, table, ["a", "b"], after=after, rows_max=rows_max)
                batch = next(iter(reader), None)
                if batch is None:
                    break
                seen += zip(*batch.columns, strict=True)
                names += batch.key_texts()
                after = batch.last_key
        assert sorted(map(repr, seen)) == expected
        assert len(set(names)) == len(names)

    check()


def test_a_long_value_is_read_apart(tmp_path: Path) -> None:
    path = tmp_path / "long.db"
    long = "ä" * 600_000
    rows: list[tuple[object, object]] = [(n, "short") for n in range(100)]
    rows[50] = (50, long)
    rows[51] = (b"\0" * 20_000, long[:100_000])
    fill(path, TABLES["counter"], rows)

    assert read(path) == rows
    kept = read(path, keep_long=True)
    assert kept[50] == (50, LongText(long.encode()))
    assert kept[51] == rows[51]


def test_many_wide_rows_stay_in_small_portions(tmp_path: Path) -> None:
    path = tmp_path / "wide.db"
    fill(path, TABLES["counter"], [(n, "x" * 3_000_000) for n in range(8)])

    with open_source(path) as source:
        (table,) = read_catalog(source).tables
        sizes = [batch.rows for batch in RowReader(source, table, ["a", "b"])]

    assert sum(sizes) == 8
    assert max(sizes) <= 2


def test_text_that_is_not_utf8_keeps_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "bad.db"
    fill(path, TABLES["counter"], [(n, "fine") for n in range(5)])
    with sqlite3.connect(path) as connection:
        connection.execute("update t set b = cast(x'ff41' as text) where a = 3")
    connection.close()

    assert [row[1] for row in read(path)] == ["fine"] * 3 + [BadText(b"\xff\x41")] + ["fine"]


def test_a_portion_with_bad_texts_gives_every_value_as_it_is(tmp_path: Path) -> None:
    numbers = iter(range(10_000))

    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.lists(st.tuples(st.binary(max_size=6), keys | st.none()), min_size=1, max_size=20))
    def check(rows: list[tuple[bytes, object]]) -> None:
        path = tmp_path / f"bad{next(numbers)}.db"
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("create table t (a, b)")
        connection.executemany("insert into t values (cast(? as text), ?)", rows)
        connection.close()

        expected = [(as_text(raw), value) for raw, value in rows]

        assert read(path) == expected
        assert [list(map(type, row)) for row in read(path)] == [
            list(map(type, row)) for row in expected
        ]

    check()


def as_text(raw: bytes) -> str | BadText:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return BadText(raw)


def test_the_halves_of_a_table_are_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_rows, "_ROWS_FIRST", 7)
    path = tmp_path / "halves.db"
    fill(path, TABLES["rowid table"], [(n, n) for n in range(101)])

    with open_source(path) as source:
        (table,) = read_catalog(source).tables
        middle = middle_key(source, table, 101)
        first = [row for b in RowReader(source, table, ["a"], until=middle) for row in b.columns[0]]
        rest = RowReader(source, table, ["a"], after=(middle,))
        second = [row for batch in rest for row in batch.columns[0]]

    assert first + second == list(range(101))
    assert len(first) == 51
