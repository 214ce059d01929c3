"""What a plan must ask about a table that has its place: times, merging, values it must have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.plan.names import name_sql, table_sql
from mainstem.unify.plan.tenancy import target_references

if TYPE_CHECKING:
    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.plan.model import PlannedTable
    from mainstem.unify.plan.propose import Proposal


def ask_about_times(proposal: Proposal, table: PlannedTable, target: TargetTable) -> None:
    """Rows of a partitioned table need the time they were made."""
    if target.is_partitioned and table.created is None:
        proposal.ask(
            table.name,
            None,
            f"{target.name} is partitioned, so that rows need the time they were made: set "
            f'{proposal.place(table.name)}.created = "<column>"',
        )


def ask_about_merging(proposal: Proposal, table: PlannedTable) -> None:
    """Rows of two tenants must not become one, nor a secret key name the row that others become."""
    if table.tenant_path:
        _ask_about_tenants(proposal, table)
    if table.merge and table.has_secret_key and table.id_kind in {"kept", "mixed"}:
        proposal.ask(
            table.name,
            None,
            f"rows of {table.name} are merged, and its key is a secret that {table.into} keeps: "
            f"leave out {proposal.place(table.name)}.merge, or set "
            f"{proposal.place(table.name)}.set.{table.id_column} to an SQL expression",
        )


def _ask_about_tenants(proposal: Proposal, table: PlannedTable) -> None:
    """Each way must have a reference in it: rows that point at the same row are of one tenant."""
    pointing = {column.name for column in table.columns if column.reference is not None}
    open_ways = [way for way in table.merge if not pointing & set(way)]
    if open_ways:
        first = table.tenant_path[0]
        shown = " and ".join(", ".join(way) for way in open_ways)
        proposal.ask(
            table.name,
            None,
            f"rows of {table.name} that are the same by {shown} may belong to different tenants: "
            f"add {first} to {proposal.place(table.name)}.merge",
        )


def ask_about_wide_keys(proposal: Proposal, table: PlannedTable, target: TargetTable) -> None:
    """A column alone names no row of a table whose key has several: SQL of a person's has to."""
    wanted = target_references(proposal, target)
    for column in table.columns:
        if column.into not in wanted or column.reference is not None:
            continue
        goal = wanted[column.into]
        parents = [name for name, into in proposal.destinations.items() if into == goal]
        keys = [proposal.source.table(name).primary_key for name in parents]
        if len(parents) == 1 and len(keys[0]) > 1:
            own = proposal.own.name
            listed = ", ".join(f"s.{name_sql(name)}" for name in keys[0][:-1])
            proposal.ask(
                table.name,
                column.name,
                f"{table.name}.{column.name} points at {parents[0]}, whose key is "
                f"{', '.join(keys[0])}: set {proposal.place(table.name)}.set.{column.into} = "
                f'"(select m.id from :map.{table_sql(own, parents[0])} as m where m.old_id = '
                f'jsonb_build_array({listed}, s.{name_sql(column.name)})::text)", with the columns '
                "in the order of that key",
            )


def ask_about_required(proposal: Proposal, table: PlannedTable, target: TargetTable) -> None:
    """Every target column that must have a value must get one."""
    filled = {
        *(column.into or column.pack for column in table.columns),
        *(column.reference.into for column in table.columns if column.reference is not None),
        *table.derive,
        *proposal.sets_for(table.name),
        table.id_column,
    }
    if proposal.config.tenant is not None and target.has_column(proposal.config.tenant.column):
        filled.add(proposal.config.tenant.column)
    for column in target.table.columns:
        has_value = column.default is not None or column.name in target.identities
        if column.is_nullable or has_value or column.generated is not None:
            continue
        if column.name not in filled and (table.name, column.name) not in proposal.undecided:
            proposal.ask(
                table.name,
                None,
                f"{target.name}.{column.name} must have a value and gets none: map a column to it "
                f"or set {proposal.place(table.name)}.set.{column.name} to an SQL expression",
            )
