"""Making a plan: read both sides, propose, write the directory."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from mainstem.errors import TargetError
from mainstem.unify.catalog.postgres import read_target
from mainstem.unify.catalog.sqlite import open_source, read_catalog
from mainstem.unify.plan.cycles import early_references
from mainstem.unify.plan.directory import write_directory
from mainstem.unify.plan.model import Plan, PlannedTenant
from mainstem.unify.plan.profile import read_profiles
from mainstem.unify.plan.propose import propose
from mainstem.unify.plan.sections import Side, write_also, write_file, write_section

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Catalog, Table
    from mainstem.unify.catalog.postgres import TargetCatalog
    from mainstem.unify.plan.config import Config


def make_plan(
    config: Config, connection: psycopg.Connection[TupleRow], *, is_forced: bool = False
) -> Plan:
    """Propose a plan and write it to the config's plan directory.

    Raises:
        ConfigError: the config names what is not there, or the plan holds edits.
        SourceError: the source cannot be read.
        TargetError: the target has no such schema, or no tables.
    """
    target = read_target(connection, config.schema)
    if not target.tables:
        raise TargetError(
            f"schema {config.schema} of the target has no tables; run `mainstem db migrate` first"
        )
    with open_source(config.source_path) as source:
        catalog = read_catalog(source)
        profiles = read_profiles(source, catalog)
    tables, questions = propose(config, source=catalog, profiles=profiles, target=target)
    tenant = config.tenant
    plan = Plan(
        name=config.name,
        schema=config.schema,
        directory=config.plan_dir,
        source_path=_relative(config),
        source_schema_sha256=source_digest(catalog),
        tenant=PlannedTenant(tenant.column, tenant.root, tenant.source_table, tenant.value)
        if tenant
        else None,
        tables=tables,
        questions=questions,
        target_digests={
            name: table_digest(target.tables[name].table)
            for name in sorted({table.into for table in tables if table.into is not None})
        },
    )
    write_directory(plan, _files(config, plan, target), is_forced=is_forced)
    return plan


def source_digest(catalog: Catalog) -> str:
    """A digest of what a plan relies on in a source; its rows do not matter."""
    digests = [f"{table.name}={table_digest(table)}" for table in catalog.tables]
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()


def table_digest(table: Table) -> str:
    """A digest of what a plan relies on in a table; indexes and counters do not matter."""
    content = [
        [[c.name, c.declared_type, c.is_nullable, c.default, c.generated] for c in table.columns],
        list(table.primary_key),
        sorted([k.columns, k.parent, k.parent_columns] for k in table.foreign_keys),
        sorted(check.expression for check in table.checks),
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _relative(config: Config) -> Path:
    """The source's path as the manifest writes it: relative to the plan, so that both may move."""
    return Path(os.path.relpath(config.source_path, config.plan_dir))


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
        texts += [write_also(table, also) for also in config.table(table.name).also]
    return {f"{name}.sql": write_file(name, texts) for name, texts in sections.items()}
