"""The account of a source table: each row of it has one outcome, or nothing of the step is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.errors import UnifyError
from mainstem.unify.ledger import store
from mainstem.unify.ledger.rows import Account
from mainstem.unify.plan.names import text_sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import LegacyMap

    Connection = psycopg.Connection[TupleRow]


def count_accounts(
    connection: Connection, run_id: int, into: Mapping[LegacyMap, str | None], *, staged_by: int
) -> list[Account]:
    """Count the outcomes of tables' rows from their maps, the quarantine and the ledger.

    `into`: each table's map, and what its target is called.
    `staged_by`: the run that staged the rows, and says how many the source has.

    Raises UnifyError when they do not sum to the source's rows.
    """
    if not into:
        return []
    counts = " union all ".join(_counts(found, run_id) for found in into)
    rows = {row[0]: row[1:] for row in connection.execute(counts.encode())}
    names = [f"stage {one.source_table}" for one in into]
    steps = store.read_steps(connection, staged_by, names)
    found = []
    for one, target in into.items():
        table = one.source_table
        step = steps.get(f"stage {table}")
        detail = step.detail if step is not None else None
        source_rows = int(detail["source_rows"]) if isinstance(detail, dict) else 0
        account = Account(table, target, source_rows, *rows[one.map_id])
        if account.missing:
            raise UnifyError(
                f"{account.missing} of {source_rows} rows of {table} have no outcome: "
                f"{account.loaded} loaded, {account.merged} merged, {account.quarantined} "
                f"quarantined, {account.dropped} dropped; nothing of this was kept"
            )
        found.append(account)
    return found


def _counts(found: LegacyMap, run_id: int) -> str:
    """A query of a map's number, and rows: loaded, merged, quarantined, dropped, converted."""
    mine = f"run_id = {run_id} and source_table = {text_sql(found.source_table)}"
    return (
        f"select {found.map_id}, count(*) filter (where outcome = 'l'),"
        " count(*) filter (where outcome = 'm'),"
        f" (select count(*) from unify.quarantine where {mine}),"
        " count(*) filter (where outcome = 'd'),"
        f" (select count(*) from unify.ledger where {mine}) from unify.{found.partition}"
    )
