"""Further tables (`-- also`): their rows follow the loaded rows that they stand beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.ledger import store
from mainstem.unify.move import conflicts
from mainstem.unify.move.catchup.context import Left
from mainstem.unify.move.catchup.reach import keys_moved
from mainstem.unify.move.catchup.wanted import Counts
from mainstem.unify.move.maps import also_name
from mainstem.unify.move.statements import key_digest
from mainstem.unify.move.templates import find_places
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from mainstem.unify.ledger.rows import LegacyMap
    from mainstem.unify.move.catchup.context import Carry
    from mainstem.unify.plan.model import Select


def carry_further(carry: Carry) -> Counts:
    """Bring every further table up to date; does not commit."""
    counts = Counts()
    for select in carry.plan.selects:
        if select.is_also:
            counts = counts + _Further(carry, select).do()
    return counts


class _Further:
    def __init__(self, carry: Carry, select: Select) -> None:
        self._carry = carry
        self._select = select
        self._table = also_name(select)
        self._key = conflicts.primary_key(carry.connection, select)
        self._name = f"{select.source_table} {self._table}"
        self._want = carry.own("also", self._name)
        self._map = self._find_map()

    def do(self) -> Counts:
        keys = self._keys()
        if not self._carry.holds(keys):
            return Counts()
        text = self._carry.maps.fill(self._select)
        columns = conflicts.describe_also(
            self._carry.connection,
            text,
            self._select,
            place=f"{self._carry.plan.directory / self._select.file} (also {self._table})",
            key=self._key,
        )
        self._carry.make(
            "also",
            self._name,
            f"as select x.*, {key_digest(self._key, 'x')} as _new"
            f" from (\n{text}\n) as x where x._key in (select _key from {keys})",
        )
        counts = self._write(keys, columns)
        if counts.all:
            self._carry.note_writing(f"also {self._table} from {self._select.source_table}")
        return counts

    def _keys(self) -> str:
        """The keys of the rows whose further rows may be others."""
        source, carry = self._select.source_table, self._carry
        others = {place.table for place in find_places(self._select.text)} - {source}
        queries = list(keys_moved(carry, source))
        if any(other in carry.pending or other in carry.moved for other in others):
            queries.append(f"select old_id from unify.{carry.map_of(source).partition}")
        carry.make("further", self._name, f"(_key) as {' union '.join(queries)}")
        return carry.own("further", self._name)

    def _write(self, keys: str, columns: list[str]) -> Counts:
        """Delete, change and insert; rows that people changed stay, but when forced."""
        digest = key_digest(self._key, "t")
        mine = f"select m.new_id from unify.{self._map.partition} as m"
        mine += f" where m.old_id in (select _key from {keys})"
        step = f"also {self._table} from {self._select.source_table}"
        untouched = "true" if self._carry.is_forced else self._carry.untouched(step)
        row = ", ".join(name_sql(name) for name in columns)
        here, there = (
            f"row({', '.join(f'{a}.{name_sql(c)}' for c in columns)})::text" for a in "wt"
        )
        gone = f"not exists (select from {self._want} as w where w._new = {digest})"
        self._note_edited(mine, digest, untouched, f"{gone}")
        deleted = self._execute(
            f"delete from {self._table} as t where {digest} in ({mine}) and {gone} and {untouched}"
        )
        differs = f"{here} is distinct from {there}"
        same = f"from {self._want} as w where w._new = {digest} and {digest} in ({mine})"
        self._note_edited(mine, digest, untouched, f"exists (select {same} and {differs})")
        sets = ", ".join(f"{name_sql(c)} = w.{name_sql(c)}" for c in columns if c not in self._key)
        updated = 0
        if sets:
            updated = self._execute(
                f"update {self._table} as t set {sets} {same} and {differs} and {untouched}"
            )
        inserted = self._execute(
            f"insert into {self._table} ({row}) select {row} from {self._want} as w"
            f" where w._new not in ({mine})"
        )
        self._execute(
            f"delete from unify.{self._map.partition} as m"
            f" where m.old_id in (select _key from {keys})"
        )
        self._execute(
            f"insert into unify.{self._map.partition} (map_id, old_id, new_id, outcome)"
            f" select {self._map.map_id}, _key, _new, 'l' from {self._want}"
        )
        self._carry.connection.execute(
            "update unify.also_result set row_count ="
            f" (select count(*) from unify.{self._map.partition})"
            " where run_id = %s and source_table = %s and target_schema = %s and target_table = %s",
            (
                self._carry.run.id,
                self._select.source_table,
                self._select.target_schema,
                self._select.target_table,
            ),
        )
        return Counts(inserted, updated, deleted)

    def _note_edited(self, mine: str, digest: str, untouched: str, what: str) -> None:
        """Name the rows that people changed and that would be overwritten."""
        rows = self._carry.connection.execute(
            f"select distinct m.old_id from {self._table} as t"
            f" join unify.{self._map.partition} as m on m.new_id = {digest}"
            f" where {digest} in ({mine}) and {what} and not {untouched} order by 1"
        ).fetchall()
        for (key,) in rows:
            why = "was changed by hand, and differs in the source"
            self._carry.held_rows.append(Left(self._table, self._select.source_table, key, why))

    def _execute(self, statement: str) -> int:
        return self._carry.connection.execute(statement.encode()).rowcount

    def _find_map(self) -> LegacyMap:
        return next(
            found
            for found in store.read_maps(self._carry.connection, self._carry.run.id)
            if found.role == "also"
            and found.source_table == self._select.source_table
            and found.target_table == self._select.target_table
            and found.target_schema == self._select.target_schema
        )
