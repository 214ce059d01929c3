"""The account of a source table: each row of it has one outcome, or nothing of the step is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.errors import UnifyError
from mainstem.unify.ledger import store
from mainstem.unify.ledger.rows import Account

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import LegacyMap

    Connection = psycopg.Connection[TupleRow]


def count_account(
    connection: Connection, run_id: int, found: LegacyMap, staged_by: int, *, into: str | None
) -> Account:
    """Count the outcomes of a table's rows from its map, the quarantine and the ledger.

    `staged_by`: the run that staged the rows, and says how many the source has.

    Raises UnifyError when they do not sum to the source's rows.
    """
    table = found.source_table
    row = connection.execute(
        "select count(*) filter (where outcome = 'l'), count(*) filter (where outcome = 'm'),"
        " count(*) filter (where outcome = 'd'),"
        " (select count(*) from unify.quarantine"
        "  where run_id = %(run)s and source_table = %(table)s),"
        " (select count(*) from unify.ledger"
        "  where run_id = %(run)s and source_table = %(table)s)"
        f" from unify.{found.partition}",
        {"run": run_id, "table": table},
    ).fetchone()
    assert row is not None
    step = store.read_step(connection, staged_by, f"stage {table}")
    detail = step.detail if step is not None else None
    source_rows = int(detail["source_rows"]) if isinstance(detail, dict) else 0
    account = Account(
        table,
        into,
        source_rows,
        loaded=row[0],
        merged=row[1],
        dropped=row[2],
        quarantined=row[3],
        conversions=row[4],
    )
    if account.missing:
        raise UnifyError(
            f"{account.missing} of {source_rows} rows of {table} have no outcome: {row[0]} loaded, "
            f"{row[1]} merged, {row[3]} quarantined, {row[2]} dropped; nothing of this was kept"
        )
    return account
