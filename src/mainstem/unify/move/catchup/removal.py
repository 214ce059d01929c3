"""Rows that are not wanted any more: taken out at the end, but where others depend on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.errors import UnifyError
from mainstem.unify.ledger import store
from mainstem.unify.move.catchup.context import Left
from mainstem.unify.move.catchup.moving import moved_name
from mainstem.unify.move.dependents import POINTING_AT
from mainstem.unify.move.maps import new_key
from mainstem.unify.move.statements import has_secret_key, map_key, target_name
from mainstem.unify.plan.names import name_sql, text_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import ForeignKey
    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.ledger.rows import LegacyMap, Run
    from mainstem.unify.move.catchup.context import Carry

    Connection = psycopg.Connection[TupleRow]

#: chains of rows that point at each other, each round one link
_ROUNDS_MAX = 1000
_EDITED, _NEEDED = "was changed by hand", "is what other rows depend on"


def read_left(connection: Connection, run: Run) -> tuple[Left, ...]:
    """The rows that earlier passes had to leave in the target."""
    found = []
    for one in store.read_maps(connection, run.id):
        if one.role == "left":
            rows = connection.execute(
                f"select old_id, outcome from unify.{one.partition} order by 1"
            )
            for key, why in rows:
                text = _EDITED if why == "e" else _NEEDED
                text = f"{text}; the source has it no more, or in a form that cannot go in"
                found.append(Left(one.target_table, one.source_table, key, text))
    return tuple(found)


def make_doomed(carry: Carry, target: TargetTable) -> str:
    """The list of a target's rows that are to go, made where it is missing; its name as SQL."""
    doomed = carry.own("doomed", target.name)
    if doomed not in carry.made:
        _, column = map_key(target, new_key(target, carry.plan), "t")
        type_name = "uuid" if column == "new_id" else "text"
        carry.make("doomed", target.name, f"(_new {type_name}, _source text, _key text)")
        carry.connection.execute(f"create index on {doomed} (_new)")
    return doomed


class Removal:
    """The rows that a pass takes out."""

    def __init__(self, carry: Carry, order: Sequence[TargetTable]) -> None:
        self._carry = carry
        self._order = order
        self._values = {t.name: map_key(t, new_key(t, carry.plan), "t") for t in order}
        self._left: list[tuple[TargetTable, str]] = []

    def begin(self) -> None:
        """What earlier passes had to leave is on the lists again."""
        left = [
            m
            for m in store.read_maps(self._carry.connection, self._carry.run.id)
            if m.role == "left"
        ]
        for target in self._order:
            _, column = self._values[target.name]
            for found in left:
                if found.called(self._carry.plan.schema) == target.name:
                    self._execute(
                        f"insert into {make_doomed(self._carry, target)}"
                        f" select {column}, {text_sql(found.source_table)}, old_id"
                        f" from unify.{found.partition}"
                    )
        for found in left:
            store.drop_map(self._carry.connection, found)

    def settle(self, targets: Sequence[TargetTable]) -> None:
        """Quarantine rows that point at a row of these tables which is not there, or goes.

        Raises UnifyError when such rows form endless chains.
        """
        parents = {target.name: target for target in targets}
        keys = [
            (target, key)
            for target in targets
            for key in target.table.foreign_keys
            if key.parent in parents
        ]
        for _ in range(_ROUNDS_MAX):
            if not sum(self._orphans(target, key, parents[key.parent]) for target, key in keys):
                return
        raise UnifyError(f"rows of {', '.join(parents)} form chains of more than {_ROUNDS_MAX}")

    def finish(self) -> int:
        """Delete what may go, children first; how many rows. What must stay is kept in a map."""
        going = [one for one in self._order if self._doomed(one) in self._carry.made]
        for target in going:
            if not self._carry.is_forced:
                self._leave_edited(target)
        for _ in range(_ROUNDS_MAX):
            if not sum(map(self._leave_needed, going)):
                break
        deleted = 0
        for target in reversed(going):
            value, _ = self._values[target.name]
            deleted += self._execute(
                f"delete from {target_name(target)} as t using {self._doomed(target)} as d"
                f" where {value} = d._new"
            )
        return deleted

    def _execute(self, statement: str) -> int:
        return self._carry.connection.execute(statement.encode()).rowcount

    def _doomed(self, target: TargetTable) -> str:
        return self._carry.own("doomed", target.name)

    def _orphans(self, target: TargetTable, key: ForeignKey, parent: TargetTable) -> int:
        """Rows that were written now and find no parent, and rows whose parent goes or moved."""
        want = self._carry.own("want", target.name)
        moved = moved_name(self._carry, parent)
        value, column = self._values[target.name]
        parent_value = self._values[parent.name][0].replace("t.", "p.")
        equal = _equal(key, child="t", parent="p")
        present = " and ".join(f"t.{name_sql(name)} is not null" for name in key.columns)
        is_lost = f"not exists (select from {target_name(parent)} as p where {equal}"
        tries = []
        if self._doomed(parent) in self._carry.made:
            tries.append(
                f"select {value} as _new from {self._doomed(parent)} as d"
                f" join {target_name(parent)} as p on {parent_value} = d._new"
                f" join {target_name(target)} as t on {equal}"
            )
            goes = f"select from {self._doomed(parent)} as d where d._new = {parent_value}"
            is_lost += f" and not exists ({goes})"
        is_lost += ")"
        if want in self._carry.made:
            tries.append(
                f"select {value} as _new from {want} as w join {target_name(target)} as t"
                f" on {value} = w._new where w._op in ('insert', 'update') and w._refuse is null"
                f" and {present} and {is_lost}"
            )
        if moved in self._carry.made:
            tries.append(
                f"select {value} as _new from {moved} as p join {target_name(target)} as t"
                f" on {equal} where {is_lost}"
            )
        if not tries:
            return 0
        found = f"select distinct x._new from ({' union all '.join(tries)}) as x"
        if self._doomed(target) in self._carry.made:
            found += f" where not exists (select from {self._doomed(target)} as d"
            found += " where d._new = x._new)"
        if not self._carry.has_rows(found):
            return 0
        self._execute(f"create temporary table unify_orphan as {found}")
        is_own = target.name == parent.name
        reason = f"{key.columns[-1]} leads to no loaded row of "
        reason += "the same table" if is_own else key.parent
        taken = 0
        for table in self._carry.tables_into(target):
            taken += self._quarantine(table.name, target, column, reason=reason)
        self._execute("drop table pg_temp.unify_orphan")
        return taken

    def _quarantine(self, table: str, target: TargetTable, column: str, *, reason: str) -> int:
        """Take the found rows out of a map, into quarantine and onto the list of those that go."""
        run, found = self._carry.run.id, self._carry.map_of(table)
        self._execute(
            "create temporary table unify_taken as"
            f" select m.old_id, m.{column} as _new, m.outcome from unify.{found.partition} as m"
            f" join pg_temp.unify_orphan as o on o._new = m.{column}"
        )
        self._execute(
            f"delete from unify.{found.partition} as m using pg_temp.unify_taken as k"
            " where m.old_id = k.old_id"
        )
        self._execute(
            f"delete from unify.ledger as l using pg_temp.unify_taken as k where l.run_id = {run}"
            f" and l.source_table = {text_sql(table)} and l.key = k.old_id"
        )
        taken = self._execute(
            "insert into unify.quarantine"
            " (run_id, source_table, key, column_name, reason, original)"
            f" select {run}, {text_sql(table)}, old_id, null, {text_sql(reason)}, '{{}}'"
            " from pg_temp.unify_taken"
        )
        self._execute(
            f"insert into {make_doomed(self._carry, target)} select _new, {text_sql(table)}, old_id"
            " from pg_temp.unify_taken where outcome = 'l'"
        )
        self._carry.add_facts(table, "select old_id from pg_temp.unify_taken")
        self._execute("drop table pg_temp.unify_taken")
        return taken

    def _leave_edited(self, target: TargetTable) -> None:
        value, _ = self._values[target.name]
        untouched = self._carry.untouched(f"load {target.name}")
        self._leave(
            target,
            f"select d._new from {self._doomed(target)} as d join {target_name(target)} as t"
            f" on {value} = d._new where not {untouched}",
            why="e",
        )

    def _leave_needed(self, target: TargetTable) -> int:
        """Rows stay that rows point at which stay themselves."""
        if not self._carry.holds(self._doomed(target)):
            return 0
        value, _ = self._values[target.name]
        ours = {target_name(one): one for one in self._order}
        rows = self._carry.connection.execute(POINTING_AT, ([target_name(target)],)).fetchall()
        left = 0
        for _, child, columns, parents, _ in rows:
            equal = " and ".join(
                f"c.{name_sql(column)} = t.{name_sql(parent)}"
                for column, parent in zip(columns, parents, strict=True)
            )
            own = next((o for name, o in ours.items() if self._carry.is_same(name, child)), None)
            stays = "true"
            if own is not None and self._doomed(own) in self._carry.made:
                child_value = self._values[own.name][0].replace("t.", "c.")
                goes = f"select from {self._doomed(own)} as g where g._new = {child_value}"
                stays = f"not exists ({goes})"
            left += self._leave(
                target,
                f"select d._new from {self._doomed(target)} as d join {target_name(target)} as t"
                f" on {value} = d._new join {child} as c on {equal} where {stays}",
                why="n",
            )
        return left

    def _leave(self, target: TargetTable, query: str, *, why: str) -> int:
        """Keep rows of the list in maps of their own, so that an undo finds them."""
        doomed = self._doomed(target)
        _, column = self._values[target.name]
        sources = self._carry.connection.execute(
            f"select distinct _source from {doomed} where _new in ({query})"
        ).fetchall()
        for (source,) in sources:
            found = self._left_map(source, target)
            self._execute(
                f"insert into unify.{found.partition} (map_id, old_id, {column}, outcome)"
                f" select {found.map_id}, _key, _new, '{why}' from {doomed}"
                f" where _source = {text_sql(source)} and _new in ({query})"
            )
        return self._execute(f"delete from {doomed} where _new in ({query})") if sources else 0

    def _left_map(self, source: str, target: TargetTable) -> LegacyMap:
        carry = self._carry
        for found in store.read_maps(carry.connection, carry.run.id):
            if found.role == "left" and found.source_table == source:
                return found
        key = new_key(target, carry.plan)
        return store.create_map(
            carry.connection,
            carry.run.id,
            source_name=carry.plan.table(source).source or carry.plan.name,
            source_table=source,
            target=(target.schema, target.plain_name),
            key_columns=key,
            role="left",
            is_hashed=has_secret_key(target, key),
        )


def _equal(key: ForeignKey, *, child: str, parent: str) -> str:
    pairs: Iterable[tuple[str, str]] = zip(key.columns, key.parent_columns, strict=True)
    return " and ".join(f"{child}.{name_sql(c)} = {parent}.{name_sql(p)}" for c, p in pairs)
