"""What an earlier process staged and a resumed run may not go on with.

A snapshot of a PostgreSQL source ends with its process: of a source that was not staged whole, what
is there, archives included, is as of another moment than what will be. A server that crashed has
emptied the staging tables. And rows that were merged across tables, some of which are staged again,
are not the same rows any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.ledger import store
from mainstem.unify.move.across import across_name, tables_of
from mainstem.unify.move.archive import forget_archives
from mainstem.unify.move.stage import forget_stage, stage_name, whole_stages
from mainstem.unify.plan.model import SourceKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mainstem.unify.ledger.rows import Run, Step
    from mainstem.unify.move.run import Move
    from mainstem.unify.plan.model import PlannedTable


def forget_stale(move: Move, run: Run, tables: Sequence[PlannedTable]) -> None:
    """Make undone what must be staged again, of tables that are not loaded yet; commits."""
    connection = move.session.main
    steps = store.read_steps(connection, run.id)
    whole = whole_stages(connection, run, tables, steps)
    stale = {table.name: table for table in tables if table.name not in whole}
    merges = [merge for merge in move.plan.merges if across_name(merge) in steps]
    merged = [table for merge in merges for table in tables_of(move.plan, merge)]
    known = -1
    while known < len(stale):  # tables of one source, and those merged with them, go together
        known = len(stale)
        for source in move.plan.sources:
            own = [table for table in tables if table.source == source.name]
            if source.kind is SourceKind.POSTGRES and not _is_one_moment(own, steps, stale):
                stale |= {table.name: table for table in own}
                forget_archives(move.plan, run, source)
        if any(table.name in stale for table in merged):
            stale |= {table.name: table for table in merged if table in tables}
    if any(table.name in stale for table in merged):
        store.forget_steps(connection, run.id, [across_name(merge) for merge in merges])
    for table in stale.values():
        if stage_name(table.name) in steps:
            forget_stage(connection, run, table)
    connection.commit()


def _is_one_moment(
    tables: Sequence[PlannedTable],
    steps: Mapping[str, Step],
    stale: Mapping[str, PlannedTable],
) -> bool:
    """Whether all tables of a source are staged, from one snapshot."""
    if any(table.name in stale for table in tables):
        return False
    details = [steps[stage_name(table.name)].detail for table in tables]
    return len({str(d.get("snapshot")) if isinstance(d, dict) else "" for d in details}) <= 1
