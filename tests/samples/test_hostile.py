from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from samples.hostile import NOT_CARRIED_OBJECTS, TABLES, generate
from samples.hostile_model import Fate, HostileTable, Undecodable

if TYPE_CHECKING:
    from pathlib import Path

BY_NAME = pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("hostile") / "hostile.db")


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def stored(path: Path, table: HostileTable) -> list[tuple[object, ...]]:
    """The rows as the bytes or numbers that the file holds, in the order they were written."""
    columns = ", ".join(quoted(column) for column in table.columns)
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        return connection.execute(f"select {columns} from {quoted(table.name)}").fetchall()


def raw(value: object) -> object:
    if isinstance(value, Undecodable):
        return value.raw
    return value.encode() if isinstance(value, str) else value


@BY_NAME
def test_the_manifest_tells_what_the_file_holds(path: Path, table: HostileTable) -> None:
    rows = stored(path, table)
    assert len(rows) == len(table.rows)
    expected = [tuple(raw(value) for value in row.values) for row in table.rows]
    for found, wanted in zip(sorted(rows, key=repr), sorted(expected, key=repr), strict=True):
        for left, right in zip(found, wanted, strict=True):
            assert left == right or is_affinity(left, right), (table.name, found, wanted)


def is_affinity(left: object, right: object) -> bool:
    """Whether SQLite made a number of a text, or a text of a number, as it may."""
    if isinstance(left, bytes) and isinstance(right, int | float):
        return float(left) == right
    if isinstance(left, int | float) and isinstance(right, bytes | int | float):
        return float(left) == float(right)
    return False


@BY_NAME
def test_the_manifest_is_consistent(table: HostileTable) -> None:
    for row in table.rows:
        assert len(row.values) == len(table.columns)
        assert row.column is None or row.column in table.columns
        assert row.fates <= frozenset(Fate)
        assert row.fates
    keys = [row.key for row in table.rows if row.key != (None,)]
    assert len(set(keys)) == len(keys)


def test_holds_each_bad_value_of_the_issue() -> None:
    names = {table.name for table in TABLES}
    assert names >= {
        "nul_byte",
        "bad_utf8",
        "epoch_in_date",
        "boolean_words",
        "integer_range",
        "malformed_json",
        "orphan_foreign_key",
    }


def test_rows_do_violate_what_they_are_said_to(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        broken = {row[0] for row in connection.execute("pragma foreign_key_check").fetchall()}
        assert broken >= {"orphan_foreign_key", "composite_child", "self_reference"}
        (violations,) = connection.execute("select count(*) from checks where age < 0").fetchone()
        assert violations == 1
        assert connection.execute("pragma integrity_check").fetchall() != [("ok",)]


def test_makes_what_cannot_be_carried_over(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        objects = {row[0] for row in connection.execute("select name from sqlite_master")}
    assert objects >= set(NOT_CARRIED_OBJECTS)


def test_same_bytes_every_time(tmp_path: Path) -> None:
    # without the virtual table: a full-text index writes a random number into itself
    first = generate(tmp_path / "first.db", with_extras=False)
    again = generate(tmp_path / "again.db", with_extras=False)
    assert again.read_bytes() == first.read_bytes()


def test_refuses_an_existing_file(path: Path) -> None:
    with pytest.raises(FileExistsError, match=r"hostile\.db"):
        generate(path)


def test_writes_chosen_tables_only(tmp_path: Path) -> None:
    made = generate(tmp_path / "few.db", tables=TABLES[:2], with_extras=False)
    with closing(sqlite3.connect(made)) as connection:
        names = [row[0] for row in connection.execute("select name from sqlite_master")]
    assert names == [table.name for table in TABLES[:2]]
