"""A part of the staged rows, for a rehearsal: no row that stays points at one that goes.

Of each table a share of the rows is chosen by a hash of their keys, and every row that those point
at, and so on. What points at nothing in its source stays as it is: that is what a rehearsal shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from mainstem.unify.ledger import store
from mainstem.unify.move.maps import own_table
from mainstem.unify.move.stage import stage_name
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.move.run import Move
    from mainstem.unify.plan.model import PlannedTable, Reference

    Connection = psycopg.Connection[TupleRow]

STEP = "sample"
#: hashes of keys are compared with so many parts of the whole
_PARTS = 10_000
#: rounds until every row that is pointed at stays: the longest way of references
_ROUNDS_MAX = 1000


def keep_sample(move: Move, run: Run, share: float) -> None:
    """Take the other rows out of staging, and out of the account; commits."""
    connection = move.session.main
    if store.read_step(connection, run.id, STEP) is not None:
        return
    tables = list(move.plan.moved())
    for table in tables:
        _choose(connection, run, table, share)
    for _ in range(_ROUNDS_MAX):
        if not sum(_follow(connection, run, table, move) for table in tables):
            break
    for table in tables:
        _remove(connection, run, table)
    store.save_step(connection, run.id, name=STEP, position=1)
    connection.commit()


def _choose(connection: Connection, run: Run, table: PlannedTable, share: float) -> None:
    kept, staged = own_table(run, "kept", table.name), own_table(run, "stage", table.name)
    connection.execute(
        f"create unlogged table {kept} (_key text primary key);"
        f" insert into {kept} select _key from {staged}"
        f" where (hashtextextended(_key, 0) & 2147483647) % {_PARTS} < {round(share * _PARTS)}"
    )


def _follow(connection: Connection, run: Run, table: PlannedTable, move: Move) -> int:
    """Keep the rows that kept rows point at; how many were added."""
    added = 0
    kept, staged = own_table(run, "kept", table.name), own_table(run, "stage", table.name)
    for name, reference in _references(table):
        parent = move.plan.table(reference.table)
        if parent.into is None:
            continue
        by = f"p.{name_sql(reference.column)}::text" if reference.column is not None else "p._key"
        added += connection.execute(
            f"insert into {own_table(run, 'kept', parent.name)} select distinct p._key"
            f" from {kept} as k join {staged} as s using (_key)"
            f" join {own_table(run, 'stage', parent.name)} as p"
            f" on {by} = s.{name_sql(name)}::text on conflict do nothing"
        ).rowcount
    return added


def _references(table: PlannedTable) -> Iterator[tuple[str, Reference]]:
    for column in table.columns:
        if column.reference is not None:
            yield column.name, column.reference


def _remove(connection: Connection, run: Run, table: PlannedTable) -> None:
    kept, staged = own_table(run, "kept", table.name), own_table(run, "stage", table.name)
    removed = connection.execute(
        f"delete from {staged} as s where not exists"
        f" (select from {kept} as k where k._key = s._key)"
    ).rowcount
    connection.execute(f"drop table {kept}")
    step = store.read_step(connection, run.id, stage_name(table.name))
    detail = dict(step.detail) if step is not None and isinstance(step.detail, dict) else {}
    detail["source_rows"] = detail.get("source_rows", 0) - removed
    connection.execute(
        "update unify.step set row_count = row_count - %s, detail = %s"
        " where run_id = %s and name = %s",
        (removed, Jsonb(detail), run.id, stage_name(table.name)),
    )
    connection.execute(
        "delete from unify.ledger as l where run_id = %s and source_table = %s"
        f" and not exists (select from {staged} as s where s._key = l.key)",
        (run.id, table.name),
    )
