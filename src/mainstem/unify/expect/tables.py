"""Whether tables exist, and how many rows they have."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from psycopg import errors, sql

from mainstem.errors import ConfigError, SourceError
from mainstem.pg.connect import clear_errors, connect
from mainstem.unify.catalog.sqlite import open_source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.expect.model import Count, Existence, Expectations, SourceTable, Table

    Connection = psycopg.Connection[TupleRow]

#: tables, partitioned tables, views, materialised views, foreign tables
RELATIONS = "rpvmf"


def existence_reason(connection: Connection, expected: Existence) -> str | None:
    """Why an existence is not as expected; None when it is."""
    found = kind_of(connection, expected.table)
    if expected.is_there and found is None:
        return f"there is no table or view {expected.table}"
    if not expected.is_there and found is not None:
        return f"there is a {found} {expected.table}"
    return None


def kind_of(connection: Connection, table: Table) -> str | None:
    """What the relation of that name is; None when there is none."""
    row = connection.execute(
        "select case c.relkind when 'v' then 'view' when 'm' then 'materialised view'"
        " when 'f' then 'foreign table' else 'table' end"
        " from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname = %s and c.relname = %s and strpos(%s, c.relkind::text) > 0",
        (table.schema, table.name, RELATIONS),
    ).fetchone()
    return None if row is None else str(row[0])


def count_reason(connection: Connection, expected: Count, sources: Sources) -> str | None:
    """Why a number of rows is not as expected; None when it is."""
    if kind_of(connection, expected.table) is None:
        return f"there is no table or view {expected.table}"
    found = count_rows(connection, expected.table)
    if expected.same_as:
        counts = [sources.count(each) for each in expected.same_as]
        if found != sum(counts):
            told = " + ".join(f"{count:,}" for count in counts)
            return f"it has {found:,}, there are {told} over there"
        return None
    is_below = expected.rows_min is not None and found < expected.rows_min
    is_above = expected.rows_max is not None and found > expected.rows_max
    return f"it has {found:,}" if is_below or is_above else None


def count_rows(connection: Connection, table: Table) -> int:
    """How many rows a table has; refuses to count what row-level security would filter."""
    query = sql.SQL("select count(*) from {}").format(sql.Identifier(table.schema, table.name))
    with clear_errors(f"count {table}"):
        row = connection.execute(query).fetchone()
    assert row is not None, "an aggregate has a row"
    return int(row[0])


class Sources:
    """The sources of a file, each opened when it is first asked."""

    def __init__(self, expectations: Expectations) -> None:
        self._addresses: Mapping[str, str] = expectations.sources
        self._file = expectations.path
        self._opened: dict[str, Connection] = {}
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def count(self, wanted: SourceTable) -> int:
        """How many rows a source's table has.

        Raises:
            SourceError: the source has no such table, or cannot be read.
        """
        address = self._address(wanted.source)
        if address.startswith(("postgres://", "postgresql://")):
            return self._count_there(wanted, address)
        return _count_in_file(wanted, self._file.parent / address)

    def _address(self, name: str) -> str:
        address = self._addresses[name]
        if not address.startswith("$"):
            return address
        value = os.environ.get(address[1:], "").strip()
        if not value:
            raise ConfigError(
                f"{self._file}: `sources.{name}` names the variable {address[1:]}, which is not "
                "set; set it to the database's address"
            )
        return value

    def _count_there(self, wanted: SourceTable, address: str) -> int:
        if wanted.source not in self._opened:
            connection = self._closing.enter_context(
                connect(address, application_name="mainstem verify expect")
            )
            connection.execute("set default_transaction_read_only = on; set row_security = off")
            self._opened[wanted.source] = connection
        try:
            return count_rows(self._opened[wanted.source], wanted.table)
        except errors.UndefinedTable:
            raise SourceError(
                f"source {wanted.source} has no table {wanted.table}; see same_as in {self._file}"
            ) from None


def _count_in_file(wanted: SourceTable, path: Path) -> int:
    """The rows of a table of a SQLite file; there are no schemas there."""
    name = wanted.table.name
    with open_source(path) as source, source.reading() as connection:
        if not connection.execute(
            "select 1 from sqlite_schema where type in ('table', 'view') and name = ?", (name,)
        ).fetchall():
            raise SourceError(f"source {wanted.source} ({path}) has no table {name}")
        quoted = name.replace('"', '""')
        (count,) = connection.execute(f'select count(*) from "{quoted}"').fetchone()
    return int(count)
