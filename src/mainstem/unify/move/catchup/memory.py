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
from mainstem.unify.plan.names import text_sql

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.plan.model import Plan

    Connection = psycopg.Connection[TupleRow]

KIND = "catch-up"
#: keys of source tables' rows: what changed since it was carried over, what a pass holds back, and
#: what it finds to stand elsewhere now
KEYS = ("changed", "held", "facts")
#: from so many keys on a plan needs to know that they are many
_ANALYZE_MIN = 1_000


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
    connection.execute(
        f"create schema {memory.staging_schema};"
        f" revoke all on schema {memory.staging_schema} from public;"
        + ";".join(
            f" create unlogged table {_keys(memory, kind)} (source_table text, _key text,"
            " primary key (source_table, _key)) with (autovacuum_enabled = off)"
            for kind in KEYS
        )
    )
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


def mark_pending(
    connection: Connection, memory: Run, tables: Iterable[str], *, is_full: bool
) -> None:
    """Note that rows of tables are to be carried over: all, or those that `changed` names."""
    was_full = read_pending(connection, memory)
    for table in tables:
        detail = {"full": is_full or was_full.get(table, False)}
        store.save_step(connection, memory.id, name=f"pending {table}", position=2, detail=detail)


def clear_pending(connection: Connection, memory: Run, plan: Plan, held: Iterable[str]) -> None:
    """Everything was carried over but the rows that `held` names, of these tables."""
    store.forget_steps(connection, memory.id, [f"pending {table.name}" for table in plan.moved()])
    forget_keys(connection, memory, "changed")
    mark_pending(connection, memory, held, is_full=False)
    connection.execute(
        f"insert into {_keys(memory, 'changed')} select * from {_keys(memory, 'held')}"
    )
    for kind in ("held", "facts"):
        forget_keys(connection, memory, kind)


def others_of(memory: Run, target: str) -> str:
    """The rows of a target that the run did not bring, as SQL; a view while rows are staged."""
    return own_table(memory, "others", target)


def keys_of(memory: Run, kind: str, table: str) -> str:
    """A query of the keys of a source table's rows."""
    return f"select _key from {_keys(memory, kind)} where source_table = {text_sql(table)}"


def add_keys(connection: Connection, memory: Run, kind: str, table: str, *, query: str) -> int:
    """Add what a query gives as `_key`; how many there were not before."""
    count = connection.execute(
        f"insert into {_keys(memory, kind)} select {text_sql(table)}, x._key"
        f" from (\n{query}\n) as x (_key) on conflict do nothing"
    ).rowcount
    if count >= _ANALYZE_MIN:
        connection.execute(f"analyze {_keys(memory, kind)}")
    return count


def forget_keys(connection: Connection, memory: Run, kind: str) -> None:
    """Remove all keys of a kind; to truncate an empty table would make its files anew."""
    name = _keys(memory, kind)
    row = connection.execute(f"select exists (select from {name})").fetchone()
    if row is not None and row[0]:
        connection.execute(f"truncate {name}")


def _keys(memory: Run, kind: str) -> str:
    return f"{memory.staging_schema}.{kind}"
