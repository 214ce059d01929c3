"""Long values, refused rows and keys on their way out of SQLite."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainstem.unify.catalog.sqlite import open_source, read_catalog
from mainstem.unify.codec import LongText, readable
from mainstem.unify.move.stream import MASK, LongCell, StreamColumn, TableReader

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.move.stream import Portion

    Connection = psycopg.Connection[TupleRow]

MAINSTEM = Path(sys.executable).with_name("mainstem")
MEBIBYTE = 2**20
#: runs a command from a small process, and prints the command's peak in KiB at the end
MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def read(path: Path, *columns: StreamColumn, with_key: bool = False) -> list[Portion]:
    with open_source(path) as source:
        (table,) = read_catalog(source).tables
        return list(TableReader(source, table, columns, with_key=with_key))


def text_of(portions: list[Portion]) -> str:
    return b"".join(piece for portion in portions for piece in portion.pieces()).decode()


def test_long_values_go_out_in_slices_escaped_like_all_others(make_db: Callable[..., Path]) -> None:
    words, data = "tab\t\\ \n ü😀" * 200_000, bytes(range(256)) * 8192
    path = make_db(
        "create table t (id integer primary key, a text, b blob)",
        t=[(1, words, data), (2, "x", b"")],
    )

    portions = read(path, StreamColumn("a", "text"), StreamColumn("b", "bytea"))

    escaped = words.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    assert text_of(portions) == f"{escaped}\t\\\\x{data.hex()}\nx\t\\\\x\n"
    cells = [line for portion in portions for line in portion.lines if isinstance(line, LongCell)]
    assert [cell.size_bytes for cell in cells] == [len(escaped.encode()), 3 + 2 * len(data)]
    assert all(len(piece) <= 4 * MEBIBYTE for cell in cells for piece in cell.pieces())


def test_a_nul_in_a_long_text_is_removed_and_noted_without_the_text(
    make_db: Callable[..., Path],
) -> None:
    words = "a" * MEBIBYTE + "\0" + "b" * MEBIBYTE
    path = make_db("create table t (id integer primary key, a text)", t=[(7, words)])

    (portion,) = read(path, StreamColumn("a", "text"))

    assert text_of([portion]) == words.replace("\0", "") + "\n"
    (note,) = portion.ledger
    assert (note.key, note.rule, note.before) == (
        "7",
        "nul-removed",
        readable(LongText(words.encode())),
    )
    assert len(note.before or "") + len(note.after or "") < 4000
    (refused,) = read(path, StreamColumn("a", "text", rules=()))
    assert (refused.loaded, len(refused.quarantined)) == (0, 1)


def test_a_refused_row_is_kept_whole_and_masked(make_db: Callable[..., Path]) -> None:
    path = make_db(
        "create table t (code text primary key, n int, pin text, odd blob, big real)",
        t=[("a", "x", "1234", b"\x00\xff", 1e999), ("b", 1, None, None, None)],
    )
    columns = [
        StreamColumn("n", "bigint"),
        StreamColumn("pin", "text", is_secret=True),
        StreamColumn("odd", "bytea"),
        StreamColumn("big", "double precision"),
    ]

    (portion,) = read(path, *columns, with_key=True)

    assert text_of([portion]) == "b\t1\t\\N\t\\N\t\\N\n"
    (row,) = portion.quarantined
    assert (row.key, row.column_name) == ("a", "n")
    assert json.loads(row.original) == {
        "n": "x",
        "pin": MASK,
        "odd": {"bytes": "00ff"},
        "big": {"real": "inf"},
    }


def test_a_row_that_only_the_server_refuses_waits_in_quarantine(
    make_db: Callable[..., Path],
    copied: Callable[..., dict[str, Any]],
    target: Connection,
) -> None:
    # a row must fit a page of 8 kB where its values cannot be stored apart
    columns = [f"c{n}" for n in range(1200)]
    path = make_db(f"create table t (id integer primary key, {' real, '.join(columns)} real)")
    with sqlite3.connect(path) as connection:
        connection.execute("insert into t (id) values (1)")
        marks = ", ".join("?" * 1201)
        connection.execute(f"insert into t values ({marks})", [2, *[0.5] * 1200])
        connection.execute("insert into t (id) values (3)")
    connection.close()

    report = copied(path)

    assert report["verification"]["is_passed"]
    (row,) = report["quarantine"]
    assert (row["key"], row["reason"]) == (
        "2",
        "PostgreSQL refuses the row: program limit exceeded",
    )
    assert target.execute("select id from t order by id").fetchall() == [(1,), (3,)]


def test_memory_is_bounded_by_the_largest_value(
    make_db: Callable[..., Path], empty_database_url: str
) -> None:
    size = 12 * MEBIBYTE
    path = make_db("create table t (id integer primary key, a text, b blob)")
    with sqlite3.connect(path) as connection:
        words = "é\\" * (size // 3)
        connection.execute("insert into t values (1, ?, null)", (words,))
        connection.execute("insert into t values (2, null, zeroblob(?))", (size,))
        connection.execute("insert into t values (3, ?, null)", (words[: size // 4] + "\0",))
    connection.close()

    command = [str(MAINSTEM), "unify", "copy", str(path), "--database", empty_database_url]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *command], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    peak_bytes = int(done.stdout.splitlines()[-1]) * 1024
    assert peak_bytes < 100 * MEBIBYTE + 4 * size
