"""Random SQLite files: whatever they hold, the copy accounts for it and is proven equal."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstem.unify.copy.file import copy_file
from mainstem.unify.progress import Silence

if TYPE_CHECKING:
    from pathlib import Path

    from mainstem.pg.scratch import ScratchServer

Value = int | float | str | bytes | None

DECLARED = (
    "", "integer", "int", "text", "varchar(5)", "real", "blob", "boolean", "date", "datetime",
    "timestamp", "time", "decimal(6,2)", "numeric", "json", "uuid", "tinyint(1)", "any thing",
)  # fmt: skip
NAMES = ("a", "B", "select", "naïve", 'quo"te', "with space", "ctid", "x" * 70, "100%", "password")

values: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 1),
    st.floats(allow_nan=False),
    st.text(max_size=6),
    st.sampled_from(
        ["2024-01-01", "2024-01-01 10:00:00", "2024-13-01", "yes", "{}", "{", "1.5", "\\N", "a\0b"]
    ),
    st.binary(max_size=5),
)


@st.composite
def tables(draw: st.DrawFn, name: str) -> tuple[str, list[tuple[Value, ...]], int]:
    """CREATE TABLE, rows that may or may not go in, and the number of columns."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    columns = [f"{quoted(one)} {draw(st.sampled_from(DECLARED))}" for one in names]
    endings = ["", " default 'x'", " collate nocase", " unique", " not null"]
    columns = [column + draw(st.sampled_from(endings)) for column in columns]
    key = draw(st.sampled_from(["none", "counter", "plain", "without rowid"]))
    if key == "counter":
        columns.insert(0, '"id" integer primary key autoincrement')
    elif key in {"plain", "without rowid"}:
        order = draw(st.sampled_from(["", " desc"]))
        columns.append(
            f"primary key ({quoted(names[0])}{order}, {quoted(names[-1])})"
            if len(names) > 1
            else f"primary key ({quoted(names[0])}{order})"
        )
    options = " without rowid" if key == "without rowid" else ""
    count = len(names) + (key == "counter")
    row = st.tuples(*[values] * len(names))
    if key == "counter":
        row = st.tuples(st.integers(-(2**63), 2**63 - 1), *[values] * len(names))
    rows = draw(st.lists(row, max_size=25))
    return f"create table {quoted(name)} ({', '.join(columns)}){options}", rows, count


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def test_any_file_is_copied_and_proven(tmp_path: Path, scratch: ScratchServer) -> None:
    name = f"any_{uuid4().hex}"
    url = scratch.create_database(name)

    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(st.tuples(tables("first"), tables('Second "one"')))
    def check(made: tuple[tuple[str, list[tuple[Value, ...]], int], ...]) -> None:
        number = uuid4().hex
        path = tmp_path / f"{number}.db"
        sizes = make_file(path, made)
        told = tmp_path / f"{number}.json"
        with copy_file(path, url, f"any_{number}", reporter=Silence()) as report:
            report.write_json(told)
        found: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
        assert found["verification"]["is_passed"], found["verification"]
        assert {table["table"]: table["source"] for table in found["tables"]} == sizes
        for table in found["tables"]:
            assert table["source"] == table["loaded"] + table["quarantined"]
            assert table["merged"] == table["dropped"] == 0
        waiting = {(row["table"], row["key"]) for row in found["quarantine"]}
        assert len(waiting) == sum(table["quarantined"] for table in found["tables"])
        assert not waiting & {(row["table"], row["key"]) for row in found["ledger"]}
        assert all(row["reason"] for row in found["quarantine"] + found["not_carried"])

    try:
        check()
    finally:
        scratch.drop_database(name)


def make_file(
    path: Path, made: tuple[tuple[str, list[tuple[Value, ...]], int], ...]
) -> dict[str, int]:
    """Write the tables; rows that SQLite refuses are left out. Table name -> number of rows."""
    connection = sqlite3.connect(path, isolation_level=None)
    for (statement, rows, count), name in zip(made, ("first", 'Second "one"'), strict=True):
        connection.execute(statement)
        marks = ", ".join("?" * count)
        for row in rows:
            with suppress(sqlite3.IntegrityError):  # text in a counter
                connection.execute(f"insert or ignore into {quoted(name)} values ({marks})", row)
    sizes = {
        name: connection.execute(f"select count(*) from {quoted(name)}").fetchone()[0]
        for name in ("first", 'Second "one"')
    }
    connection.close()
    return sizes
