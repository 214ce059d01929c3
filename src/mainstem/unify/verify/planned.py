"""What a plan promised: where each column went, whose rows they are, what they point at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mainstem.unify.catalog.postgres import read_target
from mainstem.unify.catalog.secrets import has_secret_key
from mainstem.unify.codec import RULES
from mainstem.unify.ledger import store
from mainstem.unify.move.maps import new_key
from mainstem.unify.move.stage import keyed, stream_columns
from mainstem.unify.move.statements import key_digest, map_key, target_name
from mainstem.unify.move.stream import MASK
from mainstem.unify.plan.model import SourceKind
from mainstem.unify.plan.names import name_sql, text_sql
from mainstem.unify.verify.model import (
    ComparedColumn,
    Comparison,
    Derivation,
    Hop,
    KeyKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Catalog, Table
    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.ledger.rows import Account, LegacyMap, Run
    from mainstem.unify.plan.model import Plan, PlannedColumn, PlannedSource, PlannedTable

    Connection = psycopg.Connection[TupleRow]

_SQLITE_ROWID = "rowid"


@dataclass(frozen=True)
class PlannedRun:
    """A run with its plan and what the ledger says about it."""

    connection: Connection
    run: Run
    plan: Plan
    #: by the source's name
    catalogs: Mapping[str, Catalog]
    targets: Mapping[str, TargetTable]
    #: by source table; only those that are no `also`
    maps: Mapping[str, LegacyMap]
    accounts: Mapping[str, Account]

    def own(self, table: PlannedTable) -> Table:
        """A table as its source has it."""
        return self.catalogs[table.source].table(table.table)

    def is_file(self, table: PlannedTable) -> bool:
        """Whether a table is in a SQLite file."""
        return self.plan.source_of(table).kind is SourceKind.SQLITE

    def target_of(self, table: PlannedTable) -> TargetTable:
        """Where a moved table went."""
        assert table.into is not None
        return self.targets[table.into]

    def target(self, found: LegacyMap) -> str:
        """The target's name of a map, by which `targets` knows it."""
        return found.called(self.plan.schema)

    def map_key(self, table: PlannedTable) -> tuple[str, str]:
        """How the map of a table names the target's row `t`: an SQL value, and the map's column."""
        target = self.target_of(table)
        return map_key(target, new_key(target, self.plan), "t")

    def map_column(self, table: PlannedTable) -> str:
        """The column of the map that holds the new key."""
        return self.map_key(table)[1]


def read_planned_run(
    connection: Connection, run: Run, plan: Plan, catalogs: Mapping[str, Catalog]
) -> PlannedRun:
    """Read everything about a run that comparing needs."""
    return PlannedRun(
        connection=connection,
        run=run,
        plan=plan,
        catalogs=catalogs,
        targets=read_target(connection, plan.schema, plan.further_targets()).tables,
        maps={m.source_table: m for m in store.read_maps(connection, run.id) if m.role == "main"},
        accounts={a.source_table: a for a in store.read_accounts(connection, run.id)},
    )


def moved_tables(planned: PlannedRun, source: PlannedSource) -> list[PlannedTable]:
    """The tables of a source that the run moved."""
    return [table for table in planned.plan.tables_of(source) if table.name in planned.maps]


def planned_comparison(planned: PlannedRun, table: PlannedTable) -> Comparison:
    """How a table that the run moved is compared."""
    builder = _Builder(planned, table)
    columns = tuple(builder.columns())
    found = planned.maps[table.name]
    account = planned.accounts[table.name]
    return Comparison(
        table=keyed(planned.own(table), table),
        called=table.name,
        target_name=f"{found.target_schema}.{found.target_table}",
        read=tuple(stream_columns(table)) if planned.is_file(table) else (),
        columns=columns,
        key_kind=KeyKind.MAPPED,
        target_from=builder.target_from(),
        target_key="m.old_id",
        outcomes=_outcomes(planned, account, found),
        changed=_changed(planned, table),
        not_compared=builder.not_compared,
    )


def _outcomes(planned: PlannedRun, account: Account, found: LegacyMap) -> str | None:
    """The rows that were not loaded, and why."""
    quarantine = (
        f"from unify.quarantine where run_id = {planned.run.id}"
        f" and source_table = {text_sql(account.source_table)}"
    )
    row = planned.connection.execute(f"select exists (select {quarantine})".encode()).fetchone()
    has_quarantined = bool(row and row[0])
    if not (has_quarantined or account.merged or account.dropped):
        return None
    return (
        f"select old_id as key, outcome::text as value from unify.{found.partition}"
        f" where outcome <> 'l' union all select key, 'q' {quarantine}"
    )


def _changed(planned: PlannedRun, table: PlannedTable) -> str | None:
    """The ledger's rows that the plan's own SQL wrote; of a server's source also the rules'."""
    where = f"run_id = {planned.run.id} and source_table = {text_sql(table.name)}"
    if planned.is_file(table):
        where += f" and rule not in ({', '.join(map(text_sql, RULES))})"
    row = planned.connection.execute(
        f"select exists (select from unify.ledger where {where})".encode()
    ).fetchone()
    if not row or not row[0]:
        return None
    return (
        "select l.key, l.column_name, l.before, l.after, l.rule from unify.ledger as l"
        f" join unify.{planned.maps[table.name].partition} as m"
        f" on m.old_id = l.key and m.outcome = 'l' where {where}"
    )


class _Builder:
    """Builds the compared columns of one table, and the joins that they need."""

    def __init__(self, planned: PlannedRun, table: PlannedTable) -> None:
        self._planned = planned
        self._table = table
        self._target = planned.target_of(table)
        self._joins: list[str] = []
        self.not_compared: dict[str, str] = {}

    def columns(self) -> Iterator[ComparedColumn]:
        for column in self._table.staged:
            if column.name in self._masked_changes:
                self.not_compared[column.name] = "a secret that the plan itself changed"
                continue
            if column.into is not None:
                yield ComparedColumn(
                    column.name,
                    f"t.{name_sql(column.into)}",
                    is_secret=self._table.holds_secret(column.name),
                )
            elif column.pack is not None:
                yield ComparedColumn(
                    column.name,
                    f"t.{name_sql(column.pack)} ->> {text_sql(column.name)}",
                    is_secret=self._table.holds_secret(column.name),
                )
            elif column.used is not None:
                self.not_compared[column.name] = f"used by the plan's own SQL: {column.used}"
            if column.reference is not None and column.reference.into is not None:
                yield self._reference(column, column.reference.into)
        for into, path in self._table.derive.items():
            yield self._over(into, path)
        tenant = self._tenant()
        if tenant is not None:
            yield tenant

    def target_from(self) -> str:
        """The rows that the map calls loaded, with the joins of the columns built so far."""
        planned, table = self._planned, self._table
        value, column = planned.map_key(table)
        return (
            f"from unify.{planned.maps[table.name].partition} as m"
            f" join {target_name(self._target)} as t on {value} = m.{column}"
            f"{''.join(self._joins)} where m.outcome = 'l'"
        )

    def _over(self, into: str, path: Sequence[str]) -> ComparedColumn:
        """The row that a path leads to, found on the source's own references."""
        end = self._planned.plan.end_of(self._table, path)
        return ComparedColumn(
            path[0],
            self._old_key(end, into),
            derivation=Derivation(tuple(self._hops(path, end)), self._merged(end)),
            label=f"{into} (a row of {end.table}, by {'.'.join(path)})",
        )

    def _reference(self, column: PlannedColumn, into: str) -> ComparedColumn:
        reference = column.reference
        assert reference is not None
        parent = self._planned.plan.table(reference.table)
        by = reference.column
        hops = () if by is None else (self._hop(parent, by, _source_key(parent)),)
        return ComparedColumn(
            column.name,
            self._old_key(parent, into),
            is_secret=self._table.holds_secret(column.name),
            derivation=Derivation(hops, self._merged(parent)),
            label=f"{column.name} (a row of {parent.table})",
        )

    def _tenant(self) -> ComparedColumn | None:
        """Whose row it is, found on the source's own references."""
        plan, tenant = self._planned.plan, self._planned.plan.tenant
        if tenant is None or not self._target.has_column(tenant.column):
            return None
        if any(c.reference and c.reference.into == tenant.column for c in self._table.staged):
            return None
        target = f"t.{name_sql(tenant.column)}"
        value = plan.source_of(self._table).tenant
        if value is not None:
            return ComparedColumn(
                "",
                f"{target}::text",
                constant=value.lower(),
                label=f"{tenant.column} (the tenant)",
            )
        tenants = plan.tenants_of(self._table)
        is_root = tenants is not None and plan.table(tenants).into == tenant.root
        if not self._table.tenant_path or tenants is None or not is_root:
            self.not_compared[tenant.column] = "the plan's own SQL says whose row it is"
            return None
        root = plan.table(tenants)
        return ComparedColumn(
            self._table.tenant_path[0],
            self._old_key(root, tenant.column),
            derivation=Derivation(
                tuple(self._hops(self._table.tenant_path, root)), self._merged(root)
            ),
            label=f"{tenant.column} (the tenant, by {'.'.join(self._table.tenant_path)})",
        )

    def _hops(self, path: Sequence[str], root: PlannedTable) -> Iterator[Hop]:
        """From the first column of a path to the key of the row that it leads to."""
        plan, table = self._planned.plan, self._table
        for name, following in zip(path, (*path[1:], None), strict=True):
            reference = table.column(name).reference
            assert reference is not None, "a tenant's path is made of references"
            table = plan.table(reference.table)
            by = reference.column or _source_key(table)
            if following is not None:
                yield Hop(table.table, by, following)
            elif reference.column is not None:
                yield self._hop(root, by, _source_key(root))

    def _hop(self, parent: PlannedTable, by: str, take: str) -> Hop:
        """The last hop, to the parent's key as the map has it."""
        table = self._planned.own(parent)
        return Hop(parent.table, by, take, is_secret=has_secret_key(table))

    def _old_key(self, parent: PlannedTable, into: str) -> str:
        """The old key of the row that a target column points at; an unknown row by its new one."""
        alias = f"p{len(self._joins)}"
        value = f"t.{name_sql(into)}"
        found, column = self._planned.maps[parent.name], self._planned.map_column(parent)
        named = value if column == "new_id" else f"{value}::text"
        if found.is_hashed:
            named = key_digest((into,), "t")
        join = self._by_another_column(parent, into, f"{alias}_row")
        if join:
            target = self._planned.target_of(parent)
            named = map_key(target, new_key(target, self._planned.plan), f"{alias}_row")[0]
        self._joins.append(
            f"{join} left join {self._loaded(parent)} as {alias} on {alias}.new_key = {named}"
        )
        return f"coalesce({alias}.old_id, 'no row of this run: ' || {value}::text)"

    def _by_another_column(self, parent: PlannedTable, into: str, alias: str) -> str:
        """The join to the parent's row that a column names by another unique column than its key.

        Empty where it names the key, or no foreign key says what it names.
        """
        target, join = self._planned.target_of(parent), ""
        for key in self._target.table.foreign_keys:
            pairs = dict(zip(key.columns, key.parent_columns, strict=True))
            if key.parent != target.name or into not in pairs:
                continue
            if pairs[into] in new_key(target, self._planned.plan):
                return ""
            same = " and ".join(
                f"{alias}.{name_sql(there)} = t.{name_sql(here)}" for here, there in pairs.items()
            )
            join = f" left join {target_name(target)} as {alias} on {same}"
        return join

    def _loaded(self, parent: PlannedTable) -> str:
        """Old and new keys of the parent's rows; of tables that share its target, by their names.

        A row of the parent may have been merged into a row of such a table.
        """
        planned = self._planned
        column = planned.map_column(parent)
        own, target = planned.maps[parent.name], parent.into or ""
        parts = [
            f"select {label}, {column} from unify.{found.partition} where outcome = 'l'"
            for found in planned.maps.values()
            if found is own
            or (planned.accounts[parent.name].merged and planned.target(found) == target)
            for label in [
                "old_id" if found is own else f"{text_sql(found.source_table + ' ')} || old_id"
            ]
        ]
        listed = " union all ".join(parts)
        if planned.plan.shares(target):
            listed += (
                f" union all select distinct 'a row of the target: ' || {column}::text, {column}"
                f" from unify.{own.partition} as m where outcome = 'm' and not exists"
                f" (select from ({listed}) as l (old_id, new_key) where l.new_key = m.{column})"
            )
        return f"(select * from ({listed}) as given (old_id, new_key))"

    def _merged(self, parent: PlannedTable) -> str | None:
        """The parent's rows that were merged into others, and into which."""
        if not self._planned.accounts[parent.name].merged:
            return None
        partition = self._planned.maps[parent.name].partition
        return (
            f"select m.old_id as key, l.old_id as value from unify.{partition} as m"
            f" join {self._loaded(parent)} as l"
            f" on l.new_key = m.{self._planned.map_column(parent)} where m.outcome = 'm'"
        )

    @cached_property
    def _masked_changes(self) -> frozenset[str]:
        """The columns of loaded rows of which the ledger hides what the plan's own SQL did."""
        partition = self._planned.maps[self._table.name].partition
        rows = self._planned.connection.execute(
            f"select distinct l.column_name from unify.ledger as l join unify.{partition} as m"
            " on m.old_id = l.key and m.outcome = 'l' where run_id = %s and source_table = %s"
            " and rule <> all(%s) and (%s in (before, after))".encode(),
            (self._planned.run.id, self._table.name, list(RULES), MASK),
        )
        return frozenset(name for (name,) in rows)


def _source_key(table: PlannedTable) -> str:
    return table.key[0] if len(table.key) == 1 else _SQLITE_ROWID
