"""A fair sample of a table's values: from its beginning, its end and places between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mainstem.unify.catalog.sqlite_rows import row_order
from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.codec import BadText

if TYPE_CHECKING:
    import sqlite3

    from mainstem.unify.catalog.model import Table
    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.codec import SqliteValue

_ENDS: Final = 1000
_PLACES: Final = 20
_ROWS_A_PLACE: Final = 50
_LENGTH_MAX: Final = 100_000


def sample_columns(
    source: SqliteSource, table: Table, columns: tuple[str, ...] | None = None
) -> dict[str, list[SqliteValue]]:
    """Source column -> values of the same sampled rows.

    Texts over 100,000 characters count as NULL; the sample is for choosing types.
    """
    names = columns or tuple(column.name for column in table.columns)
    rows: list[tuple[SqliteValue, ...]] = []
    with source.reading() as connection:
        connection.text_factory = _read_text
        try:
            for query, values in _queries(connection, source, table, names):
                rows += connection.execute(query, values).fetchall()
        finally:
            connection.text_factory = str
    if not rows:
        return {name: [] for name in names}
    return {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}


def _queries(
    connection: sqlite3.Connection, source: SqliteSource, table: Table, names: tuple[str, ...]
) -> list[tuple[str, tuple[SqliteValue, ...]]]:
    shown = ", ".join(_cut(quoted(name)) for name in names)
    select = f"select {shown} from {quoted(table.name)}"
    order = row_order(source, table).expressions
    if not order:
        return [(f"{select} limit {2 * _ENDS}", ())]
    if not table.has_rowid:
        return [(f"{select} limit {2 * _ENDS}", ())]
    (key,) = order
    low, high = connection.execute(
        f"select (select min({key}) from {quoted(table.name)}),"
        f" (select max({key}) from {quoted(table.name)})"
    ).fetchone()
    if low is None:
        return []
    by = f"order by {key}"
    if high - low < 2 * _ENDS:
        return [(f"{select} {by}", ())]
    step = (high - low) // (_PLACES + 1)
    queries: list[tuple[str, tuple[SqliteValue, ...]]] = [
        (f"{select} {by} limit {_ENDS}", ()),
        (f"{select} {by} desc limit {_ENDS}", ()),
    ]
    for place in range(1, _PLACES + 1):
        start = low + place * step
        queries.append(
            (
                f"{select} where {key} >= ? and {key} < ? {by} limit {_ROWS_A_PLACE}",
                (start, start + step),
            )
        )
    return queries


def _cut(name: str) -> str:
    """Long texts are left out and long blobs cut inside SQLite, so that a sample stays small."""
    return (
        f"case when typeof({name}) = 'text' and length({name}) > {_LENGTH_MAX} then null"
        f" when typeof({name}) = 'blob' and length({name}) > {_LENGTH_MAX}"
        f" then substr({name}, 1, {_LENGTH_MAX}) else {name} end"
    )


def _read_text(raw: bytes) -> str | BadText:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return BadText(raw)
