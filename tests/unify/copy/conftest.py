"""What tests of the copy share: a file made from a script, a copy of it, its tables."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from mainstem.pg.connect import connect
from mainstem.unify.copy.file import copy_file
from mainstem.unify.progress import Silence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import psycopg
    from psycopg.rows import TupleRow

Report = dict[str, Any]


@pytest.fixture
def make_db(tmp_path: Path) -> Callable[..., Path]:
    """Make a SQLite file from a script, and rows for its tables."""

    def make(script: str, name: str = "source.db", **rows: list[tuple[object, ...]]) -> Path:
        path = tmp_path / name
        connection = sqlite3.connect(path, isolation_level=None)
        connection.executescript(script)
        for table, values in rows.items():
            marks = ", ".join("?" * len(values[0]))
            connection.executemany(f"insert into {table} values ({marks})", values)
        connection.close()
        return path

    return make


@pytest.fixture
def copied(empty_database_url: str, tmp_path: Path) -> Callable[..., Report]:
    """Copy a file; the report as its JSON says it."""

    def copy(path: Path, schema: str = "public") -> Report:
        told = tmp_path / "report.json"
        with copy_file(path, empty_database_url, schema, reporter=Silence()) as report:
            report.write_json(told)
        loaded: Report = json.loads(told.read_text(encoding="utf-8"))
        return loaded | {"notes": list(report.notes)}

    return copy


@pytest.fixture
def target(empty_database_url: str) -> Iterator[psycopg.Connection[TupleRow]]:
    """A connection to the database that is copied into."""
    with connect(empty_database_url, autocommit=True) as opened:
        yield opened
