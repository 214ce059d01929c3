"""Rows of several source tables that are one row of a target: made one once all are staged.

The row of the first source keeps its id; references to the others find it by `:merged.x` and the
maps. Each column keeps the value that the plan chooses; every value that gives way or is taken over
is a row of the ledger, a reference that gives way too. A row never becomes one with a row of
another tenant: it waits in quarantine instead. A table in which other rows need to be found for
this (a reference or the tenant) comes after the tables that it points at.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mainstem.pg.connect import clear_errors
from mainstem.unify.ledger import store
from mainstem.unify.move.known import Known, of_target
from mainstem.unify.move.maps import own_table
from mainstem.unify.move.merge import first_of, spread
from mainstem.unify.move.schedule import Task
from mainstem.unify.move.stage import stage_name
from mainstem.unify.move.stream import MASK
from mainstem.unify.move.templates import find_places
from mainstem.unify.plan.identity import staged_identity
from mainstem.unify.plan.model import Keep
from mainstem.unify.plan.names import name_sql, text_sql
from mainstem.unify.plan.transfer import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.move.run import Move
    from mainstem.unify.plan.model import Plan, PlannedColumn, PlannedMerge, PlannedTable

    Connection = psycopg.Connection[TupleRow]

#: the rules of the ledger
RULES = {
    Keep.NEWEST: "merge-newest",
    Keep.FIRST_SOURCE: "merge-first-source",
    Keep.NOT_NULL: "merge-not-null",
}
#: the rule, and what stands for the survivor, where a row of the target stands for a staged one
TARGET_ROW = "merge-target-row"
#: the rule where two rows that are one point at different rows
REFERENCE = "merge-reference"
_EMPTY = "''"
_SCRATCH = ("digest", "like", "same", "rows", "kept")
#: which row of a group stays
_FIRST = "_source, _time desc nulls last, length(_old) desc, _old desc"


def merge_tasks(move: Move, run: Run) -> Iterator[Task]:
    """The merges of the plan that are not done yet, one after the other.

    Each may begin once the tables that it reads are staged. It raises ConfigError when it names a
    column that a source table does not fill.
    """
    done = store.step_names(move.session.main, run.id)
    move.session.main.commit()
    before: list[str] = []
    for merge in _in_order(move.plan):
        step = across_name(merge)
        if step in done or f"load {merge.target}" in done:
            continue
        stages = map(stage_name, _read_by(move.plan, merge))
        yield Task(
            step,
            partial(_merge, move=move, run=run, merge=merge),
            after=frozenset(stages).union(before),
        )
        before = [step]


def read_by_merges(plan: Plan) -> set[str]:
    """The source tables that must be staged before all merges can be done."""
    return {name for merge in plan.merges for name in _read_by(plan, merge)}


def _merge(connection: Connection, *, move: Move, run: Run, merge: PlannedMerge) -> None:
    move.reporter.step(across_name(merge), None)
    with clear_errors(across_name(merge)):
        _Merging(connection, run, move.plan, merge).do()
    store.save_step(connection, run.id, name=across_name(merge), position=1)
    connection.commit()


def _read_by(plan: Plan, merge: PlannedMerge) -> set[str]:
    """The source tables that a merge reads: its own, and all that their references lead to."""
    found: set[str] = set()
    waiting = [table.name for table in tables_of(plan, merge)]
    while waiting:
        table = plan.table(waiting.pop())
        if table.name in found:
            continue
        found.add(table.name)
        waiting += [c.reference.table for c in table.columns if c.reference is not None]
        waiting += [p.table for text in table.leave.values() for p in find_places(text)]
    return found


def across_name(merge: PlannedMerge) -> str:
    """The step that merges rows of several sources."""
    return f"merge into {merge.target}"


def make_empty(connection: Connection, run: Run, plan: Plan) -> None:
    """Make `:merged.x` where a merge of the plan finds it missing: nothing is merged there yet."""
    for merge in plan.merges:
        for table in tables_of(plan, merge):
            if not table.merge:
                connection.execute(
                    f"create unlogged table if not exists {own_table(run, 'merged', table.name)}"
                    " (_key text not null, survivor text not null, id text)"
                )


def _in_order(plan: Plan) -> list[PlannedMerge]:
    """The merges, each after those of the tables that its rows point at."""
    found: list[PlannedMerge] = []

    def add(merge: PlannedMerge, above: tuple[str, ...]) -> None:
        for other in plan.merges:
            is_needed = other.target in _pointed_at(plan, merge) and other.target not in above
            if is_needed and other is not merge:
                add(other, (*above, merge.target))
        if merge not in found:
            found.append(merge)

    for merge in plan.merges:
        add(merge, ())
    return found


def _pointed_at(plan: Plan, merge: PlannedMerge) -> set[str | None]:
    tables = tables_of(plan, merge)
    return {
        plan.table(column.reference.table).into
        for table in tables
        for column in table.columns
        if column.reference is not None
    } | {plan.end_of(table, table.tenant_path).into for table in tables if table.tenant_path}


def tables_of(plan: Plan, merge: PlannedMerge) -> list[PlannedTable]:
    """The source tables whose rows a merge is about, those of the first source first."""
    return [table for table in plan.moved() if table.into == merge.target]


class _Merging(Known):
    """One merge of a run."""

    def do(self) -> None:
        """Find, choose, note, and write into the staged rows that stay."""
        for kind in _SCRATCH:
            self.connection.execute(f"drop table if exists {self._own(kind)}")
        for table in self._tables():
            if not table.merge:
                self.connection.execute(f"truncate {self.merged(table)}")
        self._find()
        spread(self.connection, self._own("same"), of=self.merge.target)
        self._gather()
        for number, table in enumerate(self._tables()):
            self._part_tenants(number, table)
        self._choose()
        for number, table in enumerate(self._tables()):
            self._note_merged(number, table)
            self._note_values(number, table)
            self._note_references(number, table)
            self._write(number, table)
        if self.merge.has_target_rows:
            for table in self._tables():
                self._meet_target(table)
        for kind in _SCRATCH:
            self.connection.execute(f"drop table {self._own(kind)}")

    def _meet_target(self, table: PlannedTable) -> None:
        """Let rows that the target has already stand for staged ones; they stay as they are."""
        merged = self.merged(table)
        target = self.target()
        identity = name_sql(table.id_column or "id")
        for way in self.merge.by:
            joins, values = self.values(table, way)
            equal = " and ".join(
                f"{value} = {of_target(part)}" for part, value in zip(way, values, strict=True)
            )
            tenant = self.tenant(table, joins)
            if tenant is not None:
                self._part_from_target(table, joins, equal, tenant)
            met = (
                f"(select distinct on (s._key) s._key, t.{identity}::text as id,"
                f" ({staged_identity(table, self.plan, 's')})::text as was"
                f" from {self.stage(table)} as s{''.join(joins)} join {target} as t on {equal}"
                f" where not exists (select from {merged} as g where g._key = s._key)"
                f"{self.stays(table)} order by s._key)"
            )
            for other in self._tables():
                self.connection.execute(
                    f"update {self.merged(other)} as m set id = x.id from {met} as x"
                    " where m.id = x.was"
                )
            self.connection.execute(
                f"insert into {merged} (_key, survivor, id)"
                f" select _key, {text_sql(TARGET_ROW)}, id from {met} as x"
            )
        for column in self._filled(table):
            assert column.into is not None
            before = canonical(f"s.{name_sql(column.name)}", column.type)
            after = canonical(f"t.{name_sql(column.into)}", column.type)
            if table.holds_secret(column.name):
                before = after = text_sql(MASK)
            self.connection.execute(
                "insert into unify.ledger"
                " (run_id, source_table, key, column_name, before, after, rule)"
                f" select {self.run.id}, {text_sql(table.name)}, s._key, {text_sql(column.name)},"
                f" {before}, {after}, {text_sql(TARGET_ROW)}"
                f" from {self.stage(table)} as s join {merged} as m on m._key = s._key"
                f" join {target} as t on t.{identity}::text = m.id"
                f" where m.survivor = {text_sql(TARGET_ROW)} and s.{name_sql(column.name)} is not"
                f" null and {canonical(f's.{name_sql(column.name)}', column.type)}"
                f" is distinct from {canonical(f't.{name_sql(column.into)}', column.type)}"
            )

    def _part_from_target(
        self, table: PlannedTable, joins: Sequence[str], equal: str, tenant: str
    ) -> None:
        """Staged rows that the target has already, but of another tenant, go to quarantine."""
        assert self.plan.tenant is not None, "rows have a tenant"
        self._part(
            table,
            f"(select distinct on (s._key) s._key as _old,"
            f" {text_sql(self.merge.target)} as place"
            f" from {self.stage(table)} as s{''.join(joins)} join {self.target()} as t on {equal}"
            f" where t.{name_sql(self.plan.tenant.column)}::text <> {tenant} order by s._key)",
        )

    def _find(self) -> None:
        """The rows that are known by the same as another, in each way.

        Few are: those whose hash is not alone are found first, and only they are compared.
        """
        ways = [
            (number, table, position, *self.values(table, way))
            for number, table in enumerate(self._tables())
            for position, way in enumerate(self.merge.by)
        ]
        digests = [
            f"select {number} as source, s._key, {position} as way,"
            f" hash_record_extended(row({', '.join(values)}), 0) as digest"
            f" from {self.stage(table)} as s{''.join(joins)}"
            f" where {' and '.join(f'{value} <> {_EMPTY}' for value in values)}"
            f" and not exists (select from {self.merged(table)} as g where g._key = s._key)"
            f"{self.stays(table)}"
            for number, table, position, joins, values in ways
        ]
        digest, like, same = (self._own(kind) for kind in ("digest", "like", "same"))
        self.connection.execute(f"create unlogged table {digest} as {' union all '.join(digests)}")
        self.connection.execute(
            f"create unlogged table {like} as select d.source, d._key, d.way from {digest} as d"
            f" join (select way, digest from {digest} group by 1, 2 having count(*) > 1) as x"
            " using (way, digest)"
        )
        self.connection.execute(f"analyze {like}")
        known = " union all ".join(
            f"select {text_sql(f'{number}/')} || s._key as _key, {position} as way,"
            f" jsonb_build_array({', '.join(values)})::text as same_as"
            f" from {like} as l join {self.stage(table)} as s using (_key){''.join(joins)}"
            f" where l.source = {number} and l.way = {position}"
            for number, table, position, joins, values in ways
        )
        self.connection.execute(
            f"create unlogged table {same} as select x._key, x.way, x.same_as, x._key as label"
            f" from (select *, count(*) over (partition by way, same_as) as size"
            f" from ({known}) as k) as x where size > 1"
        )
        self.connection.execute(f"create index on {same} (_key)")
        self.connection.execute(f"create index on {same} (way, same_as)")
        self.connection.execute(f"analyze {same}")

    def _gather(self) -> None:
        """The rows that are the same as others, with their values under the target's names."""
        selects = []
        for number, table in enumerate(self._tables()):
            own = {column.into: column for column in self._filled(table)}
            values = [
                f"s.{name_sql(own[name].name)} as {name_sql(name)}"
                if name in own
                else f"null::{type_name} as {name_sql(name)}"
                for name, type_name in self._columns()
            ]
            time = self._time(table)
            joins: list[str] = []
            tenant = self.tenant(table, joins) or "null::text"
            selects.append(
                f"select g.label, {number} as _source, s._key as _old, {time} as _time,"
                f" ({staged_identity(table, self.plan, 's')})::text as _id, {tenant} as _tenant"
                f"{''.join(', ' + value for value in values)}"
                f" from (select distinct _key, label from {self._own('same')}) as g"
                f" join {self.stage(table)} as s on g._key = {text_sql(f'{number}/')} || s._key"
                f"{''.join(joins)}"
            )
        self.connection.execute(
            f"create unlogged table {self._own('rows')} as {' union all '.join(selects)}"
        )

    def _part_tenants(self, number: int, table: PlannedTable) -> None:
        """Rows of another tenant than the row that stays go to quarantine, not into that row."""
        names = " ".join(
            f"when {other} then {text_sql(found.name)}"
            for other, found in enumerate(self._tables())
        )
        parted = (
            f"(select r._old, case k._source {names} end as place"
            f" from {self._own('rows')} as r join (select distinct on (label) * from"
            f" {self._own('rows')} order by label, {_FIRST}) as k using (label)"
            f" where r._source = {number} and r._tenant <> k._tenant)"
        )
        self._part(table, parted)
        self.connection.execute(
            f"delete from {self._own('rows')} as r where r._source = {number} and not exists"
            f" (select from {self.stage(table)} as s where s._key = r._old)"
        )

    def _part(self, table: PlannedTable, parted: str) -> None:
        """Take rows (_old, place) out of the staged ones, into quarantine."""
        self.connection.execute(
            f"with parted as {parted}, gone as (delete from {self.stage(table)} as s"
            " using parted as p where s._key = p._old)"
            " insert into unify.quarantine"
            " (run_id, source_table, key, column_name, reason, original)"
            f" select {self.run.id}, {text_sql(table.name)}, _old, null, 'is the same as a row of '"
            " || place || ' that belongs to another tenant', '{}' from parted"
        )

    def _choose(self) -> None:
        """For each group the row that stays, and the value of each column that stays."""
        newest = "_time desc nulls last, _source, length(_old) desc, _old desc"
        values = ""
        for name, type_name in self._columns():
            keep, value = self._keep(name), name_sql(name)
            order = newest if keep is Keep.NEWEST else _FIRST
            present = "true" if keep is Keep.FIRST_SOURCE else f"{value} is not null"
            chosen = first_of(value, type_name, order=order, only=present)
            values += f", {chosen} as {value}"
        self.connection.execute(
            f"create unlogged table {self._own('kept')} as select label,"
            f" (array_agg(_source order by {_FIRST}))[1] as _source,"
            f" (array_agg(_old order by {_FIRST}))[1] as _old,"
            f" (array_agg(_id order by {_FIRST}))[1] as _id{values}"
            f" from {self._own('rows')} group by label"
        )

    def _note_merged(self, number: int, table: PlannedTable) -> None:
        """Add to `:merged.x`; rows that were merged into one that gives way follow it."""
        merged = self.merged(table)
        gone = (
            f"(select r._old, k._old as survivor, k._id as id from {self._own('rows')} as r"
            f" join {self._own('kept')} as k using (label) where r._source = {number}"
            " and (r._source, r._old) <> (k._source, k._old))"
        )
        self.connection.execute(
            f"update {merged} as m set survivor = g.survivor, id = g.id from {gone} as g"
            " where m.survivor = g._old"
        )
        self.connection.execute(
            f"insert into {merged} (_key, survivor, id) select _old, survivor, id from {gone} as g"
        )
        self.connection.execute(f"analyze {merged}")

    def _note_values(self, number: int, table: PlannedTable) -> None:
        """Every value that gives way, and every one that the row which stays takes over."""
        for column in self._filled(table):
            assert column.into is not None
            name = name_sql(column.into)
            before, after = (canonical(f"{row}.{name}", column.type) for row in "rk")
            if table.holds_secret(column.name):
                before = f"case when r.{name} is not null then {text_sql(MASK)} end"
                after = text_sql(MASK)
            self.connection.execute(
                "insert into unify.ledger"
                " (run_id, source_table, key, column_name, before, after, rule)"
                f" select {self.run.id}, {text_sql(table.name)}, r._old, {text_sql(column.name)},"
                f" {before}, {after}, {text_sql(RULES[self._keep(column.into)])}"
                f" from {self._own('rows')} as r join {self._own('kept')} as k using (label)"
                f" where r._source = {number} and r.{name} is distinct from k.{name}"
                f" and ((r._source, r._old) = (k._source, k._old) or r.{name} is not null)"
            )

    def _note_references(self, number: int, table: PlannedTable) -> None:
        """Every reference of a row that gives way, where the row that stays points elsewhere."""
        for column in table.columns:
            if column.reference is None or column.reference.into is None:
                continue
            if self.plan.tenant is not None and column.reference.into == self.plan.tenant.column:
                continue
            joins: list[str] = []
            before = self.pointed(table, (column.name,), joins)
            for stays, other in enumerate(self._tables()):
                own = self._reference_into(other, column.reference.into)
                others: list[str] = []
                after = self.pointed(other, (own,), others) if own is not None else "null::text"
                self.connection.execute(
                    "insert into unify.ledger"
                    " (run_id, source_table, key, column_name, before, after, rule)"
                    f" select {self.run.id}, {text_sql(table.name)}, r._old,"
                    f" {text_sql(column.name)}, b.value, a.value, '{REFERENCE}'"
                    f" from {self._own('rows')} as r join {self._own('kept')} as k using (label)"
                    f" cross join lateral (select {before} as value from {self.stage(table)} as s"
                    f"{''.join(joins)} where s._key = r._old) as b"
                    f" left join lateral (select {after} as value from {self.stage(other)} as s"
                    f"{''.join(others)} where s._key = k._old) as a on true"
                    f" where r._source = {number} and k._source = {stays}"
                    " and (r._source, r._old) <> (k._source, k._old)"
                    " and b.value is distinct from a.value and b.value is not null"
                )

    @staticmethod
    def _reference_into(table: PlannedTable, name: str) -> str | None:
        found = [c.name for c in table.columns if c.reference and c.reference.into == name]
        return found[0] if found else None

    def _write(self, number: int, table: PlannedTable) -> None:
        """The values that stay, into the staged rows that stay."""
        columns = self._filled(table)
        if not columns:
            return
        sets = ", ".join(
            f"{name_sql(column.name)} = k.{name_sql(column.into or '')}" for column in columns
        )
        changed = " or ".join(
            f"s.{name_sql(column.name)} is distinct from k.{name_sql(column.into or '')}"
            for column in columns
        )
        self.connection.execute(
            f"update {self.stage(table)} as s set {sets} from {self._own('kept')} as k"
            f" where k._source = {number} and s._key = k._old and ({changed})"
        )

    def _filled(self, table: PlannedTable) -> list[PlannedColumn]:
        """The columns whose values may be another row's: not the key, nor what makes the id."""
        fixed = {*table.key, table.created}
        names = {name for name, _ in self._columns()}
        return [c for c in table.staged if c.into in names and c.name not in fixed]

    def _columns(self) -> list[tuple[str, str]]:
        """The target's columns that values are chosen for, each with its type."""
        found: dict[str, str] = {}
        for table in self._tables():
            fixed = {*table.key, table.created}
            for column in table.staged:
                if column.into not in {None, table.id_column} and column.name not in fixed:
                    found.setdefault(column.into or "", column.type)
        return list(found.items())

    def _time(self, table: PlannedTable) -> str:
        """When a row was written, for the newest."""
        column = next((c for c in table.staged if c.into == self.merge.time and c.into), None)
        name = column.name if column is not None else table.created
        return "null::timestamptz" if name is None else f"s.{name_sql(name)}::timestamptz"

    def _keep(self, name: str) -> Keep:
        return self.merge.columns.get(name, self.merge.keep)

    def _tables(self) -> list[PlannedTable]:
        return tables_of(self.plan, self.merge)

    def _own(self, kind: str) -> str:
        return own_table(self.run, f"{kind} into", self.merge.target)
