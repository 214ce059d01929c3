"""Rows whose foreign key points at nothing: kept, and each of them in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from psycopg import sql

from mainstem.kit.fingerprints import fingerprint_sql
from mainstem.unify.catalog.secrets import has_secret_key
from mainstem.unify.catalog.sqlite_rows import key_columns
from mainstem.unify.move.stream import MASK

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.copy.constraints import ForeignKeyPiece
    from mainstem.unify.copy.design import TargetTable
    from mainstem.unify.ledger.rows import Run

RULE: Final = "foreign-key-not-validated"


def note_orphans(connection: psycopg.Connection[TupleRow], run: Run, key: ForeignKeyPiece) -> int:
    """Write a ledger row for each orphan of a foreign key; how many there are."""
    schema = run.staging_schema
    columns = [key.child.target_name(column) for column in key.key.columns]
    parents = [key.parent.target_name(column) for column in key.key.parent_columns]
    has_secret = any(
        column.is_secret for column in key.child.columns if column.source.name in key.key.columns
    )
    value = sql.Literal(MASK) if has_secret else _as_text(columns)
    statement = sql.SQL(
        "insert into unify.ledger (run_id, source_table, key, column_name, before, after, rule)"
        " select {run}, {table}, {key}, {column}, {value}, {value}, {rule} from {child} as c"
        " where {present} and not exists (select from {parent} as p where {same})"
    ).format(
        run=sql.Literal(run.id),
        table=sql.Literal(key.child.source.name),
        key=_row_key(key.child),
        column=sql.Literal(",".join(key.key.columns)),
        value=value,
        rule=sql.Literal(RULE),
        child=sql.Identifier(schema, key.child.name),
        parent=sql.Identifier(schema, key.parent.name),
        present=sql.SQL(" and ").join(
            sql.SQL("c.{} is not null").format(sql.Identifier(column)) for column in columns
        ),
        same=sql.SQL(" and ").join(
            sql.SQL("p.{} = c.{}").format(sql.Identifier(parent), sql.Identifier(column))
            for parent, column in zip(parents, columns, strict=True)
        ),
    )
    count = connection.execute(statement).rowcount
    connection.execute(
        "update unify.table_result set conversions = conversions + %s"
        " where run_id = %s and source_table = %s",
        (count, run.id, key.child.source.name),
    )
    return count


def _row_key(target: TargetTable) -> sql.Composable:
    """The row's key as the ledger writes it; without a primary key its place in the table."""
    columns = [target.target_name(column) for column in key_columns(target.source)]
    if not columns:
        return sql.SQL("'ctid ' || c.ctid::text")
    key = _as_text(columns)
    if not has_secret_key(target.source):
        return key
    return sql.SQL(fingerprint_sql("{}")).format(key)


def _as_text(columns: list[str]) -> sql.Composable:
    if len(columns) == 1:
        return sql.SQL("c.{}::text").format(sql.Identifier(columns[0]))
    values = sql.SQL(", ").join(sql.SQL("c.{}").format(sql.Identifier(name)) for name in columns)
    return sql.SQL("json_build_array({})::text").format(values)
