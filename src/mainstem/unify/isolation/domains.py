"""Which columns hold the same thing: joined by foreign keys, by what policies compare, by name.

All columns of one domain have one value in the rows of one cast, so that whatever is looked up,
joined or compared for a tenant finds that tenant's rows, and no other's.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mainstem.unify.isolation.values import is_enumerated, kind_of_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mainstem.unify.catalog.database import ObjectName
    from mainstem.unify.isolation.facts import Facts, Spot
    from mainstem.unify.isolation.tables import Column, Table


class Domains:
    """A partition of all columns; `of` names the domain by one of its columns."""

    def __init__(
        self,
        tables: Mapping[ObjectName, Table],
        facts: Facts,
        *,
        literals: Mapping[Spot, tuple[str, ...]],
        tenant_column: str | None,
    ) -> None:
        self._tables = tables
        self._literals = literals
        self._above: dict[Spot, Spot] = {}
        self._referring: set[Spot] = set()
        for table in tables.values():
            for one, other in _references(table):
                self._join(one, other)
                self._referring.add(one)
        self.identities = frozenset(
            spot
            for source, spots in facts.sites.items()
            if not source.is_role
            for spot in spots
            if self.is_key(spot)
        )
        for source, spots in facts.sites.items():
            keys = [spot for spot in spots if self.is_key(spot)]
            for spot in keys if not source.is_role else ():
                self._join_alike(keys[0], spot)
        for one, other in facts.links:
            if self.is_key(one) and self.is_key(other):
                self._join_alike(one, other)
        self._join_by_name(tenant_column)
        self._above = {spot: self.of(spot) for spot in self._above}
        self._members = Counter(self.of((t.name, c)) for t in tables.values() for c in t.columns)

    def of(self, spot: Spot) -> Spot:
        """The column that stands for the domain."""
        while spot in self._above:
            spot = self._above[spot]
        return spot

    def is_shared(self, spot: Spot) -> bool:
        """Whether other columns hold the same, or the column names rows by itself."""
        table = self._tables[spot[0]]
        is_key = spot[1] in table.key and not is_enumerated(
            table.columns[spot[1]], self._literals.get(spot, ())
        )
        return is_key or self._members[self.of(spot)] > 1 or spot in self.identities

    def is_key(self, spot: Spot) -> bool:
        """Whether a column may name something: of a fitting type, and not one of a few words."""
        column = self.column(spot)
        if column is None or kind_of_key(column) is None:
            return False
        return not is_enumerated(column, self._literals.get(spot, ()))

    def is_referring(self, spot: Spot) -> bool:
        """Whether a foreign key leads from it to another table."""
        return spot in self._referring

    def column(self, spot: Spot) -> Column | None:
        """The column at a spot, where rows can be made."""
        table = self._tables.get(spot[0])
        return table.columns.get(spot[1]) if table is not None else None

    def _join(self, one: Spot, other: Spot) -> None:
        """Put two domains together; the one that a foreign key leads to stands for both."""
        top, base = self.of(one), self.of(other)
        if top != base:
            self._above[top] = base

    def _join_alike(self, one: Spot, other: Spot) -> None:
        kinds = set()
        for spot in (one, other, self.of(one), self.of(other)):
            column = self.column(spot)
            kinds.add(kind_of_key(column) if column is not None else None)
        if None in kinds or kinds == {"number", "text"} or {"number", "uuid"} <= kinds:
            return
        # what the type of fewest values can hold, the others can hold too
        first, second = sorted((one, other), key=self._strictness)
        self._join(second, first)

    def _strictness(self, spot: Spot) -> tuple[bool, bool]:
        column = self.column(self.of(spot))
        is_text = column is None or kind_of_key(column) == "text"
        return is_text, self.of(spot)[1] not in self._tables[self.of(spot)[0]].key

    def _join_by_name(self, tenant_column: str | None) -> None:
        """Columns named as those that say whose a row is, where no foreign key says it."""
        names = {spot[1] for spot in self.identities if spot[1] != "id"}
        if tenant_column is not None:
            names.add(tenant_column)
        for name in sorted(names):
            having = [
                (table.name, name)
                for table in self._tables.values()
                if name in table.columns and self.is_key((table.name, name))
            ]
            homes = Counter(self.of(spot) for spot in having if spot in self._referring)
            homes.update(self.of(spot) for spot in having if spot in self.identities)
            for spot in having if homes else ():
                if spot not in self._referring and spot not in self.identities:
                    self._join_alike(homes.most_common(1)[0][0], spot)
            if not homes:
                for spot in having[1:]:
                    self._join_alike(having[0], spot)


def _references(table: Table) -> Iterator[tuple[Spot, Spot]]:
    """The columns of foreign keys with what they point to; those to the table itself aside."""
    for reference in table.references:
        if reference.target != table.name:
            for own, target in zip(reference.columns, reference.target_columns, strict=True):
                yield (table.name, own), (reference.target, target)
