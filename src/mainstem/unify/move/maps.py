"""What `:stage.x` and `:map.x` stand for in a run: its own tables, made when they are needed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

from mainstem.errors import ConfigError
from mainstem.kit.naming import did_you_mean
from mainstem.unify.move.statements import key_value, map_key, target_name
from mainstem.unify.move.templates import Place, fill_places, find_places
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.ledger.rows import LegacyMap, Run
    from mainstem.unify.plan.model import Plan, PlannedTable, Select

    Connection = psycopg.Connection[TupleRow]

_NAME_BYTES_MAX = 63


def own_table(run: Run, kind: str, table: str, column: str | None = None) -> str:
    """The name of a run's own table as SQL."""
    name = f"{kind} {table}" if column is None else f"{kind} {table} by {column}"
    if len(name.encode()) > _NAME_BYTES_MAX:
        name = f"{kind} {hashlib.sha256(name.encode()).hexdigest()[:32]}"
    return f"{name_sql(run.staging_schema)}.{name_sql(name)}"


@dataclass(frozen=True)
class Maps:
    """The maps of the tables that are loaded so far."""

    run: Run
    plan: Plan
    targets: dict[str, TargetTable]
    loaded: dict[str, LegacyMap]

    def fill(self, select: Select) -> str:
        """The select with its places filled in; its maps must have been made."""
        return fill_places(
            select.text, lambda place: own_table(self.run, place.kind, place.table, place.column)
        )

    def make(self, connection: Connection, place: Place) -> None:
        """Make a map's table: old_id, id, tenant, outcome."""
        name = own_table(self.run, "map", place.table, place.column)
        planned = self.plan.table(place.table)
        connection.execute(f"create unlogged table {name} as\n{self._select(planned, place)}")
        connection.execute(f"analyze {name}")

    def show(self, connection: Connection, place: Place) -> None:
        """Make a map a view instead: it is then always as the target is."""
        name = own_table(self.run, "map", place.table, place.column)
        planned = self.plan.table(place.table)
        connection.execute(f"create or replace view {name} as\n{self._select(planned, place)}")

    def make_again(self, connection: Connection, tables: set[str]) -> None:
        """Make the maps of these source tables anew, those that were made: rows were taken out."""
        places = {place for select in self.plan.selects for place in map_needs(select)}
        for place in places:
            if place.table not in tables:
                continue
            name = own_table(self.run, "map", place.table, place.column)
            row = connection.execute("select to_regclass(%s) is not null", (name,)).fetchone()
            if row is not None and row[0]:
                connection.execute(f"drop table {name}")
                self.make(connection, place)

    def _select(self, planned: PlannedTable, place: Place) -> str:
        assert planned.into is not None
        target = self.targets[planned.into]
        tenant = self.plan.tenant
        key = new_key(target, self.plan)
        found = self.loaded[place.table]
        value, column = map_key(target, key, "t")
        identity = key_value(key, "t")
        owner = "null::text"
        if tenant is not None and target.has_column(tenant.column):
            owner = f"t.{name_sql(tenant.column)}"
        elif tenant is not None and target.name == tenant.root:
            owner = identity
        old, join = "m.old_id", ""
        if place.column is not None:
            staged = own_table(self.run, "stage", place.table)
            old = f"s.{name_sql(place.column)}::text"
            join = f"\njoin {staged} as s on s._key = m.old_id and {old} is not null"
        return (
            f"select {old} as old_id, {identity} as id, {owner} as tenant, m.outcome\n"
            f"from unify.{found.partition} as m\n"
            f"join {target_name(target)} as t on {value} = m.{column}{join}"
        )


def also_name(select: Select) -> str:
    """The name of a further target table as SQL."""
    return f"{name_sql(select.target_schema)}.{name_sql(select.target_table)}"


def check_places(plan: Plan, order: Sequence[str]) -> None:
    """Refuse selects that name what is not there, or not there yet when they are run.

    Raises ConfigError with the file and the name.
    """
    moved = {table.name: table for table in plan.moved()}
    for select in plan.selects:
        for place in find_places(select.text):
            where = f"{plan.directory / select.file}: `:{place.kind}.{place.table}`"
            if place.table not in moved:
                raise ConfigError(
                    f"{where} is no source table that the plan moves"
                    + did_you_mean(place.table, moved)
                )
            is_merging = plan.is_merging(moved[place.table])
            _check_place(place, select, where, moved=moved, order=order, is_merging=is_merging)


def _check_place(
    place: Place,
    select: Select,
    where: str,
    *,
    moved: Mapping[str, PlannedTable],
    order: Sequence[str],
    is_merging: bool,
) -> None:
    planned = moved[place.table]
    if place.kind == "merged" and not is_merging:
        raise ConfigError(f"{where}: the plan merges no rows of {place.table}")
    target = moved[select.source_table].into
    if place.kind == "map" and planned.into is not None and target is not None:
        here, there = order.index(target), order.index(planned.into)
        if there > here or (there == here and not select.is_also):
            raise ConfigError(
                f"{where} is not loaded before {target}: two tables need each other; "
                f"join :stage.{place.table} instead"
            )
    staged = [column.name for column in planned.staged]
    if place.column is not None and place.column not in staged:
        raise ConfigError(
            f"{where} has no column {place.column}{did_you_mean(place.column, staged)}"
        )


def new_key(target: TargetTable, plan: Plan) -> tuple[str, ...]:
    """What tells the target's rows apart once the tenant is known."""
    return target.key_columns(plan.tenant.column if plan.tenant else None)


def forget_maps(connection: Connection, run: Run) -> None:
    """Drop every map of a run, so that they are made anew: a server's crash empties them."""
    rows = connection.execute(
        "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = %s and c.relname like 'map %%'",
        (run.staging_schema,),
    ).fetchall()
    for (name,) in rows:
        connection.execute(
            sql.SQL("drop table {}").format(sql.Identifier(run.staging_schema, name))
        )


def map_needs(select: Select) -> set[Place]:
    """The maps that a select reads."""
    return {place for place in find_places(select.text) if place.kind == "map"}


def load_order(plan: Plan) -> list[str]:
    """The target tables in an order in which each finds the maps that it reads.

    Of tables that need each other the one that the manifest names first comes first.
    """
    into = {table.name: table.into for table in plan.moved() if table.into is not None}
    needs: dict[str, set[str]] = {name: set() for name in into.values()}
    for select in plan.selects:
        target = into[select.source_table]
        for place in find_places(select.text):
            if place.kind == "map" and place.table in into and into[place.table] != target:
                needs[target].add(into[place.table])
    return list(_sorted(needs))


def _sorted(needs: dict[str, set[str]]) -> Iterable[str]:
    left = dict(needs)
    while left:
        ready = [name for name, wanted in left.items() if not wanted & left.keys()]
        name = ready[0] if ready else next(iter(left))
        del left[name]
        yield name
