"""The last act: counters set, the finished tables moved into the target schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from psycopg import sql

from mainstem.errors import TargetError
from mainstem.unify.catalog.sqlite_schema import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.copy.design import TargetTable
    from mainstem.unify.ledger.rows import Run

_COUNTER_MAX: Final = 2**63 - 1
_NAMED_MAX: Final = 5


def relation_names(connection: psycopg.Connection[TupleRow], schema: str) -> set[str]:
    """The names of all relations and types of a schema, as new ones must not have them."""
    rows = connection.execute(
        "select c.relname from pg_class c where c.relnamespace = to_regnamespace(quote_ident(%s))",
        (schema,),
    ).fetchall()
    return {name for (name,) in rows}


def check_free(connection: psycopg.Connection[TupleRow], schema: str, names: Iterable[str]) -> None:
    """Raise TargetError when the target schema has a relation of one of these names."""
    taken = relation_names(connection, schema)
    clashes = [name for name in names if name in taken]
    if clashes:
        shown = ", ".join(clashes[:_NAMED_MAX]) + (" ..." if len(clashes) > _NAMED_MAX else "")
        raise TargetError(
            f"schema {schema} already has {shown}; name another with --schema, or move it away"
        )


def qualified(schema: str, target: TargetTable) -> str:
    """The table's name in SQL."""
    return f"{quoted(schema)}.{quoted(target.name)}"


def analyze(connection: psycopg.Connection[TupleRow], *, schema: str, target: TargetTable) -> None:
    """Have the server look at the rows, for its plans."""
    with connection.transaction():
        # A small sample: autovacuum takes a larger one in its own time.
        connection.execute("set local default_statistics_target = 20")
        connection.execute(f"analyze {qualified(schema, target)}".encode())


def set_counter(connection: psycopg.Connection[TupleRow], schema: str, target: TargetTable) -> None:
    """Set the table's counter past its highest key, and past what SQLite remembers."""
    column = next((column for column in target.columns if column.is_counter), None)
    if column is None:
        return
    table = sql.Identifier(schema, target.name)
    query = sql.SQL("select coalesce(max({}), 0) from {}")
    row = connection.execute(query.format(sql.Identifier(column.name), table)).fetchone()
    highest = max(row[0] if row else 0, target.source.counter_last or 0)
    connection.execute(
        "select setval(pg_get_serial_sequence(%s, %s), %s, %s)",
        (
            qualified(schema, target),
            column.name,
            max(1, min(highest, _COUNTER_MAX)),
            highest > 0,
        ),
    )


def publish(
    connection: psycopg.Connection[TupleRow], run: Run, tables: Sequence[TargetTable]
) -> None:
    """Move the tables with all that hangs on them into the target schema."""
    schema = sql.Identifier(run.schema_name)
    connection.execute(sql.SQL("create schema if not exists {}").format(schema))
    for target in tables:
        connection.execute(
            sql.SQL("alter table {} set schema {}").format(
                sql.Identifier(run.staging_schema, target.name), schema
            )
        )
    connection.execute(sql.SQL("drop schema {}").format(sql.Identifier(run.staging_schema)))
