"""The hostile sample ends with zero silent changes: held against its manifest, not our own word."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from psycopg import sql
from samples.hostile import NOT_CARRIED_OBJECTS, TABLES, generate
from samples.hostile_model import Fate, HostileRow, HostileTable, Undecodable
from samples.hostile_values import VALUES

from mainstem.pg.connect import connect
from mainstem.unify.codec.keys import key_text
from mainstem.unify.copy.file import copy_file
from mainstem.unify.progress import Silence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mainstem.pg.scratch import ScratchServer

SCHEMA = "hostile"
SECRETS = ("hunter2", "SECRET", "s3cr3t", "tok_", "$2b$10$abc")


@dataclass(frozen=True)
class Copied:
    """The hostile file, the database it was copied into, and what the report says."""

    path: Path
    before: bytes
    url: str
    report: dict[str, list[dict[str, object]]]

    def keys(self, part: str, table: str) -> Counter[object]:
        """How often each key of a table stands in the ledger or the quarantine."""
        return Counter(row["key"] for row in self.report[part] if row["table"] == table)


@pytest.fixture(scope="module")
def copied(scratch: ScratchServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copied]:
    folder = tmp_path_factory.mktemp("hostile")
    path = generate(folder / "hostile.db")
    before = path.read_bytes()
    name = f"hostile_{uuid4().hex}"
    url = scratch.create_database(name)
    with copy_file(path, url, SCHEMA, reporter=Silence()) as report:
        report.write_json(folder / "report.json")
    yield Copied(path, before, url, json.loads((folder / "report.json").read_text()))
    scratch.drop_database(name)


def fate(copied: Copied, table: HostileTable, row: HostileRow) -> Fate:
    key = key_text([value for value in row.key if not isinstance(value, Undecodable)])
    if key in copied.keys("quarantine", table.name):
        return Fate.QUARANTINED
    return Fate.CONVERTED if key in copied.keys("ledger", table.name) else Fate.KEPT


BY_NAME = pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name)[:40])


@BY_NAME
def test_every_row_has_one_of_the_fates_it_may_have(copied: Copied, table: HostileTable) -> None:
    for row in table.rows:
        if None not in row.key:
            assert fate(copied, table, row) in row.fates, (row.what, row.key)


@BY_NAME
def test_every_row_is_accounted_for(copied: Copied, table: HostileTable) -> None:
    account = next(found for found in copied.report["tables"] if found["table"] == table.name)
    assert account["source"] == len(table.rows)
    outcomes = [account[name] for name in ("loaded", "merged", "quarantined", "dropped")]
    assert sum(int(str(outcome)) for outcome in outcomes) == len(table.rows)
    assert account["quarantined"] == sum(copied.keys("quarantine", table.name).values())
    assert account["conversions"] == sum(copied.keys("ledger", table.name).values())


@pytest.mark.parametrize("table", VALUES, ids=lambda table: str(table.name))
def test_what_is_not_in_the_ledger_is_the_same_on_both_sides(
    copied: Copied, table: HostileTable
) -> None:
    stored = stored_values(copied.path, table)
    found = target_values(copied.url, table)
    kept = [row for row in table.rows if fate(copied, table, row) is Fate.KEPT]
    assert kept
    for row in kept:
        key = row.key[0]
        assert isinstance(key, int)
        text, type_name = found[key]
        assert is_same(stored[key], text, type_name), (table.name, row.what, stored[key], text)


def stored_values(path: Path, table: HostileTable) -> dict[int, object]:
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        return dict(connection.execute(f'select id, value from "{table.name}"').fetchall())


def target_values(url: str, table: HostileTable) -> dict[int, tuple[str | None, str]]:
    query = sql.SQL("select id, value::text, pg_typeof(value)::text from {}").format(
        sql.Identifier(SCHEMA, table.name)
    )
    with connect(url) as connection:
        connection.execute("set timezone = 'UTC'")
        return {row[0]: (row[1], row[2]) for row in connection.execute(query)}


def is_same(stored: object, text: str | None, type_name: str) -> bool:
    """Whether PostgreSQL's text of a value means what SQLite holds; written without our codec."""
    if stored is None or text is None:
        return stored is None and text is None
    meant = READINGS[type_name](stored) if type_name in READINGS else stored
    found = READERS[type_name](text)
    return bool(found == meant)


def moment(text: object) -> object:
    """A moment in UTC, where the text is one that Python can hold."""
    assert isinstance(text, str)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def document(text: object) -> object:
    assert isinstance(text, str)
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


READERS: dict[str, Callable[[str], object]] = {
    "text": str,
    "bytea": lambda text: bytes.fromhex(text.removeprefix("\\x")),
    "boolean": {"true": 1, "false": 0}.__getitem__,
    "bigint": int,
    "double precision": float,
    "numeric": Decimal,
    "jsonb": document,
    "date": date.fromisoformat,
    "timestamp with time zone": moment,
    "timestamp without time zone": moment,
    "time without time zone": time.fromisoformat,
    "uuid": str,
}
READINGS: dict[str, Callable[[object], object]] = {
    "numeric": lambda value: Decimal(repr(value)),
    "jsonb": document,
    "date": lambda value: date.fromisoformat(str(value)),
    "timestamp with time zone": moment,
    "timestamp without time zone": moment,
    "time without time zone": lambda value: time.fromisoformat(str(value)),
}


def test_nothing_secret_is_told(copied: Copied) -> None:
    text = json.dumps(copied.report)
    for secret in SECRETS:
        assert secret not in text


def test_what_cannot_be_carried_over_is_named(copied: Copied) -> None:
    named = " ".join(str(item["name"]) for item in copied.report["not_carried"])
    for name in NOT_CARRIED_OBJECTS:
        assert name in named
    for table in TABLES:
        for name in table.not_carried:
            assert name in named


def test_the_file_is_as_it_was(copied: Copied) -> None:
    assert copied.path.read_bytes() == copied.before
    assert sorted(found.name for found in copied.path.parent.iterdir()) == [
        "hostile.db",
        "report.json",
    ]
