"""Statements that everybody executes: prepared once, and forgotten at the end.

Planning takes most of the time of an attempt, and the plan is the same for everybody: it depends on
the role, which all people have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from psycopg import sql

from mainstem.checks.probe.rows import PLACE_TYPES

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.checks.probe.rows import Claims

_PREFIX: Final = "mainstem_probe_"


def prepare(connection: psycopg.Connection[TupleRow], name: str, statement: str) -> str:
    """Prepare a statement that names claims by their places; the name to execute it by."""
    # The plan is for everybody, however few rows there are: one for a person's claims would be made
    # for each of them. Psycopg must prepare nothing itself: it would forget ours with its own.
    made = f"prepare {_PREFIX}{name} ({PLACE_TYPES}) as {statement}"
    for command in ("set local plan_cache_mode = force_generic_plan", made):
        connection.execute(command.encode(), prepare=False)
    return f"{_PREFIX}{name}"


def execution(name: str, claims: Claims) -> str:
    """The statement that executes a prepared one with what a person claims."""
    return f"execute {name}({claims.listed})"


def forget(connection: psycopg.Connection[TupleRow]) -> None:
    """Remove what was prepared: unlike all else that the probe makes, it outlives a rollback."""
    found = connection.execute(
        "select name from pg_prepared_statements where starts_with(name, %s)", (_PREFIX,)
    ).fetchall()
    for (name,) in found:
        connection.execute(sql.SQL("deallocate {}").format(sql.Identifier(name)))
