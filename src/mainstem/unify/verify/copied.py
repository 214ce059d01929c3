"""What a copy promised: every column of every table, one to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.move.stream import StreamColumn
from mainstem.unify.plan.names import text_sql
from mainstem.unify.verify.model import ComparedColumn, Comparison, KeyKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.copy.design import TargetTable
    from mainstem.unify.ledger.rows import Run

    Connection = psycopg.Connection[TupleRow]


def copied_comparisons(
    connection: Connection,
    run: Run,
    source: SqliteSource,
    tables: Sequence[TargetTable],
    *,
    schema: str,
) -> list[Comparison]:
    """A comparison for each table of a copy, as the copy designed them; they lie in `schema`."""
    return [_comparison(connection, run, source, target, schema=schema) for target in tables]


def _comparison(
    connection: Connection, run: Run, source: SqliteSource, target: TargetTable, *, schema: str
) -> Comparison:
    columns = tuple(
        ComparedColumn(column.source.name, f"t.{quoted(column.name)}", is_secret=column.is_secret)
        for column in target.columns
    )
    name = f"{quoted(schema)}.{quoted(target.name)}"
    key = _key(connection, source, target, name=name)
    return Comparison(
        table=target.source,
        target_name=f"{run.schema_name}.{target.name}",
        read=tuple(
            StreamColumn(column.source.name, column.type, is_secret=column.is_secret)
            for column in target.columns
        ),
        columns=columns,
        key_kind=KeyKind.COLUMNS if key else KeyKind.WHOLE_ROW,
        key=key,
        target_from=f"from {name} as t",
        outcomes=_quarantined(connection, run, target),
    )


def _key(
    connection: Connection, source: SqliteSource, target: TargetTable, *, name: str
) -> tuple[int, ...]:
    """The positions of the primary key's columns, where it tells all rows apart on both sides."""
    names = target.source.primary_key
    if not names:
        return ()
    with source.reading() as reading:
        nulls = " or ".join(f"{quoted(column)} is null" for column in names)
        table = quoted(target.source.name)
        (has_null,) = reading.execute(
            f"select exists (select 1 from {table} where {nulls})"
        ).fetchone()
    there = connection.execute(
        "select a.attname from pg_index i join pg_attribute a"
        " on a.attrelid = i.indrelid and a.attnum = any(i.indkey)"
        " where i.indrelid = to_regclass(%s) and i.indisprimary and i.indisvalid",
        (name,),
    ).fetchall()
    if has_null or {column for (column,) in there} != set(map(target.target_name, names)):
        return ()
    positions = {column.source.name: at for at, column in enumerate(target.columns)}
    return tuple(positions[column] for column in names)


def _quarantined(connection: Connection, run: Run, target: TargetTable) -> str | None:
    where = f"run_id = {run.id} and source_table = {text_sql(target.source.name)}"
    row = connection.execute(
        f"select exists (select from unify.quarantine where {where})".encode()
    ).fetchone()
    return (
        f"select key, 'q' as value from unify.quarantine where {where}" if row and row[0] else None
    )
