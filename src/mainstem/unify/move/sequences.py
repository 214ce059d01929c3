"""Counters of the targets, set past the highest key that was loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.ledger import store
from mainstem.unify.move.statements import target_name
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.ledger.rows import Run

    Connection = psycopg.Connection[TupleRow]

STEP = "sequences"


def advance_sequences(connection: Connection, run: Run, targets: Sequence[TargetTable]) -> None:
    """Set each counter past the highest value; what it was before is kept for undo."""
    before: dict[str, list[object]] = {}
    for target in targets:
        counter = target.table.counter
        if counter is None:
            continue
        name = _sequence(connection, target, counter)
        if name is None:
            continue
        row = connection.execute(f"select last_value, is_called from {name}").fetchone()
        highest = connection.execute(
            f"select max({name_sql(counter)}) from {target_name(target)}"
        ).fetchone()
        if row is not None and highest is not None and highest[0] is not None:
            before[name] = list(row)
            connection.execute("select setval(%s, greatest(%s, %s))", (name, highest[0], row[0]))
    store.save_step(connection, run.id, name=STEP, position=4, detail=before)


def restore_sequences(connection: Connection, run: Run) -> None:
    """Set the counters back to where they were."""
    step = store.read_step(connection, run.id, STEP)
    if step is None or not isinstance(step.detail, dict):
        return
    for name, (last_value, is_called) in step.detail.items():
        connection.execute("select setval(%s, %s, %s)", (name, last_value, is_called))


def _sequence(connection: Connection, target: TargetTable, column: str) -> str | None:
    row = connection.execute(
        "select pg_get_serial_sequence(%s, %s)", (target_name(target), column)
    ).fetchone()
    return None if row is None else row[0]
