"""What a plan must know about a source's content: rows, values, and whose keys are uuids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mainstem.kit.naming import column_meaning
from mainstem.kit.wording import counted
from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mainstem.unify.catalog.model import Catalog, Table
    from mainstem.unify.catalog.postgres_source import PostgresSource
    from mainstem.unify.catalog.sqlite import SqliteSource

_HEX = "[0-9a-fA-F]"
#: of one column; a column with more is not compared with others
VALUES_MAX = 500_000
_UUID_PATTERN = "'^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'"
_UUID_GLOB = "-".join(_HEX * length for length in (8, 4, 4, 4, 12))


class Values(Protocol):
    """Reads one column of a source."""

    def __call__(self, table: str, column: str, *, is_lower: bool = False) -> set[str] | None:
        """Its different values as texts; None when there are too many."""


@dataclass(frozen=True)
class Profile:
    """One source table's content."""

    row_count: int
    non_null: Mapping[str, int]
    #: of a key of one column: rows whose key is a uuid
    uuid_key_count: int = 0
    #: the day of the newest row, by its time of change or of making
    last_write: str | None = None
    #: False where only the table's shape is known
    is_counted: bool = True

    def shown(self, count: int, noun: str) -> str:
        """A count of it for people."""
        return counted(count, noun) if self.is_counted else f"{noun}s not counted"


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


def read_values(
    source: SqliteSource, table: str, column: str, *, is_lower: bool = False
) -> set[str] | None:
    """The different values of a column as texts; None when there are too many.

    Raises SourceError when the file cannot be read.
    """
    value = f"cast({quoted(column)} as text)"
    query = f"select distinct {_lowered(value, is_lower=is_lower)} from {quoted(table)}"
    with source.reading() as connection:
        rows = connection.execute(query).fetchmany(VALUES_MAX + 1)
    return _within_limit(rows)


def read_server_values(
    source: PostgresSource, table: str, column: str, *, is_lower: bool = False
) -> set[str] | None:
    """The same of a PostgreSQL source.

    Raises SourceError when the table cannot be read.
    """
    value = _lowered(f"{name_sql(column)}::text", is_lower=is_lower)
    query = f"select distinct {value} from {source.table_sql(table)} limit {VALUES_MAX + 1}"
    with source.reading() as connection:
        return _within_limit(connection.execute(query.encode()).fetchall())


def _lowered(value: str, *, is_lower: bool) -> str:
    return f"lower({value})" if is_lower else value


def _within_limit(rows: Sequence[tuple[str | None, ...]]) -> set[str] | None:
    if len(rows) > VALUES_MAX:
        return None
    return {row[0] for row in rows if row[0]}


def _server_profile(source: PostgresSource, table: Table) -> Profile:
    names = [column.name for column in table.columns]
    time = _time_column(table)
    newest = "null" if time is None else f"max({name_sql(time)})::date::text"
    counts = ["count(*)", *(f"count({name_sql(name)})" for name in names), newest]
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
        last_write=row[1 + len(names)],
    )


def _profile(source: SqliteSource, table: Table) -> Profile:
    counts = ["count(*)", *(f"count({quoted(column.name)})" for column in table.columns)]
    time = _time_column(table)
    counts.append("null" if time is None else f"substr(max({quoted(time)}), 1, 10)")
    if len(table.primary_key) == 1:
        counts.append(f"sum({quoted(table.primary_key[0])} glob '{_UUID_GLOB}')")
    with source.reading() as connection:
        row = connection.execute(f"select {', '.join(counts)} from {quoted(table.name)}").fetchone()
    names = [column.name for column in table.columns]
    return Profile(
        row_count=row[0],
        non_null=dict(zip(names, row[1:], strict=False)),
        uuid_key_count=(row[-1] or 0) if len(table.primary_key) == 1 else 0,
        last_write=row[1 + len(names)],
    )


def _time_column(table: Table) -> str | None:
    """The column that says when a row was changed, or else made; never one that holds numbers."""
    for meaning in ("updated_at", "created_at"):
        for column in table.columns:
            is_time = column.declared_type.lower().startswith(("timestamp", "date", "text"))
            if column_meaning(column.name) == meaning and is_time:
                return column.name
    return None
