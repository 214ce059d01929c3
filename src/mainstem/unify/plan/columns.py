"""Where each column goes: to a column, to the row it points at, nowhere, or into a question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mainstem.unify.plan.keys import KeyChoice, key_type, plain_type
from mainstem.unify.plan.likeness import likely_column
from mainstem.unify.plan.manifest import default_rules
from mainstem.unify.plan.match import is_convertible, match_columns
from mainstem.unify.plan.model import PlannedColumn, Reference
from mainstem.unify.plan.names import key_toml, short_type
from mainstem.unify.plan.references import SourceReference, naming_column
from mainstem.unify.plan.tenancy import target_references
from mainstem.unify.plan.transfer import wire_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.unify.catalog.model import Table
    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.plan.config import TableConfig
    from mainstem.unify.plan.propose import Proposal

EMPTY = "holds no value in any row"


def planned_columns(
    proposal: Proposal,
    table: Table,
    target: TargetTable,
    *,
    key: KeyChoice,
    tenant_path: tuple[str, ...],
) -> tuple[PlannedColumn, ...]:
    """Every source column, in its order."""
    config = proposal.own.table(table.name)
    pointing = pointing_columns(proposal, table, target, tenant_path)
    taken = {
        proposal.tenant_column if target.name != proposal.root else None,
        *proposal.derived[table.name],
        *(reference.into for reference in pointing.values()),
        *(column.into for column in config.columns.values()),
        config.pack,
        *proposal.sets_for(table.name),
        key.column if key.kind != "column" else None,
    }
    by_key = {
        name
        for name, found in pointing.items()
        if found.column in {None, naming_column(proposal.source.table(found.table))}
    }
    free_sources = [
        column.name
        for column in table.columns
        if column.name not in by_key
        and not (key.kind != "column" and table.primary_key == (column.name,))
        and (column.name not in config.columns or _is_undecided(config, column.name))
    ]
    free_targets = [
        column.name
        for column in target.table.columns
        if column.name not in taken and column.generated is None
    ]
    matches = match_columns(free_sources, free_targets, table_names=(table.name, target.name))
    left = [name for name in free_targets if name not in matches.values()]
    found: list[PlannedColumn] = []
    for column in table.columns:
        configured = config.columns.get(column.name)
        into = matches.get(column.name)
        if configured is not None and configured.into is not None:
            reference = pointing.get(column.name)
            is_pointer = reference is not None and reference.into == configured.into
            into = None if is_pointer else configured.into
        is_key = key.source == column.name
        if is_key and key.kind != "column":
            said = configured.into if configured is not None else None
            into = key.column if key.kind == "kept" else said
        planned = PlannedColumn(
            name=column.name,
            type=key_type(column, target, key, proposal.own.kind) if is_key else "text",
            into=into,
            reference=pointing.get(column.name),
            non_null=proposal.profiles[table.name].non_null[column.name],
        )
        found.append(_decided(proposal, table, target, planned, is_key=is_key, free=left))
    return tuple(found)


def _is_undecided(config: TableConfig, column: str) -> bool:
    """Whether the config says how to read a column, but not where it goes."""
    said = config.columns[column]
    return said.into is None and said.drop is None and said.used is None


def _decided(
    proposal: Proposal,
    table: Table,
    target: TargetTable,
    column: PlannedColumn,
    *,
    is_key: bool,
    free: Sequence[str],
) -> PlannedColumn:
    """Add the reading type, the config's decisions, and the question when nothing is decided."""
    config = proposal.own.table(table.name).columns.get(column.name)
    if config is not None:
        column = replace(column, when_null=config.when_null, used=config.used, drop=config.drop)
        if column.drop is not None:
            return replace(column, into=None, reference=None, type="text")
    sql_columns = _used_in_sql(proposal, table, column.name)
    pack = proposal.own.table(table.name).pack
    if column.into is None and column.reference is None and not is_key and column.used is None:
        if sql_columns:
            column = replace(column, used=sql_columns)
        elif column.non_null == 0 and proposal.profiles[table.name].is_counted:
            return replace(column, drop=EMPTY)
        elif pack is not None:
            column = replace(column, pack=pack)
        else:
            _ask_for_column(proposal, table, target, column, free=free)
    column = _typed(proposal, table, target, column, is_key=is_key)
    rules = config.rules if config is not None else None
    return replace(
        column,
        rules=rules if rules is not None else default_rules(proposal.own.kind, column.type),
    )


def _ask_for_column(
    proposal: Proposal,
    table: Table,
    target: TargetTable,
    column: PlannedColumn,
    *,
    free: Sequence[str],
) -> None:
    homeless = next(
        (
            reference.table
            for reference in proposal.references[table.name]
            if reference.column == column.name and reference.table not in proposal.destinations
        ),
        None,
    )
    if homeless is not None:
        hint: str | None = f"it points at {homeless}, which has no place yet"
    elif column.name in table.primary_key and target.has_column(column.name):
        hint = (
            f"the key is {', '.join(table.primary_key)}, of which it alone does not tell rows "
            "apart: rows get new ids, made of the whole key"
        )
    else:
        hint = likely_column(table, column.name, target, free, proposal=proposal)
    held = proposal.profiles[table.name].shown(column.non_null, "value")
    proposal.ask(
        table.name,
        column.name,
        f"column {table.name}.{column.name} ({held}) matches no free "
        f"column of {target.name}{f' ({hint})' if hint else ''}: set "
        f"{proposal.place(table.name)}.columns.{key_toml(column.name)} = "
        '"..." or { drop = "why" }',
    )


def _typed(
    proposal: Proposal, table: Table, target: TargetTable, column: PlannedColumn, *, is_key: bool
) -> PlannedColumn:
    """A value is read as its target's type; a reference as the key that it points at."""
    if is_key:
        return column
    if column.into is not None:
        type_name = target.table.column(column.into).declared_type
        if is_convertible(type_name) or proposal.own.kind.is_typed:
            return replace(column, type=short_type(type_name))
        proposal.ask(
            table.name,
            column.name,
            f"{target.name}.{column.into} is {type_name}, which values are not converted to by "
            f"themselves: set {proposal.place(table.name)}.columns.{key_toml(column.name)} = "
            '{ used = "why" } and '
            f"{proposal.place(table.name)}.set.{column.into} to an expression over s.{column.name}",
        )
        return column
    return replace(column, type=_own_type(proposal, table, column))


def _own_type(proposal: Proposal, table: Table, column: PlannedColumn) -> str:
    """The type of a column that fills no target column by itself."""
    kind, declared = proposal.own.kind, table.column(column.name).declared_type
    if kind.is_typed:
        return "jsonb" if column.pack is not None else wire_type(declared)
    if column.reference is not None:
        parent = proposal.source.table(column.reference.table)
        name = column.reference.column or (parent.primary_key or ("",))[0]
        is_counted = name in {"", parent.counter}
        declared = "INTEGER" if is_counted else parent.column(name).declared_type
    return plain_type(declared, kind)


def _used_in_sql(proposal: Proposal, table: Table, column: str) -> str | None:
    """Which expressions of the config read the column, as a reason to stage it."""
    config = proposal.own.table(table.name)
    wanted = (f"s.{column}", f's."{column}"')
    names = [
        f"set {name}" for name, text in config.set.items() if any(form in text for form in wanted)
    ]
    names += [
        f"leave: {why}"
        for why, text in config.leave.items()
        if any(form in text for form in wanted)
    ]
    names += [
        f"also {also.into}"
        for also in config.also
        if any(form in text for text in also.texts for form in wanted)
    ]
    return ", ".join(names) or None


def pointing_columns(
    proposal: Proposal, table: Table, target: TargetTable, tenant_path: tuple[str, ...]
) -> dict[str, Reference]:
    """Source column -> reference, for every foreign key of the target and for the tenant."""
    found: dict[str, Reference] = {}
    config = proposal.own.table(table.name)
    wanted = target_references(proposal, target)
    for reference in sorted(proposal.references[table.name], key=lambda r: r.column not in wanted):
        parent = proposal.destinations.get(reference.table)
        said = config.columns.get(reference.column)
        if parent is None or (said is not None and said.drop is not None):
            continue
        names = [name for name, points_at in wanted.items() if points_at == parent]
        into = _best_column(reference, names, said.into if said else None)
        if into is None and (reference.column,) == tenant_path and proposal.tenant_column:
            into = proposal.tenant_column
        if into is None and (table.name, reference.column) not in proposal.followed:
            continue
        wanted.pop(into or "", None)
        orphan = said.orphan if said is not None else "quarantine"
        found[reference.column] = Reference(reference.table, reference.parent_column, into, orphan)
    return found | _known_by_target(proposal, table, wanted, found)


def _known_by_target(
    proposal: Proposal, table: Table, wanted: dict[str, str], found: dict[str, Reference]
) -> dict[str, Reference]:
    """Columns that only the target says point anywhere: the same name, and one table it can be."""
    config = proposal.own.table(table.name)
    free = [
        column.name
        for column in table.columns
        if column.name not in found and column.name not in config.columns
    ]
    matches = match_columns(free, list(wanted), table_names=())
    more: dict[str, Reference] = {}
    for name, into in matches.items():
        parents = [
            source for source, target in proposal.destinations.items() if target == wanted[into]
        ]
        if len(parents) == 1 and len(proposal.source.table(parents[0]).primary_key) <= 1:
            column = naming_column(proposal.source.table(parents[0]))
            more[name] = Reference(parents[0], column, into)
    return more


def _best_column(
    reference: SourceReference, names: list[str], configured: str | None
) -> str | None:
    if configured is not None and configured in names:
        return configured
    matches = match_columns([reference.column], names, table_names=())
    if matches:
        return matches[reference.column]
    return names[0] if len(names) == 1 else None
