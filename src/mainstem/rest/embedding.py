"""Finds out what a query's names mean: each table with its columns, each embedding with its way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mainstem.kit.naming import did_you_mean
from mainstem.rest.catalog import AGENCY, CLIENT, Exposed, ForeignKey, Relation
from mainstem.rest.problem import RequestError
from mainstem.rest.query import Embed, Item, Output, Part, Query, Star

if TYPE_CHECKING:
    from collections.abc import Iterator

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Junction:
    """The table between two in a many-to-many relationship."""

    relation: Relation
    #: (parent's column, its own), (its own, child's column)
    to_parent: Pairs
    to_child: Pairs


@dataclass(frozen=True)
class Way:
    """How rows of an embedded table belong to those of its parent."""

    name: str
    target: str
    is_many: bool
    #: (parent's column, child's column); of a junction empty
    pairs: Pairs
    #: what a hint may say to mean this one
    hints: frozenset[str]
    junction: Junction | None = None


@dataclass
class Node:
    """A table with what is asked of it."""

    relation: Relation
    part: Part
    outputs: list[Output | Star | Node] = field(default_factory=list)
    embed: Embed | None = None
    way: Way | None = None

    @property
    def children(self) -> Iterator[Node]:
        """The embedded tables."""
        return (one for one in self.outputs if isinstance(one, Node))

    def child(self, name: str) -> Node | None:
        """The embedding that parameters call by that name."""
        for one in self.children:
            if one.embed is not None and name in {one.embed.name, one.embed.target}:
                return one
        return None

    def tables(self) -> Iterator[str]:
        """Every table whose rows it reads."""
        yield self.relation.table
        if self.way is not None and self.way.junction is not None:
            yield self.way.junction.relation.table
        for one in self.children:
            yield from one.tables()


def resolve(exposed: Exposed, relation: Relation, query: Query) -> Node:
    """The tree of tables that a query asks for.

    Raises:
        RequestError: an embedding has no way, or several; a filter names none of the embeddings.
    """
    used: set[tuple[str, ...]] = set()
    node = _node(exposed, relation, query, (), query.items, used)
    for place in query.parts:
        if place not in used:
            raise RequestError(
                400,
                "PGRST108",
                f"'{place[-1]}' is not an embedded resource in this request",
                hint=f"Verify that '{place[-1]}' is included in the 'select' query parameter.",
            )
    return node


def _node(
    exposed: Exposed,
    relation: Relation,
    query: Query,
    place: tuple[str, ...],
    items: tuple[Item, ...],
    used: set[tuple[str, ...]],
) -> Node:
    node = Node(relation, query.parts.get(place, Part()))
    used.add(place)
    for item in items:
        if not isinstance(item, Embed):
            node.outputs.append(item)
            continue
        way = find_way(exposed, relation, item)
        names = [item.name, item.target]
        below = next(((*place, one) for one in names if (*place, one) in query.parts), None)
        child = _node(
            exposed,
            exposed.relations[way.target],
            query,
            below or (*place, item.name),
            item.items,
            used,
        )
        child.embed, child.way = item, way
        node.outputs.append(child)
    return node


def find_way(exposed: Exposed, parent: Relation, embed: Embed) -> Way:
    """The one relationship that an embedding means.

    Raises:
        RequestError: there is none, or several.
    """
    direct = [way for way in _direct(exposed, parent) if _means(way, embed)]
    ways = direct or [way for way in _through(exposed, parent) if _means(way, embed)]
    if len(ways) > 1 and embed.target not in exposed.relations:  # a reference leads to its table
        ways = [way for way in ways if not exposed.relations[way.target].is_view] or ways
    if len(ways) == 1:
        return ways[0]
    if ways:
        raise _ambiguous(parent, embed, ways)
    hinted = f" using the hint '{embed.hint}'" if embed.hint else ""
    guess = did_you_mean(embed.target, exposed.relations).removeprefix("; ")
    raise RequestError(
        400,
        "PGRST200",
        f"Could not find a relationship between '{parent.name}' and '{embed.target}' "
        "in the schema cache",
        details=f"Searched for a foreign key relationship between '{parent.name}' and "
        f"'{embed.target}'{hinted} in the schema '{parent.schema}', but no matches were found.",
        hint=guess[:1].upper() + guess[1:] if guess else None,
    )


def _ambiguous(parent: Relation, embed: Embed, ways: list[Way]) -> RequestError:
    names = ", ".join(f"'{embed.target}!{way.name}'" for way in ways)
    return RequestError(
        300,
        "PGRST201",
        f"Could not embed because more than one relationship was found for '{parent.name}' "
        f"and '{embed.target}'",
        details=f"{len(ways)} relationships lead there",
        hint=f"Try changing '{embed.target}' to one of the following: {names}. "
        "Find the desired relationship in the 'details' key.",
    )


def _means(way: Way, embed: Embed) -> bool:
    """Whether a way is what the embedding names, by its table or by its reference."""
    by_table = way.target == embed.target
    by_reference = not way.is_many and embed.target in way.hints
    if not by_table and not by_reference:
        return False
    return embed.hint is None or embed.hint in way.hints


def _direct(exposed: Exposed, parent: Relation) -> Iterator[Way]:
    """Along one reference, leaving or coming."""
    for key in exposed.from_table.get(parent.name, ()):
        pairs = tuple(zip(key.columns, key.target_columns, strict=True))
        hints = frozenset(filter(None, {key.name, key.told_by}))
        yield Way(key.name, key.target, is_many=False, pairs=pairs, hints=hints)
    for key in exposed.to_table.get(parent.name, ()):
        pairs = tuple(zip(key.target_columns, key.columns, strict=True))
        is_one = _is_unique(exposed.relations[key.source], key)
        names = {key.name, key.told_by}
        if key.source == key.target:  # told from the way up by what it leads to
            names = {
                f"{key.name}_reverse",
                *(one for one in key.target_columns if one not in {AGENCY, CLIENT}),
            }
        hints = frozenset(filter(None, names))
        yield Way(key.name, key.source, is_many=not is_one, pairs=pairs, hints=hints)


def _is_unique(relation: Relation, key: ForeignKey) -> bool:
    """Whether at most one row has a reference: its columns are a key, the agency's aside."""
    own = frozenset(key.columns) - {AGENCY}
    return any(unique - {AGENCY} <= own for unique in relation.unique_keys)


def _through(exposed: Exposed, parent: Relation) -> Iterator[Way]:
    """Across a table that has a unique pair of references."""
    for first in exposed.to_table.get(parent.name, ()):
        between = exposed.relations[first.source]
        for second in exposed.from_table.get(between.name, ()):
            if second is first or not _is_junction(between, first, second):
                continue
            yield Way(
                between.name,
                second.target,
                is_many=True,
                pairs=(),
                hints=frozenset({between.name, first.name, second.name}),
                junction=Junction(
                    between,
                    tuple(zip(first.target_columns, first.columns, strict=True)),
                    tuple(zip(second.columns, second.target_columns, strict=True)),
                ),
            )


def _is_junction(between: Relation, first: ForeignKey, second: ForeignKey) -> bool:
    both = first.own_columns | second.own_columns
    if first.told_by == second.told_by:
        return False
    return any(both <= key for key in between.unique_keys)
