"""How much speaks for it that a name which nothing creates means a table that exists.

The missing table is known from its use only: its name, the columns that code names, the keys among
them, and the files. Each reason is worth points; a reason against takes points away, and some say
that the two cannot be the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from mainstem.kit.naming import referenced_name, same_table
from mainstem.kit.wording import listed
from mainstem.unify.audit.meaning import is_common_column, is_one_idea, name_words
from mainstem.unify.audit.provided import is_provided
from mainstem.unify.code.model import Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mainstem.unify.audit.usage import Usage
    from mainstem.unify.catalog.database import Database, ObjectName, Relation

#: below this, or with one reason only, nothing is said
POINTS_MIN = 4
_REASONS_MIN = 2
_OPTIONS_MAX = 3
_RARE_TABLES_MAX = 3
_WRITES = frozenset({Operation.INSERT, Operation.UPSERT})


@dataclass(frozen=True)
class Option:
    """An existing table that a missing name may mean, and the reasons."""

    table: Relation
    points: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Sighting:
    """A missing table as code shows it."""

    usage: Usage
    #: the columns that name another table, and the name
    references: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its name."""
        return name_words(self.usage.name.name)

    @property
    def telling_columns(self) -> tuple[str, ...]:
        """Its columns that not every table has, without those that name other tables."""
        return tuple(
            name
            for name in sorted(self.usage.columns)
            if not is_common_column(name) and name not in self.references
        )


@dataclass(frozen=True)
class Ground:
    """What missing tables are held against: the tables that exist, and what code does with them."""

    database: Database
    usages: Mapping[ObjectName, Usage]
    #: keys that are not there because their parent is missing too: table -> column -> parent
    lost_keys: Mapping[ObjectName, Mapping[str, ObjectName]] = field(default_factory=dict)

    @cached_property
    def spread(self) -> Counter[str]:
        """How many tables have a column of each name."""
        return Counter(column.name for table in self.database.tables for column in table.columns)

    @cached_property
    def word_spread(self) -> Counter[str]:
        """How many tables have a word in their names."""
        tables = self.database.tables
        return Counter(word for table in tables for word in set(name_words(table.name.name)))

    def has_twin(self, name: ObjectName) -> bool:
        """Whether a table has that name in another number or spelling: then it is what is meant."""
        return any(
            table.name.schema == name.schema and same_table(name.name, table.name.name)
            for table in self.database.tables
        )

    def parents(self, table: Relation) -> dict[str, ObjectName]:
        """Where the keys of a table lead, by their one column; those to owners left out."""
        keys = {
            key.columns[0]: key.parent
            for key in table.foreign_keys
            if key.parent is not None and len(key.columns) == 1
        }
        keys = {column: parent for column, parent in keys.items() if not is_provided(parent)}
        keys |= self.lost_keys.get(table.name, {})
        return {column: keys[column] for column in sorted(keys) if not is_common_column(column)}


def sighting(usage: Usage) -> Sighting:
    """What code tells of a missing table."""
    references = {
        column: name
        for column in usage.columns
        if (name := referenced_name(column)) is not None and not is_common_column(column)
    }
    return Sighting(usage, references)


def options(missing: Sequence[Sighting], ground: Ground) -> dict[ObjectName, tuple[Option, ...]]:
    """For each missing table the tables that it may mean, the likeliest first, at most three."""
    odd = [one for one in missing if not ground.has_twin(one.usage.name)]
    first = {one.usage.name: _ranked(one, ground) for one in odd}
    found: dict[ObjectName, tuple[Option, ...]] = {}
    for one in odd:
        further = _by_neighbours(one, odd, first, ground)
        ranked = _ranked(one, ground, further)
        found[one.usage.name] = tuple(filter(_is_likely, ranked))[:_OPTIONS_MAX]
    return found


def _is_likely(option: Option) -> bool:
    return option.points >= POINTS_MIN and len(option.reasons) >= _REASONS_MIN


def _ranked(
    one: Sighting, ground: Ground, further: Mapping[ObjectName, str] | None = None
) -> list[Option]:
    found = []
    for table in ground.database.tables:
        if table.name.schema != one.usage.name.schema or _is_ruled_out(one, table):
            continue
        reasons = [
            *_of_columns(one, table, ground.spread),
            *_of_names(one, table, ground),
            *_of_keys(one, ground.parents(table), ground.spread),
            *_of_files(one, ground.usages.get(table.name)),
        ]
        if further is not None and table.name in further:
            reasons.append((2.0, further[table.name]))
        points = sum(worth for worth, _ in reasons)
        found.append(Option(table, points, tuple(text for worth, text in reasons if worth > 0)))
    return sorted(found, key=lambda option: (-option.points, option.table.name))


def _is_ruled_out(one: Sighting, table: Relation) -> bool:
    """Whether one of the two refers to the other."""
    own, other = one.usage.name.name, table.name.name
    if any(same_table(name, other) for name in one.references.values()):
        return True
    refers = (referenced_name(column.name) for column in table.columns)
    is_child = any(name is not None and same_table(name, own) for name in refers)
    return is_child or any(key.parent == one.usage.name for key in table.foreign_keys)


def _of_columns(
    one: Sighting, table: Relation, spread: Counter[str]
) -> Iterable[tuple[float, str]]:
    """Columns that both have, worth more the fewer tables have them."""
    shared = [name for name in one.telling_columns if table.column(name) is not None]
    worth = sum(2.0 if spread[name] == 1 else 1.0 for name in shared if _is_rare(name, spread))
    if worth:
        yield min(worth, 6.0), f"both have {listed(shared)}"
    own = {word for name in one.telling_columns for word in name_words(name)[:-1]}
    in_name = sorted((own & set(name_words(table.name.name))) - set(one.words))
    if in_name:
        yield 1.0, f"its columns speak of {listed(in_name)}"


def _is_rare(column: str, spread: Counter[str]) -> bool:
    return spread[column] <= _RARE_TABLES_MAX


def _of_names(one: Sighting, table: Relation, ground: Ground) -> Iterable[tuple[float, str]]:
    """Words that both names have, and words that stand for one idea."""
    own, other = set(one.words), set(name_words(table.name.name))
    shared = sorted(own & other)
    worth = sum(1.0 if ground.word_spread[word] <= _RARE_TABLES_MAX else 0.25 for word in shared)
    if shared:
        yield worth, f"both names have {listed(shared)}"
    like = [(a, b) for a in sorted(own - other) for b in sorted(other - own) if is_one_idea(a, b)]
    if like:
        yield 2.0, f"{like[0][0]} and {like[0][1]} often stand for one idea"


def _of_keys(
    one: Sighting, parents: Mapping[str, ObjectName], spread: Counter[str]
) -> Iterable[tuple[float, str]]:
    """Keys under one name that few tables have, or that lead to things of one idea.

    A key that many tables have, to what they all belong to, says nothing.
    """
    reasons: list[tuple[float, str]] = []
    for column, name in sorted(one.references.items()):
        for own, parent in parents.items():
            if column == own and spread[own] == 1:
                reasons.append((1.0, f"both have {own}, which leads to {parent}"))
            elif column != own and _is_one_idea(name, (parent.name, referenced_name(own) or own)):
                reasons.append((2.0, f"{column} is like {own}, which leads to {parent}"))
    count = len(one.references)
    if reasons and count >= _REASONS_MIN and count == len(parents):
        yield 1.0, f"both join {count} other tables"
    yield from reasons[:_REASONS_MIN]


def _is_one_idea(name: str, others: Iterable[str]) -> bool:
    """Whether the last word of a name stands for one idea with that of another."""
    own = name_words(name)
    last = [words[-1] for other in others if (words := name_words(other))]
    return bool(own) and any(is_one_idea(own[-1], other) for other in last)


def _of_files(one: Sighting, usage: Usage | None) -> Iterable[tuple[float, str]]:
    """Code that uses both side by side speaks against one idea; so does writing both."""
    if usage is None:
        return
    together = one.usage.files & usage.files
    written = _written(one.usage) & _written(usage)
    if together:
        yield -3.0 if written else -2.0, f"code uses both in {listed(sorted(together))}"


def _written(usage: Usage) -> set[str]:
    return {use.place.file for use in usage.product if use.operation in _WRITES}


def _by_neighbours(
    one: Sighting,
    missing: Sequence[Sighting],
    first: Mapping[ObjectName, Sequence[Option]],
    ground: Ground,
) -> dict[ObjectName, str]:
    """Tables to which the likely meaning of a neighbour leads, where the neighbour leads here.

    When `shop_supplier` means `store_vendor`, and its `supplier_id` resembles `vendor_id` there,
    then `supplier` means the table that `vendor_id` leads to.
    """
    found: dict[ObjectName, str] = {}
    own = one.usage.name.name
    for neighbour in missing:
        columns = [c for c, name in neighbour.references.items() if same_table(name, own)]
        for option in first[neighbour.usage.name][:1]:
            if not columns or not _is_likely(option):
                continue
            for key, parent in ground.parents(option.table).items():
                if _is_one_idea(own, (parent.name,)):
                    found[parent] = (
                        f"{neighbour.usage.name}.{columns[0]} leads to it as "
                        f"{option.table.name}.{key} leads to {parent}"
                    )
    return found
