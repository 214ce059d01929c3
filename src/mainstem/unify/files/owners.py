"""Whose folder a name begins with: old keys of rows, and the ids that they have now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.errors import ConfigError
from mainstem.kit.naming import did_you_mean

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.files.model import Files
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.plan.model import Plan


def read_owners(
    connection: psycopg.Connection[TupleRow], run: Run, plan: Plan, files: Files
) -> dict[str, str]:
    """The rows of the owner's table that were loaded, or merged into one that was.

    Raises ConfigError when the plan moves no such table.
    """
    if files.owner is None:
        return {}
    name = f"{files.source}.{files.owner}" if files.source else files.owner
    moved = [table.name for table in plan.moved()]
    if name not in moved:
        raise ConfigError(
            f"files: owner names table {files.owner}, which the plan does not move"
            + did_you_mean(name, moved)
        )
    rows = connection.execute(
        "select old_id, coalesce(new_id::text, new_key) from unify.legacy_id"
        " join unify.legacy_map using (map_id) where run_id = %s and source_table = %s"
        " and role = 'main' and outcome in ('l', 'm')",
        (run.id, name),
    ).fetchall()
    return dict(rows)
