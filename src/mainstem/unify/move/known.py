"""What staged rows are known by: values of their own, and ids of the rows that they point at.

Everything is an SQL text about the staged row `s`; what other rows it needs is joined by the lines
that are added to `joins`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError
from mainstem.unify.move.catchup.memory import KIND, others_of
from mainstem.unify.move.maps import own_table
from mainstem.unify.move.templates import fill_places
from mainstem.unify.plan.identity import staged_identity
from mainstem.unify.plan.names import name_sql, qualified_sql, text_sql
from mainstem.unify.plan.ways import fills, read_part

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.plan.model import Plan, PlannedMerge, PlannedTable

    Connection = psycopg.Connection[TupleRow]


@dataclass(frozen=True)
class Known:
    """The staged rows of a merge's tables."""

    connection: Connection
    run: Run
    plan: Plan
    merge: PlannedMerge

    def values(self, table: PlannedTable, way: Sequence[str]) -> tuple[list[str], list[str]]:
        """The joins and texts by which a table's rows are known in one way."""
        joins: list[str] = []
        values = []
        for part in way:
            known = read_part(part)
            values.append(known.sql(self.value(table, known.column, joins)))
        return joins, values

    def value(self, table: PlannedTable, name: str, joins: list[str]) -> str:
        """A target column's value of the staged row `s`, as text."""
        tenant = self.plan.tenant
        if tenant is not None and name == tenant.column and table.tenant_path:
            return self.pointed(table, table.tenant_path, joins)
        for column in table.columns:
            if column.reference is not None and column.reference.into == name:
                return self.pointed(table, (column.name,), joins)
            if column.into == name and column.is_staged:
                return f"(s.{name_sql(column.name)})::text"
        identity = staged_identity(table, self.plan, "s") if name == table.id_column else None
        if identity is not None:
            return f"({identity})::text"
        if name in table.fixed:
            return f"({table.fixed[name]})::text"
        others = (one for one in self.plan.moved() if one.into == self.merge.target)
        if any(fills(other, name) for other in others):
            return "null::text"
        raise ConfigError(
            f"{self.plan.directory}: merge.{self.merge.target} names column {name}, which "
            "no source table fills from a column; choose others"
        )

    def pointed(self, table: PlannedTable, path: Sequence[str], joins: list[str]) -> str:
        """The new id of the row that a path of references leads to."""
        alias = "s"
        for name in path:
            reference = table.column(name).reference
            assert reference is not None, "a path is made of references"
            value = f"{alias}.{name_sql(name)}::text"
            table = self.plan.table(reference.table)
            alias = f"p{len(joins)}"
            by = f"{name_sql(reference.column)}::text" if reference.column is not None else "_key"
            joins.append(f" left join {self.stage(table)} as {alias} on {alias}.{by} = {value}")
        identity = staged_identity(table, self.plan, alias)
        if not self.plan.is_merging(table):
            return f"({identity})::text"
        merged = f"m{len(joins)}"
        joins.append(f" left join {self.merged(table)} as {merged} on {merged}._key = {alias}._key")
        return f"coalesce({merged}.id, ({identity})::text)"

    def stays(self, table: PlannedTable) -> str:
        """The condition of a staged row `s` that no decision leaves out; with `and` before it."""
        if not table.leave:
            return ""
        left = " or ".join(f"({condition})" for condition in table.leave.values())
        filled = fill_places(
            left, lambda place: own_table(self.run, place.kind, place.table, place.column)
        )
        return f" and ({filled}) is not true"

    def tenant(self, table: PlannedTable, joins: list[str]) -> str | None:
        """The tenant of the staged row `s` as text; None where the target's rows have none."""
        if not self._has_tenant:
            return None
        value = self.plan.source_of(table).tenant
        if value is not None:
            return f"{text_sql(value)}::text"
        return self.pointed(table, table.tenant_path, joins) if table.tenant_path else None

    @cached_property
    def _has_tenant(self) -> bool:
        tenant = self.plan.tenant
        if tenant is None:
            return False
        found = self.connection.execute(
            "select from pg_attribute where attrelid = to_regclass(%s) and attname = %s",
            (qualified_sql(self.merge.target, self.plan.schema), tenant.column),
        ).fetchone()
        return found is not None

    def target(self) -> str:
        """The rows that may stand for staged ones: the target's; in a pass, those of others."""
        if self.run.kind == KIND:
            return others_of(self.run, self.merge.target)
        return qualified_sql(self.merge.target, self.plan.schema)

    def stage(self, table: PlannedTable) -> str:
        """The staged rows of a source table."""
        return own_table(self.run, "stage", table.name)

    def merged(self, table: PlannedTable) -> str:
        """The rows of a source table that another one stands for."""
        return own_table(self.run, "merged", table.name)


def of_target(part: str) -> str:
    """A part of a way, of a target's row `t`."""
    known = read_part(part)
    return known.sql(f"t.{name_sql(known.column)}::text")
