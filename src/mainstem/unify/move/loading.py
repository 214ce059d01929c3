"""From staging into the targets: take indexes off, load, put everything back, finish."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from psycopg import errors

from mainstem.errors import UnifyError
from mainstem.pg.connect import said_of
from mainstem.unify.ledger import store
from mainstem.unify.move import conflicts
from mainstem.unify.move.cycles import Cycle, find_cycles, parents_first
from mainstem.unify.move.definitions import (
    TableRecord,
    partitions_of,
    put_back_foreign_keys,
    put_back_index,
    put_back_triggers,
    take_off,
)
from mainstem.unify.move.edits import writing_now
from mainstem.unify.move.large_values import MEND_LARGE, largest_staged
from mainstem.unify.move.load import Loader
from mainstem.unify.move.maps import (
    Maps,
    also_name,
    check_places,
    forget_maps,
    load_order,
    map_needs,
)
from mainstem.unify.move.partitions import make_partitions
from mainstem.unify.move.prepared import Prepared, read_prepared, save_prepared
from mainstem.unify.move.schedule import Task
from mainstem.unify.move.sequences import advance_sequences
from mainstem.unify.move.stage import stage_name
from mainstem.unify.move.statements import target_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.move.definitions import ForeignKeyRecord, IndexRecord
    from mainstem.unify.move.run import Move
    from mainstem.unify.move.templates import Place
    from mainstem.unify.plan.model import Plan, Select

    Connection = psycopg.Connection[TupleRow]


#: the step that drops the staged rows
UNSTAGE = "drop what was staged"


def load_all(move: Move, run: Run, targets: Mapping[str, TargetTable]) -> None:
    """Do every step that is not done yet, each in a transaction of its own.

    Raises UnifyError or ConfigError when rows cannot be accounted for or SQL does not work.
    """
    connection = move.session.main
    names = load_order(move.plan)
    check_places(move.plan, names)
    order = parents_first(move.plan, [targets[name] for name in names])
    staged = Staged.read(connection, run, move.plan)
    prepared = read_prepared(connection, run) or _prepare(move, run, order, staged)
    loaded = {
        found.source_table: found
        for found in store.read_maps(connection, run.id)
        if found.role == "main"
    }
    forget_maps(connection, run)
    connection.commit()
    maps = Maps(run, move.plan, dict(targets), loaded)
    tasks = Tasks(move, run, maps, order, prepared, find_cycles(move.plan, order), staged)
    move.session.do(tasks.left())
    _finish(move, run, order, prepared)


def _prepare(move: Move, run: Run, order: list[TargetTable], staged: Staged) -> Prepared:
    """Take off what slows the load, and make partitions; all targets in one transaction."""
    connection = move.session.main
    names = [target_name(target) for target in order]
    prepared = Prepared({target.name: target for target in order}, {})
    for target, name in zip(order, names, strict=True):
        record = take_off(connection, name, rows=staged.into(target), loaded_tables=names)
        prepared.records[target.name] = record
        if not target.is_partitioned:
            continue
        make_partitions(connection, run, move.plan, target)
        prepared.made_partitions[name] = [
            partition
            for partition in partitions_of(connection, name)
            if partition not in record.partitions
        ]
    for name, selects in _further(move.plan).items():
        prepared.further_keys[name] = conflicts.primary_key(connection, selects[0])
        rows = sum(staged.rows[select.source_table] for select in selects)
        if _is_empty(connection, name):
            prepared.records[name] = take_off(connection, name, rows=rows, loaded_tables=names)
    store.set_state(connection, run.id, "loading")
    save_prepared(connection, run, prepared)
    connection.commit()
    return prepared


def _further(plan: Plan) -> dict[str, list[Select]]:
    """Further tables, as SQL, and the selects that give them rows."""
    found: dict[str, list[Select]] = {}
    for select in plan.selects:
        if select.is_also:
            found.setdefault(also_name(select), []).append(select)
    return found


def _is_empty(connection: Connection, table: str) -> bool:
    row = connection.execute(f"select not exists (select from {table})").fetchone()
    return row is not None and bool(row[0])


@dataclass(frozen=True)
class Staged:
    """How many rows were staged of each source table."""

    plan: Plan
    rows: Mapping[str, int]

    @classmethod
    def read(cls, connection: Connection, run: Run, plan: Plan) -> Staged:
        """As the steps of staging say; every table is staged before any is loaded."""
        names = {table.name: stage_name(table.name) for table in plan.moved()}
        steps = store.read_steps(connection, run.id, names.values())
        return cls(plan, {table: steps[name].row_count or 0 for table, name in names.items()})

    def into(self, target: TargetTable) -> int:
        """Of all tables that go into a target."""
        tables = (table.name for table in self.plan.moved() if table.into == target.name)
        return sum(self.rows[name] for name in tables)


@dataclass(frozen=True)
class Tasks:
    """What is left to do between staging and the end, as tasks for two connections."""

    move: Move
    run: Run
    maps: Maps
    order: list[TargetTable]
    prepared: Prepared
    cycles: list[Cycle]
    staged: Staged

    def left(self) -> list[Task]:
        """The tasks that no earlier attempt has done, the longest way first."""
        done = store.step_names(self.move.session.main, self.run.id)
        self.move.session.main.commit()
        found = [
            *self._loads(),
            *self._settles(),
            *self._indexes(),
            self._unstage(),
            *self._analyzes(),
            *self._links(),
            self._originals(),
        ]
        left = [task for task in found if task.name not in done]
        return [*self._maps(left), *left]

    def _loads(self) -> Iterator[Task]:
        """Of those that may begin the largest does: the others fit in beside it."""
        for target in sorted(self.order, key=self.staged.into, reverse=True):
            selects = [s for s in self.move.plan.selects if self._into(s) == target.name]
            needs = {place for s in selects if not s.is_also for place in map_needs(s)}
            yield Task(
                f"load {target.name}",
                partial(self._load, target=target),
                after=frozenset(map(_map_name, needs)).union(
                    self._settled(needs, target.name), *self._parents(target, selects)
                ),
                alone_on=frozenset({target_name(target)}),
            )
            for select in selects:
                if select.is_also:
                    yield self._also(select)

    def _parents(self, target: TargetTable, selects: Sequence[Select]) -> Iterator[frozenset[str]]:
        """The steps after which what a target's rows may name by its values is there."""
        for key in target.table.foreign_keys:
            is_together = any(target.name in c and key.parent in c for c in self.cycles)
            is_ours = key.parent in self.maps.targets and key.parent != target.name
            if is_ours and not is_together and any(_may_give(s, key.columns) for s in selects):
                yield self._loaded(key.parent)

    def _also(self, select: Select) -> Task:
        places = map_needs(select)
        needs = {*map(_map_name, places), *self._settled(places, None)}
        name = _also_step(select)
        return Task(
            name,
            partial(self._load_also, select=select, name=name),
            after=frozenset(needs) | self._loaded(self._into(select)),
            alone_on=frozenset({also_name(select)}),
        )

    def _settles(self) -> Iterator[Task]:
        for cycle in self.cycles:
            yield Task(
                cycle.step,
                partial(self._settle, cycle=cycle),
                after=cycle.loads,
                alone_on=frozenset(map(target_name, cycle.targets)),
            )

    def _loaded(self, target: str | None) -> frozenset[str]:
        """The step after which a target has the rows that it will have."""
        steps = [cycle.step for cycle in self.cycles if target in cycle]
        return frozenset(steps or {f"load {target}"})

    def _settled(self, places: set[Place], reader: str | None) -> frozenset[str]:
        """The cycles that must be settled before a reader outside of them reads these maps."""
        return frozenset(
            cycle.step
            for cycle in self.cycles
            if reader not in cycle
            and any(self.move.plan.table(place.table).into in cycle for place in places)
        )

    def _filled(self, name: str) -> frozenset[str]:
        """The tasks after which a recorded table has all its rows."""
        alsos = {
            _also_step(s) for s in self.move.plan.selects if s.is_also and also_name(s) == name
        }
        return frozenset(alsos) or self._loaded(name)

    def _indexes(self) -> Iterator[Task]:
        for name, record in self.prepared.records.items():
            # The unique indexes of a target are built while it is loaded, to find duplicates.
            for index in record.plain if name in self.maps.targets else record.indexes:
                yield Task(
                    f"index {index.name}",
                    partial(self._build, record=record, index=index),
                    after=self._filled(name),
                    shared=frozenset({record.table}),
                )

    def _links(self) -> Iterator[Task]:
        """Foreign keys come last: without statistics the server checks large ones in a slow way."""
        loads = {target_name(target): self._loaded(target.name) for target in self.order}
        analyzes = {r.table: f"analyze {name}" for name, r in self.prepared.records.items()}
        for keys in _together(list(self.prepared.records.values())):
            tables = {table for key in keys for table in (key.table, key.parent)}
            analyzed = {analyzes[table] for table in tables if table in analyzes}
            yield Task(
                _link_step(keys),
                partial(self._link, keys=keys),
                after=frozenset(analyzed).union(*(loads[t] for t in tables if t in loads)),
                alone_on=frozenset(tables),
            )

    def _unstage(self) -> Task:
        """Staged rows go once no load needs them, nor an index that has to say what is too large.

        To remove their files takes as long as the disk likes, so that it is not done at the end.
        """
        alsos = {_also_step(select) for select in self.move.plan.selects if select.is_also}
        indexes = {task.name for task in self._indexes()}
        loads = (self._loaded(target.name) for target in self.order)
        return Task(UNSTAGE, self._drop_staging, after=frozenset(alsos | indexes).union(*loads))

    def _originals(self) -> Task:
        """What waits in quarantine, as its source has it; no step: done twice it is the same."""
        loads = (self._loaded(target.name) for target in self.order)
        return Task("originals", self._fill_originals, after=frozenset[str]().union(*loads))

    def _analyzes(self) -> Iterator[Task]:
        for name, record in self.prepared.records.items():
            yield Task(
                f"analyze {name}",
                partial(self._analyze, name=name, record=record),
                after=self._filled(name),
                alone_on=frozenset({record.table}),
            )

    def _maps(self, left: list[Task]) -> Iterator[Task]:
        """The maps that the tasks read; they are not steps: a resumed run makes them anew."""
        wanted = {name for task in left for name in task.after if name.startswith("map ")}
        for place in {place for s in self.move.plan.selects for place in map_needs(s)}:
            if _map_name(place) in wanted:
                yield Task(
                    _map_name(place),
                    partial(self._make_map, place=place),
                    after=self._mapped(place),
                )

    def _mapped(self, place: Place) -> frozenset[str]:
        """The step after which a map is made; one that its own cycle reads is made before."""
        into = self.move.plan.table(place.table).into
        for cycle in self.cycles:
            if into in cycle and any(
                place in map_needs(select)
                for select in self.move.plan.selects
                if not select.is_also and self._into(select) in cycle
            ):
                return frozenset({f"load {into}"})
        return self._loaded(into)

    def _into(self, select: Select) -> str | None:
        return self.move.plan.table(select.source_table).into

    def _load(self, connection: Connection, target: TargetTable) -> None:
        staged = self.staged.into(target)
        name = f"load {target.name}"
        shown = self.move.reporter.step(name, staged)
        loader = Loader(connection, self.run, self.move.plan, self.maps)
        later = {t.name for cycle in self.cycles if target.name in cycle for t in cycle.targets}
        rows, before = loader.load(target, self.prepared.records[target.name], later=later)
        self._save_load(connection, name, target_name(target), rows, before=before)
        shown.advance(staged)

    def _save_load(
        self, connection: Connection, name: str, table: str, rows: int, *, before: int = 0
    ) -> None:
        """Note that a load is done, and by which transaction; commits."""
        store.save_step(
            connection,
            self.run.id,
            name=name,
            position=2,
            row_count=rows,
            detail={**writing_now(connection, table), "before": before},
        )
        connection.commit()

    def _settle(self, connection: Connection, cycle: Cycle) -> None:
        self.move.reporter.step(cycle.step, None)
        Loader(connection, self.run, self.move.plan, self.maps).settle(cycle)
        store.save_step(connection, self.run.id, name=cycle.step, position=2)
        connection.commit()

    def _load_also(self, connection: Connection, select: Select, name: str) -> None:
        self.move.reporter.step(name, None)
        key = self.prepared.further_keys[also_name(select)]
        rows = Loader(connection, self.run, self.move.plan, self.maps).load_also(select, key)
        self._save_load(connection, name, also_name(select), rows)

    def _make_map(self, connection: Connection, place: Place) -> None:
        self.maps.make(connection, place)
        connection.commit()

    def _build(self, connection: Connection, record: TableRecord, index: IndexRecord) -> None:
        name = f"index {index.name}"
        self.move.reporter.step(name, None)
        # The other connection has work of its own: helpers of this one would only cost more.
        connection.execute("set local max_parallel_maintenance_workers = 0")
        try:
            put_back_index(connection, record.table, index)
        except errors.UniqueViolation:
            raise UnifyError(
                f"rows for {record.table} break {index.name}: two of them have the same key; "
                "correct the `-- also` select that gives them"
            ) from None
        except errors.ProgramLimitExceeded as error:
            connection.rollback()
            into = next(name for name, one in self.prepared.records.items() if one is record)
            largest = largest_staged(connection, self.run, self.move.plan, into)
            raise UnifyError(
                f"cannot build index {index.name} of {into}: {said_of(error)}; {largest}: "
                f"{MEND_LARGE}"
            ) from None
        store.save_step(connection, self.run.id, name=name, position=3)
        connection.commit()

    def _link(self, connection: Connection, keys: Sequence[ForeignKeyRecord]) -> None:
        """Add foreign keys of one table; each row is checked by the server."""
        name, table = _link_step(keys), keys[0].table
        self.move.reporter.step(name, None)
        try:
            put_back_foreign_keys(connection, table, keys)
        except errors.ForeignKeyViolation as error:
            raise UnifyError(
                f"rows of {table} break {error.diag.constraint_name}: the select that fills it "
                "must refuse rows whose reference leads nowhere"
            ) from None
        store.save_step(connection, self.run.id, name=name, position=3)
        connection.commit()

    def _drop_staging(self, connection: Connection) -> None:
        self.move.reporter.step(UNSTAGE, None)
        connection.execute(f"drop schema if exists {self.run.staging_schema} cascade")
        store.save_step(connection, self.run.id, name=UNSTAGE, position=3)
        connection.commit()

    def _fill_originals(self, connection: Connection) -> None:
        waiting = store.read_waiting(connection, self.run.id)
        for table in self.move.plan.moved():
            if table.name in waiting:
                self.move.sources[table.source].fill_originals(connection, self.run, table)
        connection.commit()

    def _analyze(self, connection: Connection, name: str, record: TableRecord) -> None:
        """Gather statistics; of a large table also note that all may see its rows.

        Its keys are then checked by indexes alone.
        """
        self.move.reporter.step(f"analyze {name}", None)
        if record.is_large:
            connection.autocommit = True
            connection.execute(f"vacuum (analyze, truncate false) {record.table}")
            connection.autocommit = False
        else:
            connection.execute(f"analyze {record.table}")
        store.save_step(connection, self.run.id, name=f"analyze {name}", position=3)
        connection.commit()


def _may_give(select: Select, columns: Sequence[str]) -> bool:
    """Whether a select may give all of these columns; without a star it has to name them."""
    text = select.text.lower()
    return "*" in text or all(name.lower() in text for name in columns)


def _together(records: Sequence[TableRecord]) -> list[list[ForeignKeyRecord]]:
    """The foreign keys that are added in one step: of a small table all, of a large one each."""
    large = {record.table for record in records if record.is_large}
    found: dict[tuple[str, ...], list[ForeignKeyRecord]] = {}
    for record in records:
        for key in record.foreign_keys:
            at = (key.table, key.name) if key.table in large else (key.table,)
            found.setdefault(at, []).append(key)
    return list(found.values())


def _link_step(keys: Sequence[ForeignKeyRecord]) -> str:
    return f"link {keys[0].table} {', '.join(key.name for key in keys)}"


def _also_step(select: Select) -> str:
    return f"also {also_name(select)} from {select.source_table}"


def _map_name(place: Place) -> str:
    return f"map {place.table}" if place.column is None else f"map {place.table} by {place.column}"


def _finish(move: Move, run: Run, order: list[TargetTable], prepared: Prepared) -> None:
    connection = move.session.main
    move.reporter.step("finish", None)
    advance_sequences(connection, run, order)
    store.attach_maps(connection, run.id)
    connection.execute("analyze unify.ledger, unify.quarantine")
    for record in prepared.records.values():
        put_back_triggers(connection, record)
    store.set_state(connection, run.id, "finished")
    # The last commit is the one that must be on disk when we say that all is done.
    connection.execute("set local synchronous_commit = on")
    connection.commit()
