"""Making a plan: read both sides, propose, write the directory."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mainstem.errors import TargetError
from mainstem.unify.catalog.narrowing import has_unique_values, narrow
from mainstem.unify.catalog.postgres import read_target
from mainstem.unify.catalog.postgres_source import open_postgres
from mainstem.unify.catalog.sqlite import open_source, read_catalog
from mainstem.unify.files.planning import ask_about_files, plan_files
from mainstem.unify.plan.accounts import ask_about_accounts
from mainstem.unify.plan.cycles import early_references
from mainstem.unify.plan.digest import table_digest
from mainstem.unify.plan.directory import write_directory
from mainstem.unify.plan.migrations import no_values, open_migrations, uncounted_profiles
from mainstem.unify.plan.model import Plan, PlannedSource, PlannedTenant
from mainstem.unify.plan.overlaps import find_merges
from mainstem.unify.plan.profile import (
    read_profiles,
    read_server_profiles,
    read_server_values,
    read_values,
)
from mainstem.unify.plan.propose import propose
from mainstem.unify.plan.sections import Side, write_also, write_file, write_section

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Catalog
    from mainstem.unify.catalog.postgres import TargetCatalog
    from mainstem.unify.files.model import Files
    from mainstem.unify.plan.config import Config, SourceConfig
    from mainstem.unify.plan.model import PlannedTable, Question
    from mainstem.unify.plan.profile import Profile, Values


def make_plan(
    config: Config, connection: psycopg.Connection[TupleRow], *, is_forced: bool = False
) -> Plan:
    """Propose a plan and write it to the config's plan directory.

    Raises:
        ConfigError: the config names what is not there, or the plan holds edits.
        SourceError: the source cannot be read.
        TargetError: the target has no such schema, or no tables.
    """
    target = read_target(connection, config.schema, config.further_targets())
    if not target.tables:
        raise TargetError(
            f"schema {config.schema} of the target has no tables; make them first: by the target's "
            "own migrations, or those of the platform by `mainstem db migrate`"
        )
    with ExitStack() as stack:
        plan = _propose_all(config, target, stack)
    write_directory(plan, _files(config, plan, target), is_forced=is_forced)
    return plan


def _propose_all(config: Config, target: TargetCatalog, stack: ExitStack) -> Plan:
    """The plan of all sources, which stay open until the stack is closed."""
    tables: list[PlannedTable] = []
    questions: list[Question] = []
    sources: list[PlannedSource] = []
    values: dict[str, Values] = {}
    files: list[Files] = []
    for source in config.sources:
        read = stack.enter_context(_reading(source, config))
        sources.append(_planned(config, source, read.identity))
        values[source.name] = read.values
        proposed, asked = propose(
            config,
            source,
            catalog=read.catalog,
            profiles=read.profiles,
            target=target,
            values=read.values,
        )
        tables += proposed
        questions += [*asked, *read.questions]
        files += read.files
    tenant = config.tenant
    return Plan(
        name=config.name,
        schema=config.schema,
        directory=config.plan_dir,
        sources=tuple(sources),
        tenant=PlannedTenant(tenant.column, tenant.root) if tenant else None,
        tables=tuple(tables),
        questions=tuple(questions),
        answers=config.answers,
        config=os.path.relpath(config.path, config.plan_dir),
        merges=find_merges(config, tables, target, values),
        files=tuple(files),
        target_digests={
            name: table_digest(target.tables[name].table)
            for name in sorted({table.into for table in tables if table.into is not None})
        },
    )


@dataclass(frozen=True)
class _Read:
    """What a plan must know about one source, which is open."""

    catalog: Catalog
    profiles: Mapping[str, Profile]
    values: Values
    identity: str | None = None
    #: what its catalog and rows alone do not answer
    questions: tuple[Question, ...] = ()
    files: tuple[Files, ...] = ()


@contextmanager
def _reading(source: SourceConfig, config: Config) -> Iterator[_Read]:
    files = [one for one in config.files if one.source == source.name]
    if source.sqlite is not None:
        with open_source(source.sqlite) as file:
            catalog = read_catalog(file)
            yield _Read(
                catalog,
                read_profiles(file, catalog),
                partial(read_values, file),
                files=tuple(plan_files(one, None, catalog) for one in files),
            )
        return
    if source.migrations is not None:
        with open_migrations(source.migrations, source) as (built, asked):
            # nothing can be looked at: a plan is made again before it is carried out
            catalog = narrow(built.read_catalog(), lambda _table, _column: True)
            yield _Read(catalog, uncounted_profiles(catalog), no_values, None, asked)
        return
    assert source.postgres is not None
    with open_postgres(source.postgres, source.schema, source.further) as server:
        catalog = narrow(server.read_catalog(), partial(has_unique_values, server))
        profiles = read_server_profiles(server, catalog)
        values = partial(read_server_values, server)
        asked = (
            *ask_about_accounts(server, source),
            *ask_about_files(server, source, config.files),
        )
        planned = tuple(plan_files(one, server, catalog) for one in files)
        yield _Read(catalog, profiles, values, server.identity, asked, planned)


def _planned(config: Config, source: SourceConfig, identity: str | None) -> PlannedSource:
    """A source as the manifest writes it: a path relative to the plan, so that both may move."""
    location = source.postgres or ""
    path = source.sqlite or source.migrations
    if path is not None:
        location = os.path.relpath(path, config.plan_dir)
    return PlannedSource(
        name=source.name,
        kind=source.kind,
        location=location,
        schema=source.schema,
        identity=identity,
        tenants=source.tenants,
        tenant=source.tenant,
        further=source.further,
    )


def _files(config: Config, plan: Plan, target: TargetCatalog) -> dict[str, str]:
    column = plan.tenant.column if plan.tenant else None
    tenant_tables = frozenset(
        table.name
        for table in plan.moved()
        if column is not None
        and table.into is not None
        and (target.tables[table.into].has_column(column))
    )
    early = early_references(plan.tables)
    sections: dict[str, list[str]] = {}
    for table in plan.moved():
        assert table.into is not None
        side = Side(plan, config, target.tables[table.into], tenant_tables, early)
        texts = sections.setdefault(table.into, [])
        texts.append(write_section(table, side))
        texts += [write_also(table, also) for also in side.config_of(table).also]
    return {f"{name}.sql": write_file(name, texts) for name, texts in sections.items()}
