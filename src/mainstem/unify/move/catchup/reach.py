"""Which rows of a target can be different: those that changed, and those that lead to such rows.

A plan's select finds other rows by joins, one a line. Where every name of another table stands in
such a join, the rows that a change can reach are found by what they are joined by; of any other
select, when a table that it reads changed, all rows count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mainstem.unify.move.catchup.moving import is_pointing_at_new, rows_pointing
from mainstem.unify.move.maps import new_key, own_table
from mainstem.unify.move.statements import map_key
from mainstem.unify.move.templates import Place, fill_places, find_places
from mainstem.unify.plan.names import text_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.move.catchup.context import Carry
    from mainstem.unify.plan.model import Select

_JOIN = re.compile(
    r"^\s*(?:left )?join (?P<place>:(?:map|stage|merged)\S+) as (?P<alias>\S+)"
    r" on (?P<of>\S+?)\.(?P<by>\S+) = (?P<value>.+?);?\s*$",
    re.MULTILINE,
)
_ALIAS = re.compile(r'("(?:[^"]|"")+"|\b[a-z_]\w*)\.')


@dataclass(frozen=True)
class Join:
    """A line of a select that finds a row of another table."""

    text: str
    place: Place
    alias: str
    by: str
    value: str


def find_reach(
    carry: Carry, target: TargetTable, together: Sequence[TargetTable]
) -> dict[str, bool]:
    """Make `affected x` for each source table of a target; whether all its rows count.

    Nothing is made, and nothing given, where no row can be different.
    `together`: the targets of its cycle. What waits there may wait for a row of a later target,
    which waits for one of this: all of it is tried again when anything changed that they lead to.
    """
    is_tried = is_pointing_at_new(carry, target) or (
        len(together) > 1 and any(name in carry.pending for name in _led_to(carry, together))
    )
    pointing = tuple(rows_pointing(carry, target))
    column = map_key(target, new_key(target, carry.plan), "t")[1]
    found = [
        _Reach(carry, select, pointing, column, is_tried=is_tried).find()
        for table in carry.tables_into(target)
        for select in carry.plan.selects
        if not select.is_also and select.source_table == table.name
    ]
    is_left = carry.holds(carry.own("doomed", target.name))
    if not is_left and not any(one.fill(carry) for one in found if one.queries):
        return {}
    for one in found:
        if carry.own("affected", one.table) not in carry.made:
            one.fill(carry)
    return {one.table: one.is_full for one in found}


@dataclass(frozen=True)
class _Reached:
    """The rows of a source table that can be different."""

    table: str
    #: of their keys
    queries: tuple[str, ...]
    is_full: bool

    def fill(self, carry: Carry) -> int:
        """Make the list of their keys; how many there are."""
        queries = self.queries or ("select null where false",)
        keys = " union ".join(f"({query})" for query in queries)
        rows = f"(_key) as select x.key::text from ({keys}) as x (key)"
        count = carry.make("affected", self.table, rows)
        carry.connection.execute(f"analyze {carry.own('affected', self.table)}")
        return count


def _led_to(carry: Carry, targets: Sequence[TargetTable]) -> set[str]:
    """The source tables that the selects of some targets read, and those that these lead to."""
    reads: dict[str, set[str]] = {}
    for select in carry.plan.selects:
        places = {place.table for place in find_places(select.text)}
        reads[select.source_table] = reads.get(select.source_table, set()) | places
    found: set[str] = set()
    left = {table.name for target in targets for table in carry.tables_into(target)}
    while left:
        found |= left
        left = {name for at in left for name in reads.get(at, ())} - found
    return found


def find_joins(select: Select) -> list[Join] | None:
    """The joins of a select; None where it reads other tables in other ways, too."""
    joins = [
        Join(match[0].strip().rstrip(";"), place, match["alias"], match["by"], match["value"])
        for match in _JOIN.finditer(select.text)
        for place in find_places(match["place"])
    ]
    places = list(find_places(select.text))
    own = Place("stage", select.source_table)
    return joins if len(places) == len(joins) + 1 and own in places else None


@dataclass(frozen=True)
class _Reach:
    carry: Carry
    select: Select
    #: queries of rows of the target, by the column of the maps that names them, which count
    pointing: tuple[str, ...]
    column: str
    #: whether rows that wait count although nothing that they lead to moved
    is_tried: bool = field(kw_only=True)

    def find(self) -> _Reached:
        name = self.select.source_table
        reached = self._reached()
        quarantined = (
            f"select key from unify.quarantine where run_id = {self.carry.run.id}"
            f" and source_table = {text_sql(name)}"
        )
        mapped = f"unify.{self.carry.map_of(name).partition}"
        if reached is None:
            refused = (
                f"select key from unify.quarantine where run_id = {self.carry.memory.id}"
                f" and source_table = {text_sql(name)}"
            )
            staged, loaded = f"select _key from {self._stage}", f"select old_id from {mapped}"
            return _Reached(name, (quarantined, staged, loaded, refused), is_full=True)
        moved = [
            *([self.carry.keys("changed", name)] if name in self.carry.pending else []),
            *reached,
            *(
                f"select old_id from {mapped} where outcome = 'l' and {self.column} in ({query})"
                for query in self.pointing
            ),
        ]
        is_moved = self.is_tried or any(map(self.carry.has_rows, moved))
        # Where nothing moved, what waits goes on waiting.
        return _Reached(name, (quarantined, *moved) if is_moved else (), is_full=False)

    def _reached(self) -> list[str] | None:
        """Queries of the keys that other tables' changes reach; None: any row may be."""
        if self.carry.pending.get(self.select.source_table):
            return None
        joins = find_joins(self.select)
        if joins is None:
            is_moved = any(self._is_moved(place) for place in set(find_places(self.select.text)))
            return None if is_moved else []
        found = []
        for join in joins:
            if not self._is_moved(join.place):
                continue
            query = self._query(join, joins)
            if query is None:
                return None
            found.append(query)
        return found

    def _is_moved(self, place: Place) -> bool:
        """Whether rows that a place shows are not what they were."""
        pending = self.carry.pending.get(place.table)
        if place.kind == "merged":
            return bool(pending)
        if place.kind == "stage":
            is_own = place.table == self.select.source_table
            return pending is not None and (not is_own or self._reads_itself())
        is_column = place.column is not None and pending is not None
        return is_column or place.table in self.carry.moved

    def _reads_itself(self) -> bool:
        own = Place("stage", self.select.source_table)
        return list(find_places(self.select.text)).count(own) > 1

    def _query(self, join: Join, joins: list[Join]) -> str | None:
        """The keys of the rows that a join leads to a row that changed."""
        kind = "facts" if join.place.kind == "map" else "changed"
        is_by_key = join.by in {"_key", "old_id"} and join.place.column is None
        is_narrow = kind == "facts" or not self.carry.pending.get(join.place.table)
        if join.place.kind == "merged" or not is_by_key or not is_narrow:
            return None
        needed = "\n".join(fill_places(one.text, self._name) for one in _needed(join, joins))
        moved = self.carry.keys(kind, join.place.table)
        return f"select s._key from {self._stage} as s\n{needed}\nwhere {join.value} in ({moved})"

    def _name(self, place: Place) -> str:
        return own_table(self.carry.memory, place.kind, place.table, place.column)

    @property
    def _stage(self) -> str:
        return self.carry.own("stage", self.select.source_table)


def _needed(join: Join, joins: list[Join]) -> list[Join]:
    """The joins whose rows a join's value is of, in their order."""
    wanted = set(_ALIAS.findall(join.value))
    found: list[Join] = []
    for one in reversed(joins[: joins.index(join)]):
        if one.alias in wanted:
            found.insert(0, one)
            wanted |= set(_ALIAS.findall(one.value))
    return found


def keys_moved(carry: Carry, table: str) -> Iterator[str]:
    """Queries of the keys of a table whose rows, or whose places in the target, changed."""
    affected = carry.own("affected", table)
    if affected in carry.made:
        yield f"select _key from {affected}"
    yield carry.keys("facts", table)
