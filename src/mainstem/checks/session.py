"""What a running check has at hand: the connection, the manifest, and the probe's observations."""

from __future__ import annotations

from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

from mainstem.checks.probe import Observation, probe

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.checks.registry import Row

# Catalog queries are small; a lock that somebody holds on a table is not worth waiting for.
STATEMENT_TIMEOUT = "60s"
LOCK_TIMEOUT = "5s"

_NO_MANIFEST = """(select null::text as schema_name, null::text as table_name, null::text as class,
    null::text as scope, null::text as app, false as has_app_context, false as high_volume
    where false)"""


class Session:
    """One run of checks on one connection, inside a transaction that the caller rolls back."""

    def __init__(self, connection: psycopg.Connection[TupleRow]) -> None:
        self.connection = connection

    def prepare(self) -> None:
        """Set the limits and make the temporary views that the checks read."""
        prelude = (files("mainstem.checks") / "prelude.sql").read_text(encoding="utf-8")
        manifest = "app.table_class" if self.has_manifest else _NO_MANIFEST
        self.connection.execute(f"set local statement_timeout = '{STATEMENT_TIMEOUT}'")
        self.connection.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
        self.connection.execute("set local search_path = pg_catalog")
        # A hundred small catalog queries: compiling one costs more than running it.
        self.connection.execute("set local jit = off")
        self.connection.execute(prelude.replace("{manifest}", manifest))

    def rows(self, statement: str) -> list[Row]:
        """Run a check's own statement; it returns object, message and fix."""
        found = self.connection.execute(statement).fetchall()
        return [(str(row[0]), str(row[1]), row[2]) for row in found]

    @cached_property
    def observations(self) -> tuple[Observation, ...]:
        """What the isolation probe saw; it runs once, when the first check asks."""
        return tuple(probe(self.connection))

    @cached_property
    def has_manifest(self) -> bool:
        """Whether the database declares its tables' classes."""
        found = self.connection.execute("select to_regclass('app.table_class') is not null")
        row = found.fetchone()
        return row is not None and bool(row[0])
