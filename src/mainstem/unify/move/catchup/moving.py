"""Rows whose keys change: rows of the same cycle that point at them do not find them any more.

A row's new key stays when it goes to another tenant, but foreign keys take the tenant along. Rows
of later targets follow by their maps; in a cycle, and within one table, some were brought up to
date before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.move.statements import target_name
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.move.catchup.context import Carry


def note_moved(carry: Carry, target: TargetTable, *, value: str, wanted: Mapping[str, str]) -> None:
    """Remember what foreign keys point at of the rows that are about to be updated.

    `value` is how the maps name a row `t` of the target; `wanted` what each of its columns becomes,
    over `t` and the wanted row `w`.
    """
    moved, want = moved_name(carry, target), carry.own("want", target.name)
    columns = [name for name in _pointed_at(carry, target) if name in wanted]
    old = ", ".join(f"t.{name_sql(name)}" for name in columns)
    new = ", ".join(wanted[name] for name in columns)
    carry.connection.execute(f"drop table if exists {moved}")
    if columns:
        carry.connection.execute(
            f"create unlogged table {moved} as select t.* from {target_name(target)} as t"
            f" join {want} as w on {value} = w._new"
            f" where w._op = 'update' and ({old}) is distinct from ({new})"
        )


def moved_name(carry: Carry, target: TargetTable) -> str:
    """The table of such rows as they were, as SQL; it is there where some were looked for."""
    return carry.own("moved", target.name)


def _pointed_at(carry: Carry, target: TargetTable) -> list[str]:
    """The columns that foreign keys of the plan's targets point at."""
    keys = [key for other in carry.maps.targets.values() for key in other.table.foreign_keys]
    return [
        *dict.fromkeys(
            column for key in keys if key.parent == target.name for column in key.parent_columns
        )
    ]
