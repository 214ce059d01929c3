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
from mainstem.unify.move.stream import KEPT_BYTES_MAX, START_BYTES
from mainstem.unify.plan.names import name_sql, text_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.catalog.model import Column, Table
    from mainstem.unify.catalog.postgres_source import PostgresSource

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
    size, column = max(zip((size or 0 for size in held), columns, strict=True), key=_by_size)
    return f"its largest row, {found}, has {size / _MIB:,.0f} MiB in {column.name}"


def _by_size(pair: tuple[int, Column]) -> int:
    return pair[0]


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
    is_plain = column.declared_type == "bytea" or column.declared_type.startswith(_TEXTS)
    is_plain = is_plain and not column.declared_type.endswith("[]")
    return f"octet_length({value})" if is_plain else f"pg_column_size({value})"
