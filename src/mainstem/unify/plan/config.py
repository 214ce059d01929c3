"""The config: which source goes into which target, and what a person decided about it.

Every key is known; an unknown one, or one of the wrong kind, is refused with its place in the file.
Names of tables and columns are held against source and target later, when a plan is made.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from mainstem.errors import ConfigError
from mainstem.kit.naming import did_you_mean
from mainstem.unify.codec.rules import RULES
from mainstem.unify.plan.toml_reader import Section, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: what becomes of a row whose reference leads to no loaded row
ORPHAN_RULES = ("quarantine", "null")

_PLAN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True)
class ColumnConfig:
    """What a person says about one source column; None leaves it to the proposal."""

    into: str | None = None
    drop: str | None = None
    rules: tuple[str, ...] | None = None
    references: str | None = None
    orphan: str = "quarantine"
    #: SQL for rows in which the column is NULL; each use is a row of the ledger
    when_null: str | None = None
    #: staged for the plan's own SQL: why, in words
    used: str | None = None


@dataclass(frozen=True)
class AlsoConfig:
    """A further target table that gets one row for each loaded row; the columns are SQL."""

    into: str
    columns: Mapping[str, str]
    where: str | None = None


@dataclass(frozen=True)
class TableConfig:
    """What a person says about one source table."""

    into: str | None = None
    drop: str | None = None
    tenant: str | None = None
    created: str | None = None
    merge: tuple[tuple[str, ...], ...] = ()
    columns: Mapping[str, ColumnConfig] = field(default_factory=dict)
    set: Mapping[str, str] = field(default_factory=dict)
    also: tuple[AlsoConfig, ...] = ()


@dataclass(frozen=True)
class TenantConfig:
    """How rows get their tenant: one id for the whole file, or the rows of a source table."""

    column: str
    root: str
    source_table: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Config:
    """A config file, checked in itself; not yet against source and target."""

    path: Path
    name: str
    plan_dir: Path
    source_path: Path
    schema: str = "public"
    database_variable: str | None = None
    tenant: TenantConfig | None = None
    tables: Mapping[str, TableConfig] = field(default_factory=dict)
    set: Mapping[str, str] = field(default_factory=dict)

    def table(self, name: str) -> TableConfig:
        """What the config says about a source table; nothing is a valid answer."""
        return self.tables.get(name, TableConfig())

    def database_url(self) -> str | None:
        """The target's address from the variable the config names; None: the usual one.

        Raises ConfigError when the variable is not set.
        """
        if self.database_variable is None:
            return None
        url = os.environ.get(self.database_variable, "").strip()
        if not url:
            raise ConfigError(
                f"{self.path}: `target.database` names the variable {self.database_variable}, "
                "which is not set; set it to the database's address"
            )
        return url


def read_config(path: Path) -> Config:
    """Read a config file.

    Raises:
        ConfigError: it is absent, no TOML, or says something that no config may say.
    """
    return read_toml(path, lambda top: _config(top, path))


def _config(top: Section, path: Path) -> Config:
    name = top.take("name", str) or path.stem
    if not _PLAN_NAME.fullmatch(name):
        raise ConfigError(
            f"`name` {name!r} must be lower-case letters, digits, - and _ (it names the run)"
        )
    plan = top.take("plan", str) or f"{path.stem}-plan"
    source = top.section("source") or Section({}, place="source")
    sqlite = source.need("sqlite", str)
    source.finish()
    schema, variable = _target(top.section("target") or Section({}, place="target"))
    tenant = top.section("tenant")
    tables = top.section("tables")
    return Config(
        path=path,
        name=name,
        plan_dir=path.parent / plan,
        source_path=path.parent / sqlite,
        schema=schema,
        database_variable=variable,
        tenant=_tenant(tenant) if tenant else None,
        tables=_tables(tables) if tables else {},
        set=top.take_text_map("set"),
    )


def _target(section: Section) -> tuple[str, str | None]:
    schema = section.take("schema", str) or "public"
    database = section.take("database", str)
    section.finish()
    if database is None:
        return schema, None
    kind, _, variable = database.partition(":")
    if kind != "env" or not variable:
        raise ConfigError(
            '`target.database` must be "env:NAME", the variable that holds the address '
            "(an address in a file is a password in a file)"
        )
    return schema, variable


def _tenant(section: Section) -> TenantConfig:
    column = section.need("column", str)
    root = section.need("root", str)
    source_table = section.take("from", str)
    value = section.take(column.removesuffix("_id"), str) or section.take("id", str)
    section.finish()
    if (source_table is None) == (value is None):
        raise ConfigError(
            '`tenant` needs either from = "<source table>" or '
            f'{column.removesuffix("_id")} = "<id>", and not both'
        )
    if value is not None and "-" in value:
        try:
            UUID(value)
        except ValueError:
            raise ConfigError(f"`tenant.{column.removesuffix('_id')}` is not a uuid") from None
    return TenantConfig(column=column, root=root, source_table=source_table, value=value)


def _tables(section: Section) -> dict[str, TableConfig]:
    found: dict[str, TableConfig] = {}
    for name in section.names_left():
        table = section.section(name)
        assert table is not None
        found[name] = _table(table)
    return found


def _table(section: Section) -> TableConfig:
    columns = section.section("columns")
    table = TableConfig(
        into=section.take("into", str),
        drop=section.take("drop", str),
        tenant=section.take("tenant", str),
        created=section.take("created", str),
        merge=section.take_text_lists("merge"),
        columns={name: _column(columns, name) for name in columns.names_left()} if columns else {},
        set=section.take_text_map("set"),
        also=tuple(_also(item) for item in section.sections("also")),
    )
    section.finish()
    if table.into is not None and table.drop is not None:
        raise ConfigError(f"`{section.place}` has both into and drop; keep one")
    return table


def _column(columns: Section, name: str) -> ColumnConfig:
    value = columns.take_any(name)
    if isinstance(value, str) and value:
        return ColumnConfig(into=value)
    if not isinstance(value, dict):
        raise ConfigError(
            f'{columns.where(name)} must be a target column, or {{ drop = "why" }}, '
            'or { into = "...", rules = [...] }'
        )
    section = Section(value, place=columns.where(name, quote=False))
    column = ColumnConfig(
        into=section.take("into", str),
        drop=section.take("drop", str),
        rules=section.take_texts("rules"),
        references=section.take("references", str),
        orphan=section.take("orphan", str) or "quarantine",
        when_null=section.take("when_null", str),
        used=section.take("used", str),
    )
    section.finish()
    if column.into is not None and column.drop is not None:
        raise ConfigError(f"`{section.place}` has both into and drop; keep one")
    if column.orphan not in ORPHAN_RULES:
        raise ConfigError(f"{section.where('orphan')} must be one of {', '.join(ORPHAN_RULES)}")
    for rule in column.rules or ():
        if rule not in RULES:
            raise ConfigError(
                f"{section.where('rules')} names {rule!r}, which is no rule"
                + (did_you_mean(rule, RULES) or f"; there are {', '.join(RULES)}")
            )
    return column


def _also(section: Section) -> AlsoConfig:
    also = AlsoConfig(
        into=section.need("into", str),
        columns=section.take_text_map("columns"),
        where=section.take("where", str),
    )
    section.finish()
    if not also.columns:
        raise ConfigError(f"{section.where('columns')} is missing; say what each column holds")
    return also
