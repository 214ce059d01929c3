"""What a run did, for people and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.files.ledger import notes as file_notes
from mainstem.unify.ledger import store
from mainstem.unify.move.backup import STEP, BackedUp
from mainstem.unify.report import Report, TableResult

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.move.run import Outcome

_COLUMNS_SHOWN_MAX = 10


def report_of(connection: psycopg.Connection[TupleRow], outcome: Outcome) -> Report:
    """The report of a run; ledger and quarantine are read from the connection as they are used."""
    run = outcome.run
    return Report(
        tables=[
            TableResult(
                account.source_table,
                account.source_rows,
                account.loaded,
                account.merged,
                account.quarantined,
                account.dropped,
                account.conversions,
            )
            for account in outcome.accounts
        ],
        ledger=store.read_ledger(connection, run.id),
        quarantine=store.read_quarantine(connection, run.id),
        not_carried=outcome.not_carried,
        notes=_notes(connection, run.id),
        waiting=_waiting(connection, run.id),
    )


def _waiting(connection: psycopg.Connection[TupleRow], run_id: int) -> dict[tuple[str, str], int]:
    rows = connection.execute(
        "select source_table, coalesce(column_name || ': ', '') || reason, count(*)"
        " from unify.quarantine where run_id = %s group by 1, 2",
        (run_id,),
    )
    return {(table, reason): count for table, reason, count in rows}


def _notes(connection: psycopg.Connection[TupleRow], run_id: int) -> list[str]:
    """What else a person should know: decisions, further tables, how to take it back."""
    dropped = [
        row[0]
        for row in connection.execute(
            "select source_table || '.' || column_name from unify.decision"
            " where run_id = %s and action = 'drop column' order by 1",
            (run_id,),
        )
    ]
    notes = []
    if dropped:
        shown = ", ".join(dropped[:_COLUMNS_SHOWN_MAX])
        more = f" and {len(dropped) - _COLUMNS_SHOWN_MAX} more"
        notes.append(
            f"Dropped by decision: {shown}{more if len(dropped) > _COLUMNS_SHOWN_MAX else ''}."
        )
    for table, target, rows in connection.execute(
        "select source_table, target_schema || '.' || target_table, row_count"
        " from unify.also_result where run_id = %s order by 1, 2",
        (run_id,),
    ):
        notes.append(f"{target} got {rows:,} rows for {table}.")
    notes += file_notes(connection, run_id)
    backup = store.read_step(connection, run_id, STEP)
    if backup is not None and isinstance(backup.detail, dict):
        notes.append(f"Backup: {BackedUp(**backup.detail)}.")
    notes.append(f"Run {run_id}; `mainstem unify undo {run_id}` takes it back.")
    return notes
