"""One target: the rows that the plan's SQL gives now, held against those that are there."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from mainstem.errors import UnifyError
from mainstem.unify.move.catchup.context import Left
from mainstem.unify.move.catchup.moving import moved_name, note_moved, rows_that_stay
from mainstem.unify.move.catchup.pinned import find_pinned
from mainstem.unify.move.catchup.removal import make_doomed
from mainstem.unify.move.load import Loader
from mainstem.unify.move.maps import new_key
from mainstem.unify.move.statements import (
    Section,
    describe_select,
    given_columns,
    map_key,
    note_statement,
    target_name,
    wanted_rows,
)
from mainstem.unify.plan.names import name_sql, text_sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.move.catchup.context import Carry
    from mainstem.unify.move.catchup.loosen import Loose
    from mainstem.unify.plan.model import PlannedTable

_EXAMPLES_MAX = 5
#: a wanted row that is to stand in the target itself
GOOD = "w._refuse is null and w._outcome = 'l'"
_EDITED = "was changed by hand, and differs in the source"
_PINNED = "is what rows that stay as they are point at, and would not be called the same any more"
_NOT_LOADED = "the row that stands for it was not loaded"


@dataclass(frozen=True)
class Counts:
    """Rows of the target."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Both together."""
        pairs = {
            one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)
        }
        return Counts(**pairs)

    @property
    def all(self) -> int:
        """How many rows changed."""
        return self.inserted + self.updated + self.deleted


@dataclass(frozen=True)
class _UniqueKey:
    name: str
    #: as SQL over a row's columns
    parts: tuple[str, ...]
    predicate: str

    @property
    def reason(self) -> str:
        return f"another row has the same {', '.join(self.parts)} ({self.name})"


class Wanted:
    """What a target must hold of the rows that can be different."""

    def __init__(
        self, carry: Carry, target: TargetTable, reach: Mapping[str, bool], loose: Loose
    ) -> None:
        self._carry = carry
        self._target = target
        self._reach = reach
        self._loose = loose
        self._name = target_name(target)
        self._key = new_key(target, carry.plan)
        self._value, self._column = map_key(target, self._key, "t")
        self._want = carry.own("want", target.name)
        self._had = carry.own("had", target.name)
        self._doomed = carry.own("doomed", target.name)
        self._sections: list[Section] = []

    def do(self) -> Counts:
        """Update and insert; what is not wanted any more is only noted. Does not commit.

        Raises UnifyError when the plan's SQL does not give each row once.
        """
        if not self._reach:
            return Counts()
        tables = self._carry.tables_into(self._target)
        self._make_had(tables)
        self._make_want(tables)
        self._hold_edited(tables)
        self._refuse_doubles()
        self._refuse_unmerged()
        self._doom(tables)
        wanted = {name: self._kept(name, of="w") for name in self._given()}
        moved = note_moved(self._carry, self._target, value=self._value, wanted=wanted)
        self._hold_pinned(tables, moved)
        counts = self._write_rows()
        self._leave_out_the_same(tables)
        self._write_notes(tables)
        self._write_facts(tables)
        for number, table in enumerate(tables):
            self._write_map(number, table)
        if counts.all:
            self._carry.note_writing(f"load {self._target.name}")
        return counts

    def _execute(self, statement: str) -> int:
        return self._carry.connection.execute(statement.encode()).rowcount

    def _affected(self, table: PlannedTable) -> str:
        return self._carry.own("affected", table.name)

    def _make_want(self, tables: Sequence[PlannedTable]) -> None:
        carry = self._carry
        self._sections = [self._section(table) for table in tables]
        loader = Loader(carry.connection, carry.run, carry.plan, carry.maps)
        lookups = loader.lookups(self._target, self._sections)
        rows = wanted_rows(
            self._sections,
            self._target,
            lookups=[replace(one, rows=rows_that_stay(carry, one.parent)) for one in lookups],
            new_key=self._key,
        )
        given = self._given()
        here = f"row({', '.join(self._kept(name, of='q') for name in given)})::text"
        there = f"row({', '.join(f't.{name_sql(name)}' for name in given)})::text"
        untouched = self._carry.untouched(f"load {self._target.name}")
        # Whether a good row is there, there in another form, or missing.
        carry.make(
            "want",
            self._target.name,
            "as select q.*,"
            " case when q._refuse is not null or q._outcome <> 'l' then null"
            " when t.xmin is null or h._new is null then 'insert'"
            f" when {here} is distinct from {there} then 'update' else 'same' end as _op,"
            f" t.xmin is not null and not {untouched} as _edited from (\n{rows}\n) as q"
            f" left join {self._name} as t on {self._value} = q._new"
            f" left join (select distinct _new from {self._had} where _outcome = 'l') as h"
            " on h._new = q._new",
        )
        self._execute(
            f"create index on {self._want} (_new); create index on {self._want} (_key);"
            f" analyze {self._want}"
        )
        for number, table in enumerate(tables):
            self._check_keys(number, table)

    def _section(self, table: PlannedTable) -> Section:
        carry = self._carry
        (select,) = (
            s for s in carry.plan.selects if not s.is_also and s.source_table == table.name
        )
        text = carry.maps.fill(select)
        place = f"{carry.plan.directory / select.file} (from {table.name})"
        columns = describe_select(carry.connection, text, target=self._target, place=place)
        if not self._reach[table.name]:
            keys = f"(select _key from {self._affected(table)})"
            text = f"select * from (\n{text}\n) as given where given._key in {keys}"
        secrets = tuple(c.name for c in table.columns if table.holds_secret(c.name))
        return Section(text, table.name, columns, carry.map_of(table.name), secrets)

    def _check_keys(self, number: int, table: PlannedTable) -> None:
        """Each staged key must come exactly once."""
        staged = (
            f"select s._key from {self._carry.own('stage', table.name)} as s"
            f" join {self._affected(table)} as a using (_key)"
        )
        given = f"select _key from {self._want} where _section = {number}"
        wrong = self._carry.connection.execute(
            f"(({given}) except all ({staged})) union all (({staged}) except all ({given}))"
            f" limit {_EXAMPLES_MAX}"
        ).fetchall()
        if wrong:
            raise UnifyError(
                f"the select of {table.name} does not give each of its rows exactly once (keys "
                f"{', '.join(str(key) for (key,) in wrong)}); correct it"
            )

    def _make_had(self, tables: Sequence[PlannedTable]) -> None:
        """What the run has of these rows; what earlier passes had to leave comes in again."""
        tenant = self._carry.plan.tenant
        owner = "null::text"
        if tenant is not None and self._target.has_column(tenant.column):
            owner = f"t.{name_sql(tenant.column)}::text"
        is_left = self._doomed in self._carry.made
        parts = []
        for number, table in enumerate(tables):
            parts.append(
                f"select {number} as _section, m.old_id as _key, m.{self._column} as _new,"
                f" m.outcome as _outcome, {owner} as _tenant, false as _is_left"
                f" from unify.{self._carry.map_of(table.name).partition} as m"
                f" left join {self._name} as t on {self._value} = m.{self._column}"
                f" where m.old_id in (select _key from {self._affected(table)})"
            )
            if is_left:
                parts.append(
                    f"select {number}, d._key, d._new, 'l'::\"char\", null, true"
                    f" from {self._doomed} as d where d._source = {text_sql(table.name)}"
                )
        self._carry.make("had", self._target.name, f"as {' union all '.join(parts)}")
        self._execute(f"create index on {self._had} (_new); analyze {self._had}")
        if is_left:
            self._execute(f"truncate {self._doomed}")

    def _hold_edited(self, tables: Sequence[PlannedTable]) -> None:
        """Rows that people changed in the target stay as they are, but when forced."""
        if self._carry.is_forced or not self._carry.has_rows(
            f"select from {self._want} where _op = 'update' and _edited"
        ):
            return
        for number, table in enumerate(tables):
            self._hold(number, table, "_edited", why=_EDITED)

    def _hold_pinned(self, tables: Sequence[PlannedTable], columns: frozenset[str]) -> None:
        """Rows stay as they are that others point at which do; foreign keys would break."""
        pinned = find_pinned(self._carry, self._target, columns)
        if pinned is None:
            return
        for number, table in enumerate(tables):
            self._hold(number, table, f"_new in ({pinned})", why=_PINNED)
        self._execute(
            f"delete from {moved_name(self._carry, self._target)} as t"
            f" where {self._value} in ({pinned})"
        )

    def _hold(self, number: int, table: PlannedTable, condition: str, *, why: str) -> None:
        """Let rows that would be updated wait for another pass, and say so."""
        held = f"select _key from {self._want}"
        held += f" where _section = {number} and _op = 'update' and {condition}"
        keys = self._carry.connection.execute(held.encode()).fetchall()
        if not keys:
            return
        self._carry.hold(table.name, held)
        self._carry.held_rows.extend(
            Left(self._target.name, table.name, key, why) for (key,) in sorted(keys)
        )
        mine = f"_key in ({self._carry.keys('held', table.name)})"
        for place in (self._want, self._had):
            self._execute(f"delete from {place} where _section = {number} and {mine}")
        self._execute(f"delete from {self._affected(table)} where {mine}")

    def _kept(self, name: str, *, of: str) -> str:
        """A column's value to be: what its own source does not give stays as it is."""
        column = name_sql(name)
        giving = [str(at) for at, section in enumerate(self._sections) if section.gives(name)]
        if len(giving) == len(self._sections):
            return f"{of}.{column}"
        own = f"{of}._section in ({', '.join(giving)})"
        return f"case when {own} then {of}.{column} else t.{column} end"

    def _given(self) -> list[str]:
        return given_columns(self._sections, self._target)

    def _refuse_doubles(self) -> None:
        """A row whose unique key another one has waits; the one that is in the target stays."""
        for key in self._unique_keys():
            rows, columns = self._with_parts(key)
            present = " and ".join(f"x.{column} is not null" for column in columns)
            listed = ", ".join(f"x.{column}" for column in columns)
            self._execute(
                f"update {self._want} as w set _refuse = {text_sql(key.reason)}, _op = null"
                " from (select x._section, x._key, row_number() over"
                f" (partition by {listed} order by x._op = 'insert', x._new) as number"
                f" from ({rows}) as x where {present}) as n"
                " where n.number > 1 and (n._section, n._key) = (w._section, w._key)"
            )
            equal = " and ".join(f"t.{column} = x.{column}" for column in columns)
            mine = f"(select from {self._had} as h where h._new = t.k and h._outcome = 'l')"
            self._execute(
                f"update {self._want} as w set _refuse = {text_sql(key.reason)}, _op = null"
                f" from ({rows}) as x join ({self._target_parts(key)}) as t on {equal}"
                f" where x._op in ('insert', 'update') and not exists {mine}"
                " and (x._section, x._key) = (w._section, w._key)"
            )
            moving = (
                f"({rows}) as x join ({self._target_parts(key)}) as t on {equal}"
                " and t.k is distinct from x._new"
                " where x._op in ('insert', 'update')"
            )
            row = self._carry.connection.execute(f"select exists (select from {moving})").fetchone()
            if row is not None and row[0]:
                self._loose.drop_index(self._name, key.name)

    def _unique_keys(self) -> list[_UniqueKey]:
        table = self._target.table
        found = [
            _UniqueKey(
                index.name,
                tuple(part.expression for part in index.parts),
                f"({index.predicate})" if index.predicate else "true",
            )
            for index in table.indexes
            if index.is_unique
        ]
        key = tuple(map(name_sql, table.primary_key))
        return [_UniqueKey(f"{table.name}_pkey", key, "true"), *found] if key else found

    def _with_parts(self, key: _UniqueKey) -> tuple[str, list[str]]:
        """The good wanted rows with the parts of a key, and what the parts are called."""
        given = self._given()
        missing = "".join(
            f", ({column.default or 'null'})::{column.declared_type} as {name_sql(column.name)}"
            for column in self._target.table.columns
            if column.name not in given and column.generated is None
        )
        parts = "".join(f", ({part}) as _u{at}" for at, part in enumerate(key.parts))
        query = (
            f"select _section, _key, _new, _op{parts} from"
            f" (select w.*{missing} from {self._want} as w where {GOOD}) as w where {key.predicate}"
        )
        return query, [f"_u{at}" for at in range(len(key.parts))]

    def _target_parts(self, key: _UniqueKey) -> str:
        parts = "".join(f", ({part}) as _u{at}" for at, part in enumerate(key.parts))
        return f"select {self._value} as k{parts} from {self._name} as t where {key.predicate}"

    def _refuse_unmerged(self) -> None:
        """A row waits whose survivor is not in the target, or goes."""
        if not any(section.gives("_merge") for section in self._sections):
            return
        self._execute(
            f"update {self._want} as m set _refuse = {text_sql(_NOT_LOADED)}"
            " where m._refuse is null and m._outcome = 'm' and not exists"
            f" (select from {self._want} as w where w._new = m._at and {GOOD})"
            f" and (exists (select from {self._had} as h where h._new = m._at and h._outcome = 'l')"
            f" or not exists (select from {self._name} as t where {self._value} = m._at))"
        )

    def _doom(self, tables: Sequence[PlannedTable]) -> None:
        names = " ".join(
            f"when {number} then {text_sql(table.name)}" for number, table in enumerate(tables)
        )
        rows = (
            f"select distinct on (h._new) h._new, case h._section {names} end, h._key"
            f" from {self._had} as h where h._outcome = 'l'"
            f" and not exists (select from {self._want} as w where w._new = h._new and {GOOD})"
        )
        if self._carry.has_rows(rows):
            doomed = make_doomed(self._carry, self._target)
            self._execute(f"insert into {doomed} {rows}")
            self._execute(f"analyze {doomed}")

    def _write_rows(self) -> Counts:
        identities = set(self._target.identities)
        given = self._given()
        sets = ", ".join(
            f"{name_sql(name)} = {self._kept(name, of='w')}"
            for name in given
            if name not in identities and name not in self._key
        )
        updated = 0
        if sets:
            updated = self._execute(
                f"update {self._name} as t set {sets} from {self._want} as w"
                f" where w._op = 'update' and {self._value} = w._new"
            )
        columns = ", ".join(map(name_sql, given))
        overriding = " overriding system value" if any(self._target.identities.values()) else ""
        inserted = self._execute(
            f"insert into {self._name} ({columns}){overriding}"
            f" select {columns} from {self._want} where _op = 'insert'"
        )
        return Counts(inserted, updated)

    def _leave_out_the_same(self, tables: Sequence[PlannedTable]) -> None:
        """Rows that are as they were, and of which nothing is noted, are not written about."""
        runs = f"{self._carry.run.id}, {self._carry.memory.id}"
        for number, table in enumerate(tables):
            noted = " and ".join(
                f"not exists (select from unify.{place} as n where n.run_id in ({runs})"
                f" and n.source_table = {text_sql(table.name)} and n.key = a._key)"
                for place in ("ledger", "quarantine")
            )
            self._execute(
                f"delete from {self._affected(table)} as a using {self._want} as w,"
                f" {self._had} as h where w._section = {number} and w._key = a._key"
                f" and h._section = {number} and h._key = a._key and h._outcome = 'l'"
                " and not h._is_left and w._op = 'same' and h._new = w._new"
                f" and w._changes is null and {noted}"
            )

    def _write_notes(self, tables: Sequence[PlannedTable]) -> None:
        """Ledger and quarantine of the rows say what happened to them this time."""
        run, memory = self._carry.run.id, self._carry.memory.id
        for number, table in enumerate(tables):
            mine = f"source_table = {text_sql(table.name)} and key in"
            mine += f" (select _key from {self._affected(table)})"
            for place in ("ledger", "quarantine"):
                self._execute(f"delete from unify.{place} where run_id = {run} and {mine}")
            self._execute(
                "insert into unify.ledger"
                " (run_id, source_table, key, column_name, before, after, rule)"
                f" select {run}, source_table, key, column_name, before, after, rule"
                f" from unify.ledger as l where run_id = {memory} and {mine} and exists"
                f" (select from {self._want} as w where w._section = {number}"
                " and w._key = l.key and w._refuse is null)"
            )
            self._execute(
                "insert into unify.quarantine"
                " (run_id, source_table, key, column_name, reason, original)"
                f" select {run}, source_table, key, column_name, reason, original"
                f" from unify.quarantine where run_id = {memory} and {mine}"
            )
        written = " or ".join(
            f"_section = {number} and _key in (select _key from {self._affected(table)})"
            for number, table in enumerate(tables)
        )
        rows = f"(select * from {self._want} where {written}) as w"
        self._execute(note_statement(self._carry.run, self._sections, rows))

    def _write_facts(self, tables: Sequence[PlannedTable]) -> None:
        """The keys of the rows that other rows would find elsewhere now, or not at all."""
        tenant = self._carry.plan.tenant
        owner = "null::text"
        if (
            tenant is not None
            and self._target.has_column(tenant.column)
            and (tenant.column in self._given())
        ):
            owner = f"w.{name_sql(tenant.column)}::text"
        moved = (
            f"select h._new from {self._had} as h left join {self._want} as w"
            f" on w._new = h._new and {GOOD} where h._outcome = 'l'"
            f" and (w._new is null or h._tenant is distinct from {owner})"
        )
        for number, table in enumerate(tables):
            self._carry.add_facts(
                table.name,
                "select coalesce(h._key, w._key) from"
                f" (select * from {self._had} where _section = {number} and not _is_left) as h"
                f" full join (select w.*, {owner} as _owner from {self._want} as w"
                f" where w._section = {number} and w._refuse is null) as w on w._key = h._key"
                " where (h._key is null) <> (w._key is null) or h._new is distinct from w._at"
                " or h._outcome is distinct from w._outcome"
                " or (w._outcome = 'l' and h._tenant is distinct from w._owner)"
                f" union all select m.old_id from"
                f" unify.{self._carry.map_of(table.name).partition} as m"
                f" where m.outcome = 'm' and m.{self._column} in ({moved})",
            )

    def _write_map(self, number: int, table: PlannedTable) -> None:
        found = self._carry.map_of(table.name)
        self._execute(
            f"delete from unify.{found.partition} as m using {self._affected(table)} as a"
            " where m.old_id = a._key"
        )
        self._execute(
            f"insert into unify.{found.partition} (map_id, old_id, {self._column}, outcome)"
            f" select {found.map_id}, _key, _at, _outcome from {self._want}"
            f" where _section = {number} and _refuse is null"
            f" and _key in (select _key from {self._affected(table)})"
        )
