"""The hostile sample: nothing in it may change in silence."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from psycopg import sql
from samples.hostile import NOT_CARRIED_OBJECTS, TABLES, generate
from samples.hostile_model import Fate, HostileRow, HostileTable, Undecodable

from mainstem.pg.connect import connect
from mainstem.unify.codec import key_text
from mainstem.unify.copy.file import copy_file
from mainstem.unify.progress import Silence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.pg.scratch import ScratchServer

Report = dict[str, Any]


@dataclass(frozen=True)
class Copied:
    """The sample, the database that it was copied into, and what was said of it."""

    path: Path
    url: str
    report: Report


@pytest.fixture(scope="module")
def hostile(scratch: ScratchServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copied]:
    """Copied once: the tests only look."""
    folder, name = tmp_path_factory.mktemp("hostile"), f"hostile_{uuid4().hex}"
    path, url = generate(folder / "hostile.db"), scratch.create_database(name)
    with copy_file(path, url, "public", reporter=Silence()) as told:
        told.write_json(folder / "report.json")
    yield Copied(path, url, json.loads((folder / "report.json").read_text(encoding="utf-8")))
    scratch.drop_database(name)


@pytest.fixture
def report(hostile: Copied) -> Report:
    return hostile.report


@pytest.fixture
def target(hostile: Copied) -> Iterator[psycopg.Connection[TupleRow]]:
    with connect(hostile.url, autocommit=True) as opened:
        yield opened


def test_no_value_changes_in_silence(report: Report, target: psycopg.Connection[TupleRow]) -> None:
    assert report["verification"]["is_passed"]
    quarantined = {(row["table"], row["key"]) for row in report["quarantine"]}
    converted = {(row["table"], row["key"]) for row in report["ledger"]}
    silent = []
    for table in TABLES:
        for row in table.rows:
            place = (table.name, ledger_key(row))
            if place in quarantined | converted or Fate.KEPT in row.fates:
                continue
            if not is_kept_as_text(target, table, row):
                silent.append((place, row.what))
    assert not silent


def test_every_row_is_accounted_for(report: Report, hostile: Copied) -> None:
    source = sqlite3.connect(hostile.path)
    assert {table["table"] for table in report["tables"]} == {table.name for table in TABLES}
    for table in report["tables"]:
        name = table["table"].replace('"', '""')
        (count,) = source.execute(f'select count(*) from "{name}"').fetchone()
        outcomes = [table[word] for word in ("loaded", "merged", "quarantined", "dropped")]
        assert table["source"] == count == sum(outcomes), table
        rows = [row for row in report["ledger"] if row["table"] == table["table"]]
        assert table["conversions"] == len(rows)
    source.close()


def test_what_cannot_be_carried_over_is_named(report: Report) -> None:
    told = {item["name"] for item in report["not_carried"]}
    expected = {name for table in TABLES for name in table.not_carried} | set(NOT_CARRIED_OBJECTS)
    assert expected <= told


def test_secrets_stand_nowhere(report: Report, target: psycopg.Connection[TupleRow]) -> None:
    shown = str(report["ledger"]) + str(report["quarantine"])
    for query in ("select l::text from unify.ledger l", "select q::text from unify.quarantine q"):
        shown += "".join(row[0] for row in target.execute(query).fetchall())
    for secret in ("hunter2", "tok_", "746f6b5f", "s3cr3t", "$2b$"):
        assert secret not in shown


def ledger_key(row: HostileRow) -> str:
    return key_text([v.raw if isinstance(v, Undecodable) else v for v in row.key])


def is_kept_as_text(
    target: psycopg.Connection[TupleRow], table: HostileTable, row: HostileRow
) -> bool:
    """Whether the trap's value stands in the target exactly as it was written."""
    assert row.column is not None
    value = row.values[table.columns.index(row.column)]
    query = sql.SQL("select {}::text from {} where id = %s").format(
        sql.Identifier(row.column), sql.Identifier("public", table.name)
    )
    found = target.execute(query, row.key).fetchone()
    if isinstance(value, float):
        return found is not None and float(found[0]) == value
    return found is not None and found[0] == value
