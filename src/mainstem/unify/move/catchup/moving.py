"""Rows whose keys change: rows of the same cycle that point at them do not find them any more.

A row's new key stays when it goes to another tenant, but foreign keys take the tenant along. Rows
of later targets follow by their maps; in a cycle, and within one table, some were brought up to
date before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.move.maps import new_key
from mainstem.unify.move.statements import map_key, target_name
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.move.catchup.context import Carry


def note_moved(
    carry: Carry, target: TargetTable, *, value: str, wanted: Mapping[str, str]
) -> frozenset[str]:
    """Remember the rows that are about to be updated in what foreign keys point at; in which of it.

    `value` is how the maps name a row `t` of the target; `wanted` what each of its columns becomes,
    over `t` and the wanted row `w`.
    """
    moved, want = moved_name(carry, target), carry.own("want", target.name)
    columns = [name for name in _pointed_at(carry, target) if name in wanted]
    differs = [f"t.{name_sql(name)} is distinct from {wanted[name]}" for name in columns]
    if not columns:
        return frozenset()
    carry.make(
        "moved",
        target.name,
        f"as select t.* from {target_name(target)} as t join {want} as w on {value} = w._new"
        f" where w._op = 'update' and ({' or '.join(differs)})",
    )
    row = carry.connection.execute(
        f"select {', '.join(f'bool_or({one})' for one in differs)} from {moved} as t"
        f" join {want} as w on {value} = w._new"
    ).fetchone()
    assert row is not None
    return frozenset(name for name, is_moved in zip(columns, row, strict=True) if is_moved)


def moved_name(carry: Carry, target: TargetTable) -> str:
    """The table of such rows as they were, as SQL; it is there where some were looked for."""
    return carry.own("moved", target.name)


def rows_pointing(carry: Carry, target: TargetTable) -> Iterator[str]:
    """Queries of the keys, as the maps have them, of rows whose parents go or are called otherwise.

    Of parents that were brought up to date before. Most children follow by their maps; those that
    find a parent by another value of it do not.
    """
    value, _ = map_key(target, new_key(target, carry.plan), "t")
    for key in target.table.foreign_keys:
        parent = carry.maps.targets.get(key.parent)
        if parent is None or parent == target:
            continue
        equal = " and ".join(
            f"t.{name_sql(child)} = p.{name_sql(column)}"
            for child, column in zip(key.columns, key.parent_columns, strict=True)
        )
        children = f"{target_name(target)} as t on {equal}"
        if moved_name(carry, parent) in carry.made:
            yield f"select {value} from {moved_name(carry, parent)} as p join {children}"
        doomed = carry.own("doomed", parent.name)
        if carry.holds(doomed):
            parent_value, _ = map_key(parent, new_key(parent, carry.plan), "p")
            yield (
                f"select {value} from {doomed} as d join {target_name(parent)} as p"
                f" on {parent_value} = d._new join {children}"
            )


def is_pointing_at_new(carry: Carry, target: TargetTable) -> bool:
    """Whether a table that the target's rows point at got rows, or other values, in this pass."""
    wants = {
        carry.own("want", key.parent)
        for key in target.table.foreign_keys
        if key.parent in carry.maps.targets
    }
    return any(
        carry.has_rows(f"select from {want} where _op in ('insert', 'update')")
        for want in wants
        if want in carry.made
    )


def rows_that_stay(carry: Carry, name: str) -> str:
    """A target's rows without those that go, as SQL; of any other table, and where all stay: "".

    `name` is the table as SQL: rows are taken out at the end of a pass only.
    """
    for target in carry.maps.targets.values():
        doomed = carry.own("doomed", target.name)
        if target_name(target) == name and carry.holds(doomed):
            value, _ = map_key(target, new_key(target, carry.plan), "t")
            goes = f"select from {doomed} as d where d._new = {value}"
            return f"(select t.* from {name} as t where not exists ({goes}))"
    return ""


def _pointed_at(carry: Carry, target: TargetTable) -> list[str]:
    """The columns that foreign keys of the plan's targets point at."""
    keys = [key for other in carry.maps.targets.values() for key in other.table.foreign_keys]
    return [
        *dict.fromkeys(
            column for key in keys if key.parent == target.name for column in key.parent_columns
        )
    ]
