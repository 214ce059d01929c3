"""Rows that cannot be called otherwise: others that stay as they are point at them.

A row that goes to another tenant takes its children along, and theirs. Where one of them was
changed by people, or is of a table that the plan does not fill, it stays, and so must the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainstem.unify.move.catchup.moving import moved_name
from mainstem.unify.move.dependents import POINTING_AT
from mainstem.unify.move.maps import also_name, new_key
from mainstem.unify.move.statements import map_key, target_name
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.move.catchup.context import Carry

#: of children of children
_ROUNDS_MAX: Final = 100
_SEEN, _PINS = "pg_temp.unify_seen", "pg_temp.unify_pin"


def find_pinned(carry: Carry, target: TargetTable, columns: frozenset[str]) -> str | None:
    """The rows of a target that must stay as they are, by what the maps call them, as a query.

    Of those that `note_moved` found to change in these columns; None: there are none.
    """
    if not columns:
        return None
    moved = moved_name(carry, target)
    value, _ = map_key(target, new_key(target, carry.plan), "t")
    named, _ = map_key(target, new_key(target, carry.plan), "m")
    for name in (_SEEN, _PINS):
        carry.connection.execute(f"drop table if exists {name}")
    carry.connection.execute(
        "create temporary table unify_seen as select 0 as round, t.tableoid as of, t.ctid as at,"
        f" {value} as root from {target_name(target)} as t where {value} in"
        f" (select {named} from {moved} as m)"
    )
    carry.connection.execute(
        "create temporary table unify_pin as select root from unify_seen limit 0"
    )
    frontier = {_Step(target_name(target), columns)}
    for number in range(1, _ROUNDS_MAX + 1):
        frontier = {child for step in frontier for child in _children(carry, step, number)}
        if not frontier:
            break
    return f"select root from {_PINS}" if carry.has_rows(f"select from {_PINS}") else None


@dataclass(frozen=True)
class _Step:
    """A table of which rows were reached, and the columns that are to change in them."""

    table: str
    columns: frozenset[str]


def _children(carry: Carry, step: _Step, number: int) -> Iterator[_Step]:
    """The rows that point at those of the last round by what changes; notes which are pins."""
    for _, child, columns, parents, _ in carry.connection.execute(
        POINTING_AT, ([step.table],)
    ).fetchall():
        pairs = list(zip(columns, parents, strict=True))
        changing = frozenset(own for own, of in pairs if of in step.columns)
        if not changing:
            continue
        equal = " and ".join(f"t.{name_sql(own)} = p.{name_sql(of)}" for own, of in pairs)
        found = carry.connection.execute(
            f"insert into {_SEEN} select distinct {number}, t.tableoid, t.ctid, s.root"
            f" from {_SEEN} as s join {step.table} as p on (p.tableoid, p.ctid) = (s.of, s.at)"
            f" join {child} as t on {equal} where s.round = {number - 1} and not exists"
            f" (select from {_SEEN} as o where (o.of, o.at, o.root) = (t.tableoid, t.ctid, s.root))"
        ).rowcount
        if not found:
            continue
        carry.connection.execute(
            f"insert into {_PINS} select s.root from {_SEEN} as s join {child} as t"
            f" on (t.tableoid, t.ctid) = (s.of, s.at)"
            f" where s.round = {number} and not {_follows(carry, child)}"
        )
        yield _Step(child, changing)


def _follows(carry: Carry, table: str) -> str:
    """The condition that a row `t` is one that a pass may write."""
    steps = {
        f"load {target.name}"
        for target in carry.maps.targets.values()
        if carry.is_same(target_name(target), table)
    } | {
        f"also {also_name(select)} from {select.source_table}"
        for select in carry.plan.selects
        if select.is_also and carry.is_same(also_name(select), table)
    }
    if carry.is_forced or not steps:
        return "true" if steps else "false"
    return f"({' or '.join(carry.untouched(step) for step in sorted(steps))})"
