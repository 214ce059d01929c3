"""What the toolkit proposes for every source table and column, and what it must ask."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError
from mainstem.kit.naming import did_you_mean
from mainstem.unify.plan.aside import backup_evidence, stands_alone
from mainstem.unify.plan.derived import find_derived
from mainstem.unify.plan.digest import table_digest
from mainstem.unify.plan.keys import KeyChoice, choose_key, key_type, plain_type
from mainstem.unify.plan.manifest import default_rules
from mainstem.unify.plan.match import is_convertible, match_columns, match_table
from mainstem.unify.plan.model import (
    PlannedColumn,
    PlannedTable,
    Question,
    Reference,
    SourceKind,
)
from mainstem.unify.plan.names import short_type
from mainstem.unify.plan.questions import (
    ask_about_merging,
    ask_about_required,
    ask_about_times,
)
from mainstem.unify.plan.references import SourceReference, find_references, naming_column
from mainstem.unify.plan.tenancy import find_tenant_paths, target_references
from mainstem.unify.plan.transfer import wire_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.unify.catalog.model import Catalog, Table
    from mainstem.unify.catalog.postgres import TargetCatalog, TargetTable
    from mainstem.unify.plan.config import Config, SourceConfig, TableConfig
    from mainstem.unify.plan.profile import Profile

EMPTY = "holds no value in any row"
#: an SQL text
_TEXT = re.compile(r"'(?:[^']|'')*'")


@dataclass
class Proposal:
    """One source and the target while a plan is made, and the questions that came up."""

    config: Config
    own: SourceConfig
    source: Catalog
    profiles: Mapping[str, Profile]
    target: TargetCatalog
    questions: list[Question] = field(default_factory=list)
    #: source table -> target table
    destinations: dict[str, str] = field(default_factory=dict)
    references: dict[str, list[SourceReference]] = field(default_factory=dict)
    #: source table -> target column -> the way to the row that it points at
    derived: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    #: tables and columns that a way to a tenant or another row leads over
    followed: set[tuple[str, str]] = field(default_factory=set)
    #: source tables and target columns about which a question is open
    undecided: set[tuple[str, str]] = field(default_factory=set)

    def ask(self, table: str, column: str | None, text: str) -> None:
        """Note what a person must decide."""
        name = f"{self.own.name}.{table}" if self.own.name else table
        self.questions.append(Question(name, column, text))

    def place(self, table: str) -> str:
        """Where the config speaks of a table."""
        return f"{self.own.place}.{table}"

    def sets_for(self, table: str) -> Mapping[str, str]:
        """What the config sets in a table's rows."""
        return {**self.config.set, **self.own.set, **self.own.table(table).set}

    @property
    def tenant_column(self) -> str | None:
        """The target's tenant column, where the config names one."""
        return self.config.tenant.column if self.config.tenant else None

    def target_of(self, table: str) -> TargetTable:
        """The target of a source table that has one."""
        return self.target.tables[self.destinations[table]]


def propose(
    config: Config,
    own: SourceConfig,
    *,
    catalog: Catalog,
    profiles: Mapping[str, Profile],
    target: TargetCatalog,
) -> tuple[tuple[PlannedTable, ...], tuple[Question, ...]]:
    """Say for every table and column of a source where it goes, or ask.

    Raises ConfigError when the config names a table or column that is not there.
    """
    proposal = Proposal(config, own, catalog, profiles, target)
    _check_names(proposal)
    _choose_destinations(proposal)
    for table in catalog.tables:
        proposal.references[table.name] = find_references(
            table, catalog, own.table(table.name), own.references
        )
    paths = find_tenant_paths(proposal)
    for table in catalog.tables:
        if table.name in proposal.destinations:
            path = paths.get(table.name, ())
            direct = _references(proposal, table, proposal.target_of(table.name), path)
            proposal.derived[table.name] = find_derived(proposal, table.name, direct.values())
    _follow(proposal, paths)
    tables = tuple(
        _moved(proposal, table, paths.get(table.name, ()))
        if table.name in proposal.destinations
        else _dropped(proposal, table)
        for table in catalog.tables
    )
    return tuple(_named(table, own) for table in tables), tuple(proposal.questions)


def _follow(proposal: Proposal, paths: Mapping[str, tuple[str, ...]]) -> None:
    """Note every column that a way to a tenant or another row leads over."""
    ways = [*paths.items()]
    ways += [(table, way) for table, found in proposal.derived.items() for way in found.values()]
    for start, way in ways:
        table = start
        for column in way:
            proposal.followed.add((table, column))
            table = next(
                (one.table for one in proposal.references[table] if one.column == column), table
            )


def _named(table: PlannedTable, own: SourceConfig) -> PlannedTable:
    """The table and what it points at by their names in the plan."""
    if not own.name:
        return table
    columns = tuple(
        replace(
            column,
            reference=replace(column.reference, table=f"{own.name}.{column.reference.table}"),
        )
        if column.reference is not None
        else column
        for column in table.columns
    )
    return replace(table, name=f"{own.name}.{table.name}", source=own.name, columns=columns)


def _check_names(proposal: Proposal) -> None:
    config, own = proposal.config, proposal.own
    names = [table.name for table in proposal.source.tables]
    wanted = dict.fromkeys(own.tables, own.place)
    if own.tenants is not None:
        wanted[own.tenants] = "source.tenants"
    for name, place in wanted.items():
        if name not in names:
            raise ConfigError(
                f"{config.path}: `{place}` names table {name}, which {own.shown} "
                f"does not have{did_you_mean(name, names)}"
            )
    for name, table in own.tables.items():
        columns = [column.name for column in proposal.source.table(name).columns]
        for column in (
            *table.columns,
            *filter(None, (table.tenant, table.created)),
            *(column for way in table.merge for column in way),
        ):
            if column not in columns:
                raise ConfigError(
                    f"{config.path}: `{proposal.place(name)}` names column {column}, which table "
                    f"{name} does not have{did_you_mean(column, columns)}"
                )
        if table.into is not None:
            _check_target(proposal, f"{proposal.place(name)}.into", table.into)
            _check_columns(proposal, name, table)
    if config.tenant is not None:
        _check_target(proposal, "tenant.root", config.tenant.root)


def _check_target(proposal: Proposal, place: str, name: str) -> None:
    if name not in proposal.target.tables:
        raise ConfigError(
            f"{proposal.config.path}: `{place}` names table {name}, which schema "
            f"{proposal.target.schema} does not have{did_you_mean(name, proposal.target.tables)}"
        )


def _check_columns(proposal: Proposal, name: str, table: TableConfig) -> None:
    assert table.into is not None
    target = proposal.target.tables[table.into]
    names = [column.name for column in target.table.columns]
    wanted = [column.into for column in table.columns.values() if column.into is not None]
    for column in (*wanted, *table.set):
        if column not in names:
            raise ConfigError(
                f"{proposal.config.path}: `{proposal.place(name)}` names column {column}, which "
                f"table {table.into} does not have{did_you_mean(column, names)}"
            )


def _choose_destinations(proposal: Proposal) -> None:
    tenant = proposal.config.tenant
    for table in proposal.source.tables:
        config = proposal.own.table(table.name)
        if config.drop is not None or config.archive is not None:
            continue
        into = config.into or match_table(table.name, proposal.target)
        if into is None and tenant is not None and proposal.own.tenants == table.name:
            into = tenant.root
        if into is None and backup_evidence(table, proposal.source) is None:
            rows = proposal.profiles[table.name].row_count
            hint = "; nothing refers to it" if stands_alone(table, proposal.source) else ""
            proposal.ask(
                table.name,
                None,
                f"table {table.name} ({rows} rows{hint}) matches no target table: set "
                f'{proposal.place(table.name)}.into = "...", .drop = "why" or .archive = "why"',
            )
        elif into is not None:
            proposal.destinations[table.name] = into


def _dropped(proposal: Proposal, table: Table) -> PlannedTable:
    """A table that is not carried over: by decision, put aside, or not decided yet."""
    profile = proposal.profiles[table.name]
    config = proposal.own.table(table.name)
    archive = config.archive
    if config.drop is None and archive is None:
        archive = backup_evidence(table, proposal.source)
    return PlannedTable(
        name=table.name,
        row_count=profile.row_count,
        digest=table_digest(table),
        drop=config.drop,
        archive=archive,
        key=table.primary_key,
        columns=tuple(
            PlannedColumn(column.name, "text", non_null=profile.non_null[column.name])
            for column in table.columns
        ),
    )


def _moved(proposal: Proposal, table: Table, tenant_path: tuple[str, ...]) -> PlannedTable:
    profile = proposal.profiles[table.name]
    target = proposal.target_of(table.name)
    key = choose_key(proposal, table, target)
    columns = _columns(proposal, table, target, key=key, tenant_path=tenant_path)
    planned = PlannedTable(
        name=table.name,
        row_count=profile.row_count,
        digest=table_digest(table),
        into=target.name,
        key=table.primary_key,
        id_column=key.column,
        id_kind=key.kind,
        created=_created(proposal, table, target, columns),
        tenant_path=tenant_path,
        merge=proposal.own.table(table.name).merge,
        derive=proposal.derived[table.name],
        fixed={
            name: text
            for name, text in proposal.sets_for(table.name).items()
            if _TEXT.fullmatch(text) and target.has_column(name)
        },
        leave=proposal.own.table(table.name).leave,
        columns=columns,
    )
    ask_about_times(proposal, planned, target)
    ask_about_merging(proposal, planned)
    ask_about_required(proposal, planned, target)
    return planned


def _columns(
    proposal: Proposal,
    table: Table,
    target: TargetTable,
    *,
    key: KeyChoice,
    tenant_path: tuple[str, ...],
) -> tuple[PlannedColumn, ...]:
    """Every source column, in its order."""
    config = proposal.own.table(table.name)
    pointing = _references(proposal, table, target, tenant_path)
    taken = {
        proposal.tenant_column if target.name != _root(proposal) else None,
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
        found.append(_decided(proposal, table, target, planned, is_key=is_key))
    return tuple(found)


def _is_undecided(config: TableConfig, column: str) -> bool:
    """Whether the config says how to read a column, but not where it goes."""
    said = config.columns[column]
    return said.into is None and said.drop is None and said.used is None


def _decided(
    proposal: Proposal, table: Table, target: TargetTable, column: PlannedColumn, *, is_key: bool
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
        elif column.non_null == 0:
            return replace(column, drop=EMPTY)
        elif pack is not None:
            column = replace(column, pack=pack)
        else:
            proposal.ask(
                table.name,
                column.name,
                f"column {table.name}.{column.name} ({column.non_null} values) matches no free "
                f"column of {target.name}: set "
                f"{proposal.place(table.name)}.columns.{column.name} = "
                '"..." or { drop = "why" }',
            )
    column = _typed(proposal, table, target, column, is_key=is_key)
    rules = config.rules if config is not None else None
    return replace(
        column,
        rules=rules if rules is not None else default_rules(proposal.own.kind, column.type),
    )


def _typed(
    proposal: Proposal, table: Table, target: TargetTable, column: PlannedColumn, *, is_key: bool
) -> PlannedColumn:
    """A value is read as its target's type; a reference as the key that it points at."""
    if is_key:
        return column
    if column.into is not None:
        type_name = target.table.column(column.into).declared_type
        if is_convertible(type_name) or proposal.own.kind is SourceKind.POSTGRES:
            return replace(column, type=short_type(type_name))
        proposal.ask(
            table.name,
            column.name,
            f"{target.name}.{column.into} is {type_name}, which values are not converted to by "
            f"themselves: set {proposal.place(table.name)}.columns.{column.name} = "
            '{ used = "why" } and '
            f"{proposal.place(table.name)}.set.{column.into} to an expression over s.{column.name}",
        )
        return column
    return replace(column, type=_own_type(proposal, table, column))


def _own_type(proposal: Proposal, table: Table, column: PlannedColumn) -> str:
    """The type of a column that fills no target column by itself."""
    kind, declared = proposal.own.kind, table.column(column.name).declared_type
    if kind is SourceKind.POSTGRES:
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


def _references(
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
        if len(parents) == 1:
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


def _created(
    proposal: Proposal, table: Table, target: TargetTable, columns: tuple[PlannedColumn, ...]
) -> str | None:
    """The column that says when a row was made."""
    configured = proposal.own.table(table.name).created
    if configured is not None:
        return configured
    times = [column for column in columns if column.type.startswith("timestamp")]
    for column in times:
        if column.into is not None and match_columns(
            [column.into], ["created_at"], table_names=(target.name,)
        ):
            return column.name
    return None


def _root(proposal: Proposal) -> str | None:
    return proposal.config.tenant.root if proposal.config.tenant else None
