"""The way from each row to its tenant, over the source's own references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.plan.names import name_sql, table_sql

if TYPE_CHECKING:
    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.plan.propose import Proposal
    from mainstem.unify.plan.references import SourceReference

#: references between a row and its tenant; longer ways are chance rather than meaning
HOPS_MAX = 8


def find_tenant_paths(proposal: Proposal) -> dict[str, tuple[str, ...]]:
    """Source table -> the columns to follow; only tables whose target has the tenant's column.

    The shortest way counts. Two ways of the same length over different tables are a question, as
    is none at all.
    """
    tenant, root = proposal.config.tenant, proposal.own.tenants
    if tenant is None or root is None:
        return {}
    lengths = _distances(proposal, root)
    found: dict[str, tuple[str, ...]] = {}
    for table in proposal.destinations:
        is_said = tenant.column in proposal.sets_for(table)
        if table == root or is_said or not proposal.target_of(table).has_column(tenant.column):
            continue
        path = _path(proposal, table, lengths, root=root)
        if path:
            found[table] = path
    return found


def target_references(proposal: Proposal, target: TargetTable) -> dict[str, str]:
    """The target's foreign-key columns, without the tenant's own -> the table they point at.

    Those that name a row by another column than its key are not among them: a new id would not do,
    and they are filled by value.
    """
    tenant = proposal.tenant_column
    found: dict[str, str] = {}
    for key in target.table.foreign_keys:
        pairs = zip(key.columns, key.parent_columns, strict=True)
        columns = [(here, there) for here, there in pairs if here != tenant]
        parent = proposal.target.tables.get(key.parent)
        if parent is not None:  # a column that both carry, such as the client, names no row of it
            columns = [
                (here, there) for here, there in columns if there in parent.key_columns(tenant)
            ]
        if len(columns) == 1:
            found[columns[0][0]] = key.parent
    return found


def _usable(proposal: Proposal, table: str) -> list[SourceReference]:
    """The references that lead to tables whose rows are moved."""
    config = proposal.own.table(table)
    return [
        reference
        for reference in proposal.references[table]
        if reference.table in proposal.destinations
        and reference.table != table
        and (config.tenant is None or reference.column == config.tenant)
        and not (
            reference.column in config.columns and config.columns[reference.column].drop is not None
        )
    ]


def _distances(proposal: Proposal, root: str) -> dict[str, int]:
    """How many references each table is away from the tenant's."""
    lengths = {root: 0}
    for length in range(1, HOPS_MAX + 1):
        for table in proposal.destinations:
            if table not in lengths and any(
                lengths.get(reference.table) == length - 1 for reference in _usable(proposal, table)
            ):
                lengths[table] = length
    return lengths


def _path(proposal: Proposal, table: str, lengths: dict[str, int], *, root: str) -> tuple[str, ...]:
    path: list[str] = []
    here = table
    while here != root:
        ways = [
            reference
            for reference in _usable(proposal, here)
            if lengths.get(reference.table, HOPS_MAX) == lengths.get(here, 0) - 1
        ]
        ways = _required_first(proposal, here, ways)
        if len(ways) != 1:
            if here == table:
                _ask(proposal, table, ways, root)
            return ()
        path.append(ways[0].column)
        here = ways[0].table
    return tuple(path)


def _required_first(
    proposal: Proposal, table: str, ways: list[SourceReference]
) -> list[SourceReference]:
    """Of several ways, those that every row has."""
    source = proposal.source.table(table)
    required = [way for way in ways if not source.column(way.column).is_nullable]
    return required or ways


def _ask(proposal: Proposal, table: str, ways: list[SourceReference], root: str) -> None:
    if ways:
        names = " or ".join(f'"{way.column}"' for way in ways)
        text = (
            f"{table} reaches its tenant on several ways: set "
            f"{proposal.place(table)}.tenant = {names}"
        )
    else:
        text = (
            f"no reference leads from {table} to {root}, so that its rows have no tenant: set "
            f"{proposal.place(table)}.set.{proposal.tenant_column} = "
            f"{_by_members(proposal, table, root) or _by_parent(proposal, table) or '<SQL>'}, "
            f'or .columns.<column> = {{ references = "<table>" }}, or drop the table'
        )
    proposal.ask(table, None, text)


def _by_members(proposal: Proposal, table: str, root: str) -> str | None:
    """The tenant of a row that only a table of members joins to one, the first of several."""
    for members in proposal.destinations:
        columns = {one.table: name_sql(one.column) for one in proposal.references[members]}
        if members not in {table, root} and {table, root} <= columns.keys():
            own = proposal.own.name
            return (
                f"'(select r.id from :stage.{table_sql(own, members)} as m "
                f"join :map.{table_sql(own, root)} as r on r.old_id = m.{columns[root]}::text "
                f"where m.{columns[table]}::text = s._key order by m._key limit 1)' "
                f"({members} joins them; where it does so twice, the first counts)"
            )
    return None


def _by_parent(proposal: Proposal, table: str) -> str | None:
    """The tenant of the row that a row points at, where SQL of a person's says that one's."""
    for one in proposal.references[table]:
        if one.table in proposal.destinations and proposal.tenant_column in proposal.sets_for(
            one.table
        ):
            parent = table_sql(proposal.own.name, one.table)
            return (
                f"'(select p.tenant from :map.{parent} as p "
                f"where p.old_id = s.{name_sql(one.column)}::text)' "
                f"(that of its row of {one.table})"
            )
    return None
