"""The search for values that a table takes: turned further by every refusal of the server."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING, Final

from mainstem.unify.isolation.values import Candidate, candidates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mainstem.unify.isolation.domains import Domains
    from mainstem.unify.isolation.facts import Spot
    from mainstem.unify.isolation.tables import Table

ATTEMPTS_MAX: Final = 400


@dataclass(frozen=True)
class Turn:
    """What to choose otherwise: candidates by column, references left out or led elsewhere."""

    choice: dict[str, int]
    nulled: frozenset[str]
    shifted: frozenset[str]


class Search:
    """The choice of values for one table, turned further by every refusal."""

    def __init__(
        self, table: Table, literals: Mapping[Spot, tuple[str, ...]], domains: Domains
    ) -> None:
        self._table = table
        shared = {c for c in table.columns if domains.is_shared((table.name, c))}
        own_keys = {c for r in table.references if r.target == table.name for c in r.columns}
        self.options: dict[str, list[Candidate]] = {
            column.name: candidates(
                column, literals.get((table.name, column.name), ()), table.bounds(column.name)
            )
            for column in table.columns.values()
            if column.name not in shared | own_keys and not column.is_generated
        }
        self._anchors = {c for c in shared if domains.of((table.name, c)) == (table.name, c)}
        for name in self._anchors:
            found = candidates(table.columns[name], literals.get((table.name, name), ()))
            self.options[name] = [found[0], *found]
        self._choice = dict.fromkeys(self.options, 0)
        self._nullable = {c for c in shared if table.columns[c].is_nullable}
        self._shared = shared
        #: optional references that are left out, and those that lead to the next cast's rows
        self.nulled: frozenset[str] = frozenset()
        self.shifted: frozenset[str] = frozenset()
        self._paths: dict[str, Iterator[Turn]] = {}

    def value(self, column: str, number: int) -> str | None:
        """The chosen value."""
        return self.options[column][self._choice[column]](number)

    def is_replaced(self, column: str) -> bool:
        """Whether a value is chosen in the place of a key that a check refused."""
        return column in self._anchors and self._choice[column] > 0

    def turn(self, violated: str, column: str) -> bool:
        """Choose otherwise for the columns of what refused; False when all was tried."""
        about = violated or column
        if about not in self._paths:
            names = self._table.checks.get(violated) or self._table.uniques.get(violated)
            names = names or tuple(filter(None, [column]))
            self._paths[about] = self._choices(names) if names else self._single_choices()
        found = next(self._paths[about], None)
        if found is None:
            return False
        self._choice |= found.choice
        self.nulled, self.shifted = found.nulled, found.shifted
        return True

    def _single_choices(self) -> Iterator[Turn]:
        """One column after the other, where the refusal names none."""
        for name, found in self.options.items():
            for number in range(1, len(found)):
                yield Turn({name: number}, self.nulled, self.shifted)

    def _choices(self, names: Sequence[str]) -> Iterator[Turn]:
        free = [name for name in names if name in self.options]
        optional = [name for name in names if name in self._nullable]
        numbers = product(*(range(len(self.options[name])) for name in free))
        tried = [dict(zip(free, chosen, strict=True)) for chosen in islice(numbers, ATTEMPTS_MAX)]
        for size in range(2 ** min(len(optional), 6)):
            left_out = frozenset(n for i, n in enumerate(optional) if size >> i & 1)
            for chosen in tried:
                if size or any(chosen.values()):
                    yield Turn(chosen, left_out, self.shifted)
        for name in names:
            if name in self._shared - self._anchors:
                yield Turn({}, self.nulled, frozenset({name}))
