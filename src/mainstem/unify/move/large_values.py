"""Values that are larger than the server can work with: how a row is told, and which one it was.

A field may hold 1 GB; a row on its way may not hold more than that, nor a text in jsonb more than
256 MB, nor jsonb as a whole (PostgreSQL documentation, appendix K and 8.14).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from psycopg import errors

from mainstem.errors import SourceError
from mainstem.pg.connect import said_of
from mainstem.unify.move.maps import own_table
from mainstem.unify.move.stream import KEPT_BYTES_MAX, START_BYTES
from mainstem.unify.plan.names import name_sql, text_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Column, Table
    from mainstem.unify.catalog.postgres_source import PostgresSource
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.plan.model import Plan, PlannedTable

    Connection = psycopg.Connection[TupleRow]

#: what to do about a value that a table or an index cannot take
MEND_LARGE: Final = (
    "shorten the value in the source, leave the row out in the plan's select, or let the index be "
    "of a part of the value, and run again"
)
#: types that no large value fits into
_SMALL: Final = frozenset(
    {"uuid", "boolean", "smallint", "integer", "bigint", "real", "double precision", "date", "oid"}
)
_TEXTS: Final = ("text", "character varying", "varchar")
#: of one call: a function takes 100 arguments
_PAIRS_MAX: Final = 50
_MIB: Final = 2**20


def original_sql(table: Table, alias: str = "t") -> str:
    """The SQL of a row as jsonb; a large value is told by its beginning, its size and its hash."""
    pairs = [
        f"{text_sql(column.name)}, {_told(column, f'{alias}.{name_sql(column.name)}')}"
        for column in table.columns
    ]
    parts = [
        f"jsonb_build_object({', '.join(pairs[start : start + _PAIRS_MAX])})"
        for start in range(0, len(pairs), _PAIRS_MAX)
    ]
    return " || ".join(parts) or "'{}'::jsonb"


@contextmanager
def row_named(source: PostgresSource, table: Table, key: str, *, called: str) -> Iterator[None]:
    """Say which row it is that the server cannot work with, where it says that one is too large.

    Args:
        source: where the table is.
        table: the source's table.
        key: the SQL of its rows' keys over `t`.
        called: the table's name in the plan.

    Raises SourceError then.
    """
    try:
        yield
    except (errors.ProgramLimitExceeded, errors.OutOfMemory, errors.InternalError_) as error:
        raise SourceError(
            f"cannot stage {called}: {said_of(error)}; {_largest(source, table, key)}: shorten the "
            "value there or leave the row out, and run again to go on"
        ) from error


def largest_staged(connection: Connection, run: Run, plan: Plan, into: str) -> str:
    """The largest staged row for a target table, and its largest column, in words."""
    found = [
        largest
        for table in plan.moved()
        if table.into == into and (largest := _largest_of(connection, run, table)) is not None
    ]
    if not found:
        return "no row for it holds a large value"
    size, key, table, column = max(found)
    return f"its largest row, {key} of {table}, has {size:,} bytes in {column}"


def _largest_of(
    connection: Connection, run: Run, table: PlannedTable
) -> tuple[int, str, str, str] | None:
    columns = [column for column in table.staged if column.type not in _SMALL]
    sizes = [f"coalesce({_size_of(c.type, f's.{name_sql(c.name)}')}, 0)::bigint" for c in columns]
    if not columns:
        return None
    row = connection.execute(
        f"select _key, {', '.join(sizes)} from {own_table(run, 'stage', table.name)} as s"
        f" order by greatest({', '.join(sizes)}) desc limit 1"
    ).fetchone()
    if row is None:
        return None
    key, *held = row
    size, name = max(zip(held, (column.name for column in columns), strict=True))
    return size, str(key), table.name, name


def _largest(source: PostgresSource, table: Table, key: str) -> str:
    """The largest row of a table, and its largest column, in words."""
    columns = [column for column in table.columns if column.declared_type not in _SMALL]
    sizes = [_size(column, f"t.{name_sql(column.name)}") for column in columns]
    if not columns:
        return f"{table.name} has no large values"
    total = " + ".join(f"coalesce({size}, 0)::bigint" for size in sizes)
    query = (
        f"select ({key})::text, {', '.join(sizes)} from {source.table_sql(table.name)} as t"
        f" order by {total} desc limit 1"
    )
    with source.reading() as connection:
        row = connection.execute(query.encode()).fetchone()
    if row is None:
        return "no row is there any more"
    found, *held = row
    sizes_held = [size or 0 for size in held]
    column = columns[sizes_held.index(max(sizes_held))].name
    return f"its largest row, {found}, has {sum(sizes_held) / _MIB:,.0f} MiB, most in {column}"


def _told(column: Column, value: str) -> str:
    if column.declared_type in _SMALL:
        return f"to_jsonb({value})"
    is_bytes = column.declared_type == "bytea"
    raw = value if is_bytes else f"convert_to({value}::text, 'UTF8')"
    told = (
        f"jsonb_build_object('bytes_start', encode(substr({raw}, 1, {START_BYTES}), 'hex'),"
        f" 'size_bytes', octet_length({raw}), 'sha256', encode(sha256({raw}), 'hex'))"
    )
    is_large = f"{_size(column, value)} > {KEPT_BYTES_MAX}"
    return f"case when {is_large} then {told} else to_jsonb({value}) end"


def _size(column: Column, value: str) -> str:
    """The bytes of a value, of text without reading it; of other types as they are stored."""
    return _size_of(column.declared_type, value)


def _size_of(type_name: str, value: str) -> str:
    is_plain = type_name == "bytea" or type_name.startswith(_TEXTS)
    is_plain = is_plain and not type_name.endswith("[]")
    return f"octet_length({value})" if is_plain else f"pg_column_size({value})"
