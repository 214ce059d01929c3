"""Targets that point at each other: they are settled together, once all of them are loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.unify.move.templates import find_places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.plan.model import Plan

#: target -> targets that its rows point at or that must be loaded before it
Needs = dict[str, set[str]]


@dataclass(frozen=True)
class Cycle:
    """Targets each of which leads to every other, in the order in which they are loaded."""

    targets: tuple[TargetTable, ...]

    @property
    def step(self) -> str:
        """The step that takes out the rows which lead nowhere after all."""
        return f"settle {', '.join(target.name for target in self.targets)}"

    @property
    def loads(self) -> frozenset[str]:
        """The steps that load its tables."""
        return frozenset(f"load {target.name}" for target in self.targets)

    def __contains__(self, target: str | None) -> bool:
        """Whether the target of that name belongs to it."""
        return any(one.name == target for one in self.targets)


def find_cycles(plan: Plan, order: Sequence[TargetTable]) -> list[Cycle]:
    """The cycles among the targets, which are given in the order in which they are loaded."""
    needs = _needs(plan, {target.name: target for target in order})
    reached = {name: set(_reached(needs, name)) for name in needs}
    cycles: dict[tuple[str, ...], Cycle] = {}
    for name in needs:
        together = [t for t in order if t.name in reached[name] and name in reached[t.name]]
        if len(together) > 1:
            cycles.setdefault(tuple(t.name for t in together), Cycle(tuple(together)))
    return list(cycles.values())


def parents_first(plan: Plan, order: Sequence[TargetTable]) -> list[TargetTable]:
    """The targets in an order in which those that foreign keys point at come first, too.

    A row may name another by any unique value of it, for which its select reads no map. Within a
    cycle, which no order suits, the given one stays.
    """
    needs = _needs(plan, {target.name: target for target in order})
    reached = {name: set(_reached(needs, name)) for name in needs}
    found: list[TargetTable] = []
    left = list(order)
    while left:
        waiting = {target.name for target in left}
        ready = next(
            target
            for at, target in enumerate(left)
            if not any(
                target.name not in reached[name] or _comes_before(name, left[:at])
                for name in needs[target.name] & waiting
            )
        )
        left.remove(ready)
        found.append(ready)
    return found


def _comes_before(name: str, targets: Sequence[TargetTable]) -> bool:
    return any(target.name == name for target in targets)


def _needs(plan: Plan, targets: Mapping[str, TargetTable]) -> Needs:
    needs: Needs = {
        name: {key.parent for key in target.table.foreign_keys if key.parent in targets} - {name}
        for name, target in targets.items()
    }
    into = {table.name: table.into for table in plan.moved()}
    for select in plan.selects:
        for place in find_places(select.text):
            target, parent = into[select.source_table], into.get(place.table)
            if place.kind == "map" and target is not None and parent is not None:
                needs[target] |= {parent} - {target}
    return needs


def _reached(needs: Needs, start: str) -> Iterator[str]:
    found: set[str] = set()
    frontier = needs[start]
    while frontier:
        found |= frontier
        frontier = {to for at in frontier for to in needs[at]} - found
    yield from found
