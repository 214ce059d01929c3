"""The four PostgreSQL samples, made once a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import pytest

from mainstem.pg.connect import connect
from samples import audience_legacy, mail_postgres, persona_legacy, revos_legacy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samples.legacy_postgres import LegacySample, Planted

    from mainstem.pg.scratch import ScratchServer

    class Maker(Protocol):
        def __call__(self, url: str, *, rows: int = ..., seed: int = ...) -> LegacySample: ...


SEED = 5
ROWS = 12_000
MAKERS: dict[str, Maker] = {
    "revos": revos_legacy.generate,
    "audience": audience_legacy.generate,
    "mail": mail_postgres.generate,
    "persona": persona_legacy.generate,
}


class Made:
    """The samples of this run, each in a database of its own."""

    def __init__(self, scratch: ScratchServer) -> None:
        # every worker has its own
        self.databases = {name: f"sample_{name}_{uuid4().hex}" for name in MAKERS}
        self.urls = {
            name: scratch.create_database(database) for name, database in self.databases.items()
        }
        self.samples = {
            name: make(self.urls[name], rows=ROWS, seed=SEED) for name, make in MAKERS.items()
        }

    def values(self, name: str, sql: str) -> list[tuple[object, ...]]:
        with connect(self.urls[name]) as connection:
            return list(connection.execute(sql.encode()).fetchall())

    def number(self, name: str, sql: str) -> int:
        ((value,),) = self.values(name, sql)
        assert isinstance(value, int)
        return value

    def content(self, name: str) -> dict[str, object]:
        return content(self.urls[name])

    def planted(self, name: str, table: str, what: str) -> tuple[Planted, int]:
        """The one entry of the manifest that is meant."""
        (found,) = [
            (each, rows)
            for each, rows in self.samples[name].planted.items()
            if each.table == table and what in each.what
        ]
        return found

    def texts(self, name: str, sql: str) -> set[object]:
        return {value for (value,) in self.values(name, sql)}


@pytest.fixture(scope="package")
def made(scratch: ScratchServer) -> Iterator[Made]:
    samples = Made(scratch)
    yield samples
    for database in samples.databases.values():
        scratch.drop_database(database)


def content(url: str) -> dict[str, object]:
    """A checksum of each table's rows."""
    rows = "string_agg(t::text, chr(10) order by t::text)"
    with connect(url) as connection:
        connection.execute("set timezone = 'UTC'; set datestyle = 'ISO'")
        tables = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_catalog.pg_tables"
            " where schemaname in ('public', 'auth', 'storage')"
        ).fetchall()
        return {
            table: connection.execute(f"select md5({rows}) from {table} as t".encode()).fetchall()
            for (table,) in tables
        }
