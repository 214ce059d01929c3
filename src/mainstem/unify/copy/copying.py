"""Copies one SQLite file: load, build, verify, publish; a killed one goes on from its ledger."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Final

from psycopg import sql

from mainstem.unify.copy.build import Builder
from mainstem.unify.copy.constraints import plan_constraints
from mainstem.unify.copy.crew import Crew
from mainstem.unify.copy.design import choose_types, design_tables
from mainstem.unify.copy.judge import WrongTypeError
from mainstem.unify.copy.loading import Loading, part_names
from mainstem.unify.copy.proof import prove, wrong_generated
from mainstem.unify.copy.publish import (
    analyze,
    check_free,
    publish,
    relation_names,
    set_counter,
)
from mainstem.unify.copy.tables import accepted, create_table
from mainstem.unify.ledger import store
from mainstem.unify.move.edits import PUBLISHED, written_before
from mainstem.unify.plan.names import name_sql
from mainstem.unify.progress import Silence

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Catalog
    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.copy.constraints import Plan
    from mainstem.unify.copy.design import TargetTable, Types
    from mainstem.unify.ledger.rows import Run, Step
    from mainstem.unify.progress import Reporter

    Connection = psycopg.Connection[TupleRow]

_DESIGN: Final = "design"
_REMAKES_MAX: Final = 3  # for each column: a wider type, its content's, no longer generated
_FIRST: Final = 0
_LAST: Final = 9


class Copying:
    """One copy on its way; `connection` is the caller's, `second` builds beside it."""

    def __init__(
        self,
        source: SqliteSource,
        catalog: Catalog,
        run: Run,
        *,
        connection: Connection,
        second: Connection,
        url: str,
        reporter: Reporter,
    ) -> None:
        self._source = source
        self._catalog = catalog
        self._run = run
        self._connection = connection
        self._second = second
        self._url = url
        self._reporter = reporter
        self._steps = self._read_steps()
        self._types: Types = {}
        #: table -> generated columns that keep their values as plain ones
        self._plain: Types = {}

    def execute(self) -> None:
        """Do what is left of the copy.

        Raises SourceError when the source changed or cannot be read: the caller then discards.
        """
        loading = Loading(
            self._connection, self._run, self._source, url=self._url, reporter=self._reporter
        )
        crew = Crew(self._second)
        try:
            tables = self._design()
            builder = self._load(tables, loading, crew)
            self._source.check_unchanged()
            self._build(tables, builder, crew)
        finally:
            loading.close()
            crew.stop()
        prove(
            self._connection,
            self._run,
            self._source,
            self._catalog,
            url=self._url,
            reporter=self._reporter,
        )
        self._source.check_unchanged()
        self._finish(tables)

    # Design

    def _design(self) -> list[TargetTable]:
        """The tables as designed by this run, made where they are not made yet."""
        step = self._steps.get(_DESIGN)
        if step is None:
            self._types = choose_types(self._source, self._catalog)
            tables = [self._designed(position) for position in range(len(self._catalog.tables))]
            with self._connection.transaction():
                schema = sql.Identifier(self._run.staging_schema)
                self._connection.execute(sql.SQL("create schema {}").format(schema))
                for target in tables:
                    create_table(self._connection, self._run.staging_schema, target)
                self._save_design(tables)
            return tables
        assert isinstance(step.detail, dict)
        self._types, self._plain = step.detail["types"], step.detail["plain"]
        return [self._designed(position) for position in range(len(self._catalog.tables))]

    def _designed(self, position: int) -> TargetTable:
        target = design_tables(self._catalog, self._types)[position]
        for column, reason in self._plain.get(target.source.name, {}).items():
            target = target.without_generated(column, reason)
        return accepted(self._connection, self._source, target)

    def _save_design(self, tables: list[TargetTable]) -> None:
        left_out = [*self._catalog.not_carried, *(n for t in tables for n in t.not_carried)]
        store.save_step(
            self._connection,
            self._run.id,
            name=_DESIGN,
            position=_FIRST,
            detail={
                "types": self._types,
                "plain": self._plain,
                "not_carried": [asdict(note) for note in left_out],
            },
        )

    def _remake(self, tables: list[TargetTable], position: int) -> None:
        """Make one table again, empty, after its types changed."""
        old = tables[position]
        name = old.source.name
        tables[position] = self._designed(position)
        with self._connection.transaction():
            place = sql.Identifier(self._run.staging_schema, old.name)
            self._connection.execute(sql.SQL("drop table {}").format(place))
            create_table(self._connection, self._run.staging_schema, tables[position])
            store.forget_table(self._connection, self._run.id, name)
            store.forget_steps(self._connection, self._run.id, part_names(name))
            self._save_design(tables)

    # Load

    def _load(self, tables: list[TargetTable], loading: Loading, crew: Crew) -> Builder:
        """Load every table; its indexes are built beside the next table's load."""
        plan = self._plan(tables)
        pieces = sum(map(len, plan.indexes.values())) + len(tables) + len(plan.foreign_keys)
        building = self._reporter.step("indexes and constraints", pieces)
        builder = Builder(self._run, plan, self._steps, building.advance)
        for position in range(len(tables)):
            self._load_table(loading, tables, position)
            crew.check()
            builder.start_table(tables[position], crew)
        return builder

    def _load_table(self, loading: Loading, tables: list[TargetTable], position: int) -> None:
        """Load a table; again where a type or a generated column turns out wrong."""
        name = tables[position].source.name
        accounts = store.read_accounts(self._connection, self._run.id)
        if any(account.source_table == name for account in accounts):
            return
        for _ in range(_REMAKES_MAX * len(tables[position].columns) + 1):
            try:
                counts = loading.load(tables[position])
            except WrongTypeError as wrong:
                self._types[name][wrong.column] = wrong.type_name
                said = f"its values need {wrong.type_name}"
                self._reporter.say(f"{name}.{wrong.column}: {said}; the table is loaded again")
            else:
                differing = self._wrong_generated(tables[position])
                if differing is None:
                    loading.save_account(tables[position], counts)
                    return
                reason = "PostgreSQL computes other values; a plain column keeps SQLite's"
                self._plain.setdefault(name, {})[differing] = reason
                self._reporter.say(f"{name}.{differing}: {reason}; the table is loaded again")
            self._remake(tables, position)

    def _wrong_generated(self, target: TargetTable) -> str | None:
        return wrong_generated(
            self._connection,
            self._run,
            self._source,
            self._catalog,
            url=self._url,
            target=target,
            reporter=Silence(),
        )

    def _plan(self, tables: list[TargetTable]) -> Plan:
        taken = relation_names(self._connection, self._run.schema_name)
        plan = plan_constraints(tables, self._run.staging_schema, taken)
        with self._connection.transaction():
            store.save_step(
                self._connection,
                self._run.id,
                name="plan constraints",
                position=_FIRST,
                detail=[asdict(note) for note in plan.not_carried] or None,
            )
        return plan

    # Build and publish

    def _build(self, tables: list[TargetTable], builder: Builder, crew: Crew) -> None:
        """Build what is left: every index and constraint, then the foreign keys; then analyze."""
        crew.drain(self._connection)
        for key in builder.add_foreign_keys(self._connection):
            crew.add(lambda connection, key=key: builder.validate(connection, key))  # type: ignore[misc] # bound now, as loops demand
        crew.drain(self._connection)
        for target in tables:
            crew.add(partial(analyze, schema=self._run.staging_schema, target=target))
        crew.drain(self._connection)

    def _finish(self, tables: list[TargetTable]) -> None:
        """Set the counters, and move everything into the target schema in one transaction."""
        run, connection = self._run, self._connection
        with connection.transaction():
            for target in tables:
                set_counter(connection, run.staging_schema, target)
            check_free(connection, run.schema_name, [target.name for target in tables])
            publish(connection, run, tables)
            store.save_step(
                connection,
                run.id,
                name=PUBLISHED,
                position=_LAST,
                detail=written_before(
                    connection,
                    [f"{name_sql(run.schema_name)}.{name_sql(t.name)}" for t in tables],
                ),
            )
            store.set_state(connection, run.id, "finished")

    def _read_steps(self) -> dict[str, Step]:
        return store.read_steps(self._connection, self._run.id)
