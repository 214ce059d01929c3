"""What a plan must know about a source's content: rows, values, and whose keys are uuids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.unify.catalog.model import Catalog, Table
    from mainstem.unify.catalog.postgres_source import PostgresSource
    from mainstem.unify.catalog.sqlite import SqliteSource

_HEX = "[0-9a-fA-F]"
_UUID_PATTERN = "'^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'"
_UUID_GLOB = "-".join(_HEX * length for length in (8, 4, 4, 4, 12))


@dataclass(frozen=True)
class Profile:
    """One source table's content."""

    row_count: int
    non_null: Mapping[str, int]
    #: of a key of one column: rows whose key is a uuid
    uuid_key_count: int = 0


def read_profiles(source: SqliteSource, catalog: Catalog) -> dict[str, Profile]:
    """Count rows and values of every table, one scan a table.

    Raises SourceError when the file cannot be read.
    """
    return {table.name: _profile(source, table) for table in catalog.tables}


def read_server_profiles(source: PostgresSource, catalog: Catalog) -> dict[str, Profile]:
    """The same of a PostgreSQL source.

    Raises SourceError when a table cannot be read.
    """
    return {table.name: _server_profile(source, table) for table in catalog.tables}


def _server_profile(source: PostgresSource, table: Table) -> Profile:
    names = [column.name for column in table.columns]
    counts = ["count(*)", *(f"count({name_sql(name)})" for name in names)]
    if len(table.primary_key) == 1:
        key = name_sql(table.primary_key[0])
        counts.append(f"count(*) filter (where {key}::text ~ {_UUID_PATTERN})")
    query = f"select {', '.join(counts)} from {source.table_sql(table.name)}"
    with source.reading() as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return Profile(
        row_count=row[0],
        non_null=dict(zip(names, row[1:], strict=False)),
        uuid_key_count=row[-1] if len(table.primary_key) == 1 else 0,
    )


def _profile(source: SqliteSource, table: Table) -> Profile:
    counts = ["count(*)", *(f"count({quoted(column.name)})" for column in table.columns)]
    if len(table.primary_key) == 1:
        counts.append(f"sum({quoted(table.primary_key[0])} glob '{_UUID_GLOB}')")
    with source.reading() as connection:
        row = connection.execute(f"select {', '.join(counts)} from {quoted(table.name)}").fetchone()
    names = [column.name for column in table.columns]
    return Profile(
        row_count=row[0],
        non_null=dict(zip(names, row[1:], strict=False)),
        uuid_key_count=(row[-1] or 0) if len(table.primary_key) == 1 else 0,
    )
