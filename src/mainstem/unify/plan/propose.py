"""What the toolkit proposes for every source table and column, and what it must ask."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from mainstem.unify.plan.aside import backup_evidence, stands_alone
from mainstem.unify.plan.columns import planned_columns, pointing_columns
from mainstem.unify.plan.derived import find_derived
from mainstem.unify.plan.digest import table_digest
from mainstem.unify.plan.keys import choose_key
from mainstem.unify.plan.likeness import likely_table
from mainstem.unify.plan.match import match_columns, match_table
from mainstem.unify.plan.mentions import check_mentions
from mainstem.unify.plan.model import (
    PlannedColumn,
    PlannedTable,
    Question,
)
from mainstem.unify.plan.names import key_toml
from mainstem.unify.plan.questions import (
    ask_about_merging,
    ask_about_required,
    ask_about_times,
    ask_about_wide_keys,
)
from mainstem.unify.plan.references import SourceReference, find_references
from mainstem.unify.plan.tenancy import find_tenant_paths
from mainstem.unify.plan.twins import ask_about_twins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.unify.catalog.model import Catalog, Table
    from mainstem.unify.catalog.postgres import TargetCatalog, TargetTable
    from mainstem.unify.plan.code_evidence import CodeEvidence
    from mainstem.unify.plan.config import Config, SourceConfig
    from mainstem.unify.plan.profile import Profile, Values

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
    #: reads the different values of a column
    values: Values
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
        return f"{self.own.place}.{key_toml(table)}"

    def sets_for(self, table: str) -> Mapping[str, str]:
        """What the config sets in a table's rows."""
        return {**self.config.set, **self.own.set, **self.own.table(table).set}

    @cached_property
    def code(self) -> CodeEvidence | None:
        """What the source's code says; read when a question is first asked."""
        # Few configs name code, and its parsers take every command and the server 0.2 s.
        from mainstem.unify.plan.code_evidence import read_evidence  # noqa: PLC0415

        return read_evidence(self.own)

    @property
    def tenant_column(self) -> str | None:
        """The target's tenant column, where the config names one."""
        return self.config.tenant.column if self.config.tenant else None

    @property
    def root(self) -> str | None:
        """The target table whose rows are the tenants."""
        return self.config.tenant.root if self.config.tenant else None

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
    values: Values,
) -> tuple[tuple[PlannedTable, ...], tuple[Question, ...]]:
    """Say for every table and column of a source where it goes, or ask.

    Raises ConfigError when the config names a table or column that is not there.
    """
    proposal = Proposal(config, own, catalog, profiles, target, values)
    check_mentions(proposal)
    _choose_destinations(proposal)
    for table in catalog.tables:
        proposal.references[table.name] = find_references(
            table, catalog, own.table(table.name), own.references
        )
    paths = find_tenant_paths(proposal)
    for table in catalog.tables:
        if table.name in proposal.destinations:
            path = paths.get(table.name, ())
            direct = pointing_columns(proposal, table, proposal.target_of(table.name), path)
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


def _choose_destinations(proposal: Proposal) -> None:
    homeless: list[Table] = []
    for table in proposal.source.tables:
        config = proposal.own.table(table.name)
        if config.drop is not None or config.archive is not None:
            continue
        root = proposal.root if proposal.own.tenants == table.name else None
        into = config.into or root or match_table(table.name, proposal.target)
        if into is not None:
            proposal.destinations[table.name] = into
        elif backup_evidence(table, proposal.source) is None:
            homeless.append(table)
    for table in homeless:
        _ask_for_place(proposal, table)
    ask_about_twins(proposal)


def _ask_for_place(proposal: Proposal, table: Table) -> None:
    """Ask where a table goes, with what speaks for one of the target's."""
    profile = proposal.profiles[table.name]
    rows = profile.shown(profile.row_count, "row")
    alone = "; nothing refers to it" if stands_alone(table, proposal.source) else ""
    named = f"; {proposal.code.told(table.name)}" if proposal.code is not None else ""
    likely = likely_table(table, proposal.source, proposal.target, proposal=proposal)
    hint = f", but perhaps {likely.name} is meant ({likely.evidence})" if likely else ""
    proposal.ask(
        table.name,
        None,
        f"table {table.name} ({rows}{alone}{named}) matches no target table{hint}: set "
        f'{proposal.place(table.name)}.into = "{likely.name if likely else "..."}", '
        '.drop = "why" or .archive = "why"',
    )


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
    columns = planned_columns(proposal, table, target, key=key, tenant_path=tenant_path)
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
    ask_about_wide_keys(proposal, planned, target)
    ask_about_required(proposal, planned, target)
    return planned


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
