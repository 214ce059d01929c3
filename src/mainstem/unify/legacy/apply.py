"""Makes the views in the target: written, tried, commented, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

from mainstem.errors import UnifyError
from mainstem.pg.connect import clear_errors
from mainstem.unify.catalog.read_database import read_database
from mainstem.unify.legacy.design import design
from mainstem.unify.legacy.elsewhere import prove_elsewhere
from mainstem.unify.legacy.probe import Tried, Verdict, probe
from mainstem.unify.legacy.sql import operations, schema_sql, view_sql
from mainstem.unify.legacy.use import look
from mainstem.unify.plan.names import text_sql
from mainstem.unify.verify.isolation import obstacle

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.database import Database
    from mainstem.unify.legacy.model import LegacyView, Skipped
    from mainstem.unify.plan.model import Plan

    Connection = psycopg.Connection[TupleRow]


@dataclass(frozen=True)
class Made:
    """What was made: each view with what the tries showed, and the tables without one."""

    views: tuple[tuple[LegacyView, tuple[Tried, ...]], ...]
    skipped: tuple[Skipped, ...]
    #: what the isolation proof says, where its callers are those that tried them
    proof: str | None = None


def legacy_sql(plan: Plan, target: Database, schema: str) -> str:
    """All views of a plan as SQL, to read or to put into a migration."""
    views, skipped = design(plan, target)
    parts = [schema_sql(schema)]
    for view in views:
        base = target.by_name[view.table]
        parts.append(f"\n-- {view.name}: {', '.join(operations(view))}\n")
        parts.append(view_sql(view, base, schema))
    parts += [f"\n-- no view for {one.name}: {one.reason}\n" for one in skipped]
    return "".join(parts)


def apply_legacy(connection: Connection, plan: Plan, schema: str) -> Made:
    """Make the views of a plan and try them; nothing is committed.

    Raises:
        UnifyError: one tenant reaches another's row through a view. Nothing may be kept then.
        ServerError: the database refuses something.
    """
    target = read_database(connection, name="the target")
    views, skipped = design(plan, target)
    with clear_errors("make the legacy views"):
        connection.execute("set local client_min_messages = warning")
        connection.execute(schema_sql(schema).encode())
        for view in views:
            connection.execute(view_sql(view, target.by_name[view.table], schema).encode())
        foreign = obstacle(connection)
        proven = prove_elsewhere(connection, views, schema) if foreign is not None else None
        tried = tuple(
            (view, proven.tried[view.name] if proven else probe(connection, view, schema))
            for view in views
        )
        leaks = [
            f"{schema}.{view.name} ({one.operation}: {one.reason})"
            for view, found in tried
            for one in found
            if one.verdict is Verdict.LEAKS
        ]
        leaks += proven.leaks if proven is not None else ()
        if leaks:
            raise UnifyError(f"views leak and were not kept: {', '.join(leaks)}")
        for view, found in tried:
            _comment(connection, view, found, schema)
        look(connection, schema)
        connection.execute("select pg_notify('pgrst', 'reload schema')")  # data APIs read it anew
    return Made(tried, skipped, f"{foreign}: {proven.said}" if proven is not None else None)


def _comment(
    connection: Connection, view: LegacyView, tried: tuple[Tried, ...], schema: str
) -> None:
    """Say on the view what it stands for and what it can do."""
    refused = {one.operation for one in tried if one.verdict is Verdict.REFUSED}
    can = [one for one in operations(view) if one not in refused]
    how = "tried" if any(one.verdict is Verdict.WORKS for one in tried) else "by its shape, untried"
    gone = [one.name for one in view.columns if one.origin.value.startswith("nothing")]
    text = f"Old name of {view.table}. Can ({how}): {', '.join(can)}."
    if gone:
        text += f" Always null, cannot be written: {', '.join(gone)}."
    name = sql.Identifier(schema, view.name)
    comment = sql.SQL("comment on view {} is {}").format(name, sql.SQL(text_sql(text)))
    connection.execute(comment)
