"""The levels below a tenant that callers are known by: its clients, its people, its workspaces.

A level is a domain that a claim or a look-up names. To try a border between two of one level, rows
are made beside a tenant's own: alike in every other level, and of another one in this level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mainstem.unify.catalog.database import ObjectName
    from mainstem.unify.isolation.facts import Spot
    from mainstem.unify.isolation.study import Study
    from mainstem.unify.isolation.tables import Table

LEVELS_MAX: Final = 5
#: words of a column that claims are compared with, such as the apps, that rows are made for
_WORDS_MAX: Final = 2


@dataclass(frozen=True)
class Level:
    """One level.

    Attributes:
        domain: what its values are; None where rows differ in words that claims are compared with.
        shared: the other levels, which rows on either side of its border have in common.
        apart: tables of members that would put a person on both sides.
        word: which of a column's words.
    """

    domain: Spot | None
    shared: frozenset[Spot]
    apart: frozenset[ObjectName] = frozenset()
    word: int = 0

    def kind(self, words: Mapping[str, Sequence[str]]) -> dict[str, str | None]:
        """The words of a row on the other side: column -> one of those that claims know."""
        if self.domain is not None:
            return {}
        return {name: known[self.word % len(known)] for name, known in words.items()}


class Levels:
    """The levels of a database, and which of them lies below which."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._domains = sorted(_known(study))
        self._owning: dict[ObjectName, frozenset[Spot]] = {}
        homes = {domain: self._home(domain) for domain in self._domains}
        holding = {domain: self._owned_by(home, ()) for domain, home in homes.items()}
        self._above = {
            domain: frozenset(
                other for other in holding[domain] - {domain} if domain not in holding[other]
            )
            for domain in self._domains
        }

    def is_below(self, domain: Spot) -> bool:
        """Whether what it names belongs to something of another level."""
        return bool(self._above.get(domain))

    def list(self) -> list[Level]:
        """The levels that differ within something they have in common."""
        found = []
        for domain in self._domains:
            shared = frozenset(
                other
                for other in self._domains
                if other != domain and domain not in self._above[other]
            )
            if shared:
                found.append(Level(domain, shared, frozenset(self._apart(domain, shared))))
        everything = frozenset(self._domains)
        words = [Level(None, everything, word=number) for number in range(_WORDS_MAX)]
        return [*found[:LEVELS_MAX], *words]

    def _home(self, domain: Spot) -> ObjectName:
        """The table whose key the domain is; where there is none, some table that has it."""
        having = [spot for spot in self._spots(domain) if spot[1] in self._tables[spot[0]].key]
        first = [spot for spot in having if not self._study.domains.is_referring(spot)]
        return next(iter([*first, *having, domain]))[0]

    def _spots(self, domain: Spot) -> Iterator[Spot]:
        for table in self._tables.values():
            for name in table.columns:
                if self._study.domains.of((table.name, name)) == domain:
                    yield table.name, name

    def _owned_by(self, name: ObjectName, path: tuple[ObjectName, ...]) -> frozenset[Spot]:
        """The levels that a table's rows belong to, by their columns and what they point to."""
        if name in path or name not in self._tables:
            return frozenset()
        table = self._tables[name]
        found = frozenset(self._own(table))
        for reference in table.references:
            found |= self._owned_by(reference.target, (*path, name))
        return found

    def _own(self, table: Table) -> Iterator[Spot]:
        for name in table.columns:
            domain = self._study.domains.of((table.name, name))
            if domain in self._domains:
                yield domain

    def _apart(self, domain: Spot, shared: frozenset[Spot]) -> Iterator[ObjectName]:
        for table in self._study.seeded.values():
            people = {self._study.domains.of((table.name, c)) for c in self._study.members(table)}
            if people & shared and domain in set(self._own(table)):
                yield table.name

    @property
    def _tables(self) -> Mapping[ObjectName, Table]:
        return self._study.tables


def _known(study: Study) -> set[Spot]:
    """The domains that claims are compared with, or that look-ups for a caller return."""
    spots = study.domains.identities | {
        spot for spot in study.facts.looked_up if study.domains.is_key(spot)
    }
    seeded = {spot for spot in spots if spot[0] in study.seeded}
    return {study.domains.of(spot) for spot in seeded if study.domains.is_shared(spot)}
