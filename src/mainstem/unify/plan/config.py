"""The config: which sources go into which target, and what a person decided about them.

Every key is known; an unknown one, or one of the wrong kind, is refused with its place in the file.
Names of tables and columns are held against source and target later, when a plan is made.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import UUID

from mainstem.errors import ConfigError
from mainstem.kit.naming import did_you_mean
from mainstem.pg.connect import parse
from mainstem.unify.codec.rules import RULES
from mainstem.unify.files.settings import read_files
from mainstem.unify.plan.answers import read_answers, with_answers
from mainstem.unify.plan.model import Keep, SourceKind
from mainstem.unify.plan.shared import with_shared
from mainstem.unify.plan.toml_reader import Section, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mainstem.unify.files.model import Files
    from mainstem.unify.plan.model import Answer

#: what becomes of a row whose reference leads to no loaded row
ORPHAN_RULES = ("quarantine", "null")

_PLAN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


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
    """A further target table that gets a row, or several, for each loaded row; all in SQL."""

    into: str
    columns: Mapping[str, str]
    where: str | None = None
    #: of a FROM clause, where each gives several: `(values (1, s.a), (2, s.b)) as step (n, a)`
    rows: str | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """All its SQL."""
        return (*self.columns.values(), *filter(None, (self.where, self.rows)))


@dataclass(frozen=True)
class TableConfig:
    """What a person says about one source table."""

    into: str | None = None
    drop: str | None = None
    #: why the table is kept in a file and not carried over
    archive: str | None = None
    tenant: str | None = None
    created: str | None = None
    merge: tuple[tuple[str, ...], ...] = ()
    columns: Mapping[str, ColumnConfig] = field(default_factory=dict)
    set: Mapping[str, str] = field(default_factory=dict)
    also: tuple[AlsoConfig, ...] = ()
    #: the jsonb column for every source column that has no place of its own
    pack: str | None = None
    #: target column -> source columns from a row to the one that it points at
    derive: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: why rows are left out -> the SQL condition that says which
    leave: Mapping[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> tuple[str, ...]:
        """All its SQL."""
        also = (text for one in self.also for text in one.texts)
        return (*self.set.values(), *self.leave.values(), *also)


@dataclass(frozen=True)
class MergeConfig:
    """How rows of several source tables are told to be one row of a target table."""

    by: tuple[tuple[str, ...], ...]
    keep: Keep = Keep.NEWEST
    columns: Mapping[str, Keep] = field(default_factory=dict)
    time: str | None = None
    has_target_rows: bool = False


@dataclass(frozen=True)
class SourceConfig:
    """One source: a SQLite file, a PostgreSQL schema or a folder of migrations that build one.

    `name` is empty where it is the only one. `tenants` is the table whose rows are the tenants,
    `tenant` the id of one tenant that all rows belong to.
    """

    name: str
    sqlite: Path | None = None
    #: `env:NAME`, or an address without a password
    postgres: str | None = None
    migrations: Path | None = None
    #: the folder of the code that uses it: its calls are evidence for a plan's questions
    code: Path | None = None
    schema: str = "public"
    tenants: str | None = None
    tenant: str | None = None
    set: Mapping[str, str] = field(default_factory=dict)
    #: column -> the table that it points at, wherever a table has such a column
    references: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, TableConfig] = field(default_factory=dict)

    def table(self, name: str) -> TableConfig:
        """What the config says about a source table; nothing is a valid answer."""
        return self.tables.get(name, TableConfig())

    @property
    def further(self) -> tuple[str, ...]:
        """The tables of other schemas of a PostgreSQL database that the config speaks of."""
        named = {*self.tables, self.tenants or ""}
        return tuple(sorted(name for name in named if "." in name)) if self.kind.is_typed else ()

    @property
    def kind(self) -> SourceKind:
        """What kind of database it is."""
        if self.migrations is not None:
            return SourceKind.MIGRATIONS
        return SourceKind.SQLITE if self.sqlite is not None else SourceKind.POSTGRES

    @property
    def place(self) -> str:
        """Where the config speaks of this source's tables."""
        return f"tables.{self.name}" if self.name else "tables"

    @property
    def shown(self) -> str:
        """What people call it."""
        path = self.sqlite or self.migrations
        return self.name or (path.name if path is not None else self.postgres or "")


@dataclass(frozen=True)
class TenantConfig:
    """The target's tenant key, and the table whose rows are the tenants."""

    column: str
    root: str


@dataclass(frozen=True)
class Config:
    """A config file, checked in itself; not yet against sources and target."""

    path: Path
    name: str
    plan_dir: Path
    sources: tuple[SourceConfig, ...]
    schema: str = "public"
    database_variable: str | None = None
    tenant: TenantConfig | None = None
    set: Mapping[str, str] = field(default_factory=dict)
    #: by the target table's name
    merges: Mapping[str, MergeConfig] = field(default_factory=dict)
    files: tuple[Files, ...] = ()
    #: what people said when the plan asked; the rest of the config obeys it already
    answers: tuple[Answer, ...] = ()

    def further_targets(self) -> frozenset[str]:
        """The tables of other schemas than the target's that rows go to, as `schema.table`."""
        tables = [table for source in self.sources for table in source.tables.values()]
        return frozenset(table.into for table in tables if table.into and "." in table.into)

    def source(self, name: str) -> SourceConfig:
        """The source of that name; KeyError when there is none."""
        for source in self.sources:
            if source.name == name:
                return source
        raise KeyError(name)

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


def read_config(path: Path, *, answers: Sequence[Answer] = ()) -> Config:
    """Read a config file, with the answers that its plan's manifest holds and further ones.

    Raises:
        ConfigError: it is absent, no TOML, or says something that no config may say.
    """
    plan_dir = path.parent / read_toml(path, lambda top: _plan_name(top, path))
    said = (*read_answers(plan_dir), *answers)
    config = read_toml(
        path,
        lambda top: _config(top, path),
        change=lambda content: with_answers(with_shared(content), said),
    )
    return replace(config, answers=said)


def _plan_name(top: Section, path: Path) -> str:
    name = top.take("plan", str) or f"{path.stem}-plan"
    for key in top.names_left():
        top.take_any(key)
    return name


def _config(top: Section, path: Path) -> Config:
    name = top.take("name", str) or path.stem
    if not _PLAN_NAME.fullmatch(name):
        raise ConfigError(
            f"`name` {name!r} must be lower-case letters, digits, - and _ (it names the run)"
        )
    plan = top.take("plan", str) or f"{path.stem}-plan"
    sections = top.sections("source")
    if not sections:
        raise ConfigError(
            '`source` is missing; add [[source]] with sqlite = "file.db" or postgres = "env:NAME"'
        )
    tables = top.section("tables") or Section({}, place="tables")
    sources = tuple(
        _source(section, tables, path.parent, is_alone=len(sections) == 1) for section in sections
    )
    _check_sources(sources, tables)
    schema, variable = _target(top.section("target") or Section({}, place="target"))
    tenant = top.section("tenant")
    config = Config(
        path=path,
        name=name,
        plan_dir=path.parent / plan,
        sources=sources,
        schema=schema,
        database_variable=variable,
        tenant=_tenant(tenant) if tenant else None,
        set=top.take_text_map("set"),
        merges=read_merges(top.section("merge")),
        files=tuple(read_files(section, path.parent) for section in top.sections("files")),
    )
    _check_files(config)
    _check_tenants(config)
    return config


def _check_files(config: Config) -> None:
    names = [source.name for source in config.sources]
    for files in config.files:
        if files.source not in names:
            raise ConfigError(
                f"[[files]] names source {files.source!r}, which there is not"
                + did_you_mean(files.source, names)
            )


def _source(section: Section, tables: Section, folder: Path, *, is_alone: bool) -> SourceConfig:
    name = section.take("name", str) if is_alone else section.need("name", str)
    if name is not None and not _SOURCE_NAME.fullmatch(name):
        raise ConfigError(
            f"{section.where('name')} {name!r} must be lower-case letters, digits and _ "
            "(SQL names tables by it)"
        )
    sqlite, postgres, migrations = (
        section.take(kind, str) for kind in ("sqlite", "postgres", "migrations")
    )
    if sum(one is not None for one in (sqlite, postgres, migrations)) != 1:
        raise ConfigError(
            f'`{section.place}` needs one of sqlite = "file.db", postgres = "env:NAME" and '
            'migrations = "folder"'
        )
    code = section.take("code", str)
    own = tables.section(name) if name else tables
    source = SourceConfig(
        name=name or "",
        sqlite=folder / sqlite if sqlite is not None else None,
        postgres=_address(section, postgres) if postgres is not None else None,
        migrations=folder / migrations if migrations is not None else None,
        code=folder / code if code is not None else None,
        schema=section.take("schema", str) or "public",
        tenants=section.take("tenants", str),
        tenant=_tenant_id(section),
        set=section.take_text_map("set"),
        references=section.take_text_map("references"),
        tables=_tables(own) if own else {},
    )
    section.finish()
    return source


def read_merges(section: Section | None) -> dict[str, MergeConfig]:
    """`[merge.<target>]` of a config or a manifest."""
    found: dict[str, MergeConfig] = {}
    for name in section.names_left() if section is not None else ():
        assert section is not None
        merge = section.section(name)
        assert merge is not None
        found[name] = MergeConfig(
            by=merge.take_text_lists("by"),
            keep=_keep(merge, "keep", merge.take("keep", str)),
            columns={
                column: _keep(merge, "columns", rule)
                for column, rule in merge.take_text_map("columns").items()
            },
            time=merge.take("time", str),
            has_target_rows=merge.take("target_rows", bool) or False,
        )
        merge.finish()
    return found


def _keep(section: Section, key: str, rule: str | None) -> Keep:
    try:
        return Keep(rule) if rule is not None else Keep.NEWEST
    except ValueError:
        raise ConfigError(
            f"{section.where(key)} is {rule!r}; it must be one of {', '.join(Keep)}"
        ) from None


def _address(section: Section, address: str) -> str:
    """`env:NAME`, or an address; never one with a password, which would stand in a file."""
    kind, _, variable = address.partition(":")
    if kind == "env" and variable:
        return address
    if "password" in parse(address):
        raise ConfigError(
            f'{section.where("postgres")} holds a password; write "env:NAME", the variable that '
            "holds the address, or leave the password to ~/.pgpass"
        )
    return address


def _tenant_id(section: Section) -> str | None:
    value = section.take("tenant", str)
    if value is not None and "-" in value:
        try:
            UUID(value)
        except ValueError:
            raise ConfigError(f"{section.where('tenant')} is not a uuid") from None
    return value


def _check_sources(sources: tuple[SourceConfig, ...], tables: Section) -> None:
    names = [source.name for source in sources]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ConfigError(f"two sources are called {twice}; give each a name of its own")
    for name in tables.names_left():
        raise ConfigError(
            f"{tables.where(name)} is no source{did_you_mean(name, names)}; with several sources "
            "a table is [tables.<source>.<table>]"
        )


def _check_tenants(config: Config) -> None:
    for source in config.sources:
        if source.tenants is not None and source.tenant is not None:
            raise ConfigError(f"source {source.shown} has both tenants and tenant; keep one")
        is_told = source.tenants is not None or source.tenant is not None
        if config.tenant is not None and not is_told:
            raise ConfigError(
                f'source {source.shown} needs tenants = "<source table>", whose rows are the '
                'tenants, or tenant = "<id>", whom all its rows belong to'
            )
        if config.tenant is None and is_told:
            raise ConfigError(
                f"source {source.shown} says whose its rows are, and `tenant` is missing: add "
                "[tenant] with the target's column and root"
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
    tenant = TenantConfig(column=section.need("column", str), root=section.need("root", str))
    section.finish()
    return tenant


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
        archive=section.take("archive", str),
        tenant=section.take("tenant", str),
        created=section.take("created", str),
        merge=section.take_text_lists("merge"),
        columns={name: _column(columns, name) for name in columns.names_left()} if columns else {},
        set=section.take_text_map("set"),
        also=tuple(_also(item) for item in section.sections("also")),
        pack=section.take("pack", str),
        derive=section.take_text_list_map("derive"),
        leave=section.take_text_map("leave"),
    )
    section.finish()
    said = [name for name in ("into", "drop", "archive") if getattr(table, name) is not None]
    if len(said) > 1:
        raise ConfigError(f"`{section.place}` has both {' and '.join(said)}; keep one")
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
        rows=section.take("rows", str),
    )
    section.finish()
    if not also.columns:
        raise ConfigError(f"{section.where('columns')} is missing; say what each column holds")
    return also
