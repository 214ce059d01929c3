"""What is remembered of the sources between passes: their rows as staged, and what is to do yet.

The memory is a run of its own in the ledger (kind `catch-up`, named by the number of the run that
it belongs to): its schema holds the staged rows, its ledger and quarantine what happened to them
while they were staged. Nothing of it counts until a pass carries it over. All of it can be made
anew from the sources, so that its tables are unlogged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.ledger import store
from mainstem.unify.move.maps import own_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.plan.model import Plan

    Connection = psycopg.Connection[TupleRow]

KIND = "catch-up"


def find_memory(connection: Connection, run: Run) -> Run | None:
    """The memory of a run; None before its first pass."""
    found = store.runs_named(connection, str(run.id), kind=KIND)
    return found[0] if found else None


def make_memory(connection: Connection, run: Run) -> Run:
    """An empty memory; does not commit."""
    memory = store.create_run(
        connection,
        kind=KIND,
        name=str(run.id),
        plan_sha256=run.plan_sha256,
        source={},
        schema_name=run.schema_name,
    )
    connection.execute(f"create schema {memory.staging_schema}")
    connection.execute(f"revoke all on schema {memory.staging_schema} from public")
    return memory


def forget_memory(connection: Connection, run: Run) -> None:
    """Drop what is remembered for a run, if anything; does not commit."""
    memory = find_memory(connection, run)
    if memory is not None:
        connection.execute(f"drop schema if exists {memory.staging_schema} cascade")
        store.forget_run(connection, memory.id)


def read_pending(connection: Connection, memory: Run) -> dict[str, bool]:
    """Source tables with rows that no pass has carried over yet, and whether that is all rows."""
    return {
        name.removeprefix("pending "): isinstance(step.detail, dict) and bool(step.detail["full"])
        for name, step in store.read_steps(connection, memory.id).items()
        if name.startswith("pending ")
    }


def mark_pending(connection: Connection, memory: Run, table: str, *, is_full: bool) -> None:
    """Note that rows of a table are to be carried over: all, or those that `changed x` names."""
    was_full = read_pending(connection, memory).get(table, False)
    detail = {"full": is_full or was_full}
    store.save_step(connection, memory.id, name=f"pending {table}", position=2, detail=detail)
    make_keys(connection, memory, "changed", table)


def clear_pending(connection: Connection, memory: Run, plan: Plan, held: Iterable[str]) -> None:
    """Everything was carried over but the rows that `held x` names, of these tables."""
    store.forget_steps(connection, memory.id, [f"pending {table.name}" for table in plan.moved()])
    for table in plan.moved():
        changed = make_keys(connection, memory, "changed", table.name)
        connection.execute(f"truncate {changed}")
        if table.name in held:
            kept = own_table(memory, "held", table.name)
            connection.execute(f"insert into {changed} select _key from {kept}")
            mark_pending(connection, memory, table.name, is_full=False)


def others_of(memory: Run, target: str) -> str:
    """The rows of a target that the run did not bring, as SQL; a view while rows are staged."""
    return own_table(memory, "others", target)


def make_keys(
    connection: Connection, memory: Run, kind: str, table: str, *, is_new: bool = False
) -> str:
    """A table of keys of a source table's rows, made where it is missing; its name as SQL."""
    name = own_table(memory, kind, table)
    connection.execute(
        f"create unlogged table if not exists {name} (_key text primary key)"
        " with (autovacuum_enabled = off)"
    )
    if is_new:
        connection.execute(f"truncate {name}")
    return name
