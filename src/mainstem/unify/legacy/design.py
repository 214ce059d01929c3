"""Which views a plan asks for: its decisions turned around, table by table."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.unify.legacy.model import Beside, LegacyColumn, LegacyView, Origin, Parent, Skipped
from mainstem.unify.legacy.selects import Told, told_by

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.unify.catalog.database import Database, Relation
    from mainstem.unify.plan.model import Plan, PlannedColumn, PlannedTable, Select


def design(plan: Plan, target: Database) -> tuple[tuple[LegacyView, ...], tuple[Skipped, ...]]:
    """The views under a plan's old names, and the tables that can have none, with the reason."""
    told = {id(select): told_by(select) for select in plan.selects}
    # Code of one source means all rows of a table, whichever source they came from.
    sharing: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    by_old_name: dict[str, list[str]] = defaultdict(list)
    for table in plan.moved():
        sharing[table.source, table.into].append(table.name)
        by_old_name[table.table].append(table.name)
    views: list[LegacyView] = []
    skipped: list[Skipped] = []
    for table in plan.tables:
        namesakes = [name for name in by_old_name[table.table] if name != table.name]
        if table.into is not None and namesakes:
            skipped.append(
                Skipped(table.name, f"its old name is also that of {', '.join(namesakes)}")
            )
            continue
        made = _view(plan, table, target, told, sharing.get((table.source, table.into), []))
        (views if isinstance(made, LegacyView) else skipped).append(made)  # type: ignore[arg-type]
    return tuple(views), tuple(skipped)


def _view(
    plan: Plan,
    table: PlannedTable,
    target: Database,
    told: Mapping[int, Told],
    sharing: list[str],
) -> LegacyView | Skipped:
    if table.into is None:
        what = f"dropped: {table.drop}" if table.drop else f"archived: {table.archive}"
        return Skipped(table.name, f"it was {what}")
    if plan.is_elsewhere(table):
        return Skipped(table.name, "it is in another schema, whose names stay as they are")
    base = target.relation(table.into, plan.schema)
    if base is None:
        return Skipped(table.name, f"the target has no table {plan.schema}.{table.into}")
    mine = _main(plan, table.name)
    own = told[id(mine)] if mine is not None else Told()
    others = [
        told[id(one)] for name in sharing if name != table.name and (one := _main(plan, name))
    ]
    constants = _telling(own, others)
    if others and not constants:
        also = ", ".join(name for name in sharing if name != table.name)
        return Skipped(
            table.name,
            f"nothing tells its rows in {table.into} from those of {also}: give each select a "
            "constant of its own",
        )
    beside, elsewhere = _beside(plan, table, target, told)
    columns = tuple(_column(one, table, base, own, elsewhere) for one in table.columns)
    tenant = _tenant(plan, table, base)
    plain = {one.column for one in columns if one.origin is Origin.COLUMN}
    key = tuple(name for name in base.primary_key if name in plain)
    is_found = table.id_column in key or set(base.primary_key) == set(key)
    return LegacyView(
        name=table.table,
        table=base.name,
        columns=columns,
        key=key if is_found else (),
        constants=constants,
        tenant=tenant,
        parent=_parent(plan, table, target) if tenant and tenant not in plain else None,
        beside=beside,
    )


def _tenant(plan: Plan, table: PlannedTable, base: Relation) -> str | None:
    """The column that says whose a row is; of the tenants' own table it is the key."""
    if plan.tenant is None:
        return None
    if table.into == plan.tenant.root:
        return table.id_column
    return plan.tenant.column if base.column(plan.tenant.column) is not None else None


def _main(plan: Plan, source: str) -> Select | None:
    return next(
        (one for one in plan.selects if one.source_table == source and not one.is_also), None
    )


def _telling(own: Told, others: list[Told]) -> tuple[tuple[str, str], ...]:
    """The constants by which a table's rows differ from those of every other source."""
    return tuple(
        (column, value)
        for column, value in sorted(own.constants.items())
        if others and all(other.constants.get(column) not in {None, value} for other in others)
    )


def _column(
    planned: PlannedColumn,
    table: PlannedTable,
    base: Relation,
    own: Told,
    elsewhere: Mapping[str, str],
) -> LegacyColumn:
    """Where a source column went; the first of its ways that can be turned around."""
    name = planned.name
    into = planned.into or (planned.reference.into if planned.reference is not None else None)
    if into is None and table.key == (name,) and table.id_column is not None:
        into = table.id_column
    if into is None:
        into = next((column for column, source in own.plain.items() if source == name), None)
    found = base.column(into) if into is not None else None
    if found is not None:
        return LegacyColumn(name, found.type, Origin.COLUMN, found.name)
    if name in own.packed:
        column, key = own.packed[name]
        return LegacyColumn(name, planned.type, Origin.PACKED, column, key)
    if name in elsewhere:
        return LegacyColumn(name, planned.type, Origin.BESIDE, elsewhere[name])
    return LegacyColumn(name, planned.type, Origin.GONE)


def _beside(
    plan: Plan, table: PlannedTable, target: Database, told: Mapping[int, Told]
) -> tuple[Beside | None, dict[str, str]]:
    """The second table of a split one, and the old columns that only it has."""
    mapped = {one.name for one in table.columns if one.into is not None}
    for select in plan.selects:
        if select.source_table != table.name or not select.is_also:
            continue
        said = told[id(select)]
        columns = {old: new for new, old in said.plain.items() if old not in mapped}
        link = next((column for column, what in said.links.items() if what == "id"), None)
        base = target.relation(select.target_table, select.target_schema)
        if base is None or link is None or not columns:
            continue
        tenant = plan.tenant.column if plan.tenant is not None else ""
        copied = tuple(
            (column, tenant) for column, what in sorted(said.links.items()) if what == "tenant"
        )
        constants = tuple(sorted(said.constants.items()))
        return Beside(base.name, link, constants, copied), columns
    return None, {}


def _parent(plan: Plan, table: PlannedTable, target: Database) -> Parent | None:
    """The row that a new row's tenant comes from: the first step of the way to the tenant."""
    if not table.tenant_path:
        return None
    reference = table.column(table.tenant_path[0]).reference
    other = plan.table(reference.table) if reference is not None else None
    base = target.relation(other.into, plan.schema) if other is not None and other.into else None
    if other is None or base is None or other.id_column is None:
        return None
    tenant = plan.tenant.column if plan.tenant is not None else ""
    return Parent(table.tenant_path[0], base.name, other.id_column) if base.column(tenant) else None
