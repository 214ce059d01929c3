"""Makes the empty tables, leaving out what the server does not accept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import sql

from mainstem.unify.catalog.model import NotCarried
from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.codec import NULL, codec_for
from mainstem.unify.copy.sample import sample_columns

if TYPE_CHECKING:
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.copy.design import TargetColumn, TargetTable

_TRIAL: Final = "mainstem_trial"
_TRIAL_ROWS_MAX: Final = 500


def accepted(
    connection: psycopg.Connection[TupleRow], source: SqliteSource, target: TargetTable
) -> TargetTable:
    """The design without those defaults and generated columns that the server refuses.

    A generated column is kept only when it computes the sampled rows' values as SQLite does.
    """
    for column in target.columns:
        if column.default is not None and not column.is_counter:
            problem = _default_problem(connection, column)
            if problem:
                target = _without_default(target, column, problem)
    for column in target.columns:
        if column.generated is not None:
            problem = _generated_problem(connection, source, target, column)
            if problem:
                target = target.without_generated(
                    column.source.name,
                    f"({column.source.generated}) {problem}; a plain column keeps the values",
                )
    return target


def create_table(
    connection: psycopg.Connection[TupleRow], schema: str, target: TargetTable
) -> None:
    """Make the table, without keys, constraints and indexes."""
    columns = ", ".join(column.definition for column in target.columns)
    connection.execute(f"create table {quoted(schema)}.{quoted(target.name)} ({columns})".encode())


def said(error: psycopg.Error) -> str:
    """What the server said, without values of rows."""
    if isinstance(error, psycopg.errors.UniqueViolation):
        return "rows with the same values exist"
    told = error.diag.message_primary or type(error).__name__
    if isinstance(error, psycopg.errors.DatatypeMismatch) and error.diag.message_detail:
        told += f": {error.diag.message_detail.rstrip('.')}"
    return told.replace("\n", " ")


def _default_problem(connection: psycopg.Connection[TupleRow], column: TargetColumn) -> str | None:
    name = quoted(column.name)
    statement = f"create temp table {_TRIAL} ({name} {column.type} default {column.default})"
    return _trial(connection, f"{statement}; insert into {_TRIAL} default values")


def _generated_problem(
    connection: psycopg.Connection[TupleRow],
    source: SqliteSource,
    target: TargetTable,
    column: TargetColumn,
) -> str | None:
    """Why a generated column cannot be carried over, or None when it can."""
    stored = [quoted(c.name) + " " + c.type for c in target.stored]
    statement = f"create temp table {_TRIAL} ({', '.join([*stored, column.definition])})"
    problem = _trial(connection, statement)
    if problem:
        return problem
    with connection.transaction(force_rollback=True):
        connection.execute(statement.encode())
        try:
            with connection.transaction():
                differs = _computes_otherwise(connection, source, target, column)
        except psycopg.DataError as error:
            return said(error)
    return "PostgreSQL computes other values" if differs else None


def _computes_otherwise(
    connection: psycopg.Connection[TupleRow],
    source: SqliteSource,
    target: TargetTable,
    column: TargetColumn,
) -> bool:
    columns = (*target.stored, column)
    sampled = sample_columns(source, target.source, tuple(c.source.name for c in columns))
    texts = []
    refused: set[int] = set()
    for one in columns:
        encoded = codec_for(one.type).encode(sampled[one.source.name][:_TRIAL_ROWS_MAX])
        texts.append(encoded.texts)
        refused.update(refusal.row for refusal in encoded.refusals)
    rows = [row for n, row in enumerate(zip(*texts, strict=True)) if n not in refused]
    expected = [row[-1] for row in rows]
    names = sql.SQL(", ").join(sql.Identifier(c.name) for c in target.stored)
    into = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(_TRIAL), names)
    with connection.cursor() as cursor:
        with cursor.copy(into) as copy:
            for row in rows:
                copy.write("\t".join(row[:-1]) + "\n")
        out = sql.SQL("copy (select {} from {} order by ctid) to stdout").format(
            sql.Identifier(column.name), sql.Identifier(_TRIAL)
        )
        with cursor.copy(out) as copy:
            computed = b"".join(bytes(piece) for piece in copy).decode().split("\n")[:-1]
    codec = codec_for(column.type)
    return list(codec.canonical(expected)) != list(codec.canonical(computed or [NULL][:0]))


def _without_default(target: TargetTable, column: TargetColumn, problem: str) -> TargetTable:
    columns = [replace(c, default=None) if c is column else c for c in target.columns]
    note = NotCarried(
        "default",
        f"{target.source.name}.{column.source.name}",
        f"default {column.source.default}: {problem}",
    )
    return replace(target, columns=tuple(columns), not_carried=(*target.not_carried, note))


def _trial(connection: psycopg.Connection[TupleRow], statement: str) -> str | None:
    """Run statements and take them back; what the server had against them, or None."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except (psycopg.ProgrammingError, psycopg.DataError, psycopg.NotSupportedError) as error:
        return said(error)
    return None
