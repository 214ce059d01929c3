"""Tables that point at each other: which references must be filled before their rows are there.

The id of such a row is not looked up in its table's map, which does not exist yet, but made from
its staged row, as it will be made when its table is loaded. Rows that then turn out to lead nowhere
are found once all tables of the cycle are loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.plan.model import PlannedTable

#: a reference: source table and column
Place = tuple[str, str]


def early_references(tables: Sequence[PlannedTable]) -> frozenset[Place]:
    """The references by which every cycle is cut; a row's way to its tenant is never one.

    Of a cycle whose ids cannot be made from staged rows nothing is cut: the run refuses it.
    """
    links = {
        (table.name, column): (table.into, parent.into)
        for table, column, parent in _references(tables)
        if table.into != parent.into
    }
    candidates = [
        (table.name, column)
        for table, column, parent in _references(tables)
        if column not in table.tenant_path[:1] and _can_be_made(parent)
    ]
    early: set[Place] = set()
    for place in candidates:
        if place not in links:
            continue
        child, parent = links[place]
        left = {link for other, link in links.items() if other not in early}
        if _leads(left, parent, child):
            early.add(place)
    return frozenset(early)


def _references(
    tables: Sequence[PlannedTable],
) -> Iterator[tuple[PlannedTable, str, PlannedTable]]:
    moved = {table.name: table for table in tables if table.into is not None}
    for table in moved.values():
        for column in table.columns:
            if column.reference is not None and column.reference.table in moved:
                yield table, column.name, moved[column.reference.table]


def _can_be_made(table: PlannedTable) -> bool:
    """Whether a row's new id follows from its staged row."""
    return table.id_kind in {"minted", "mixed", "rowid"} or (
        table.id_kind == "kept" and len(table.key) == 1
    )


def _leads(links: set[tuple[str | None, str | None]], start: str | None, end: str | None) -> bool:
    """Whether there is a way from one target to another."""
    reached, frontier = {start}, {start}
    while frontier:
        frontier = {to for at, to in links if at in frontier} - reached
        reached |= frontier
    return end in reached
