"""A plan as data: what `manifest.toml` and the .sql files say.

A plan has one source or several. Each of several has a name, and its tables are called
`source.table` wherever tables of different sources meet; those of a single one by their own name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from mainstem.kit.secrets_names import is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mainstem.unify.files.model import Files


@dataclass(frozen=True)
class Reference:
    """A source column that points at rows of a source table and fills a target column."""

    table: str
    #: the unique column of that table it names; None: its key
    column: str | None
    #: None: a step on the way to the tenant or to another row, and nothing else
    into: str | None
    #: quarantine (default) or null: what becomes of a row whose reference leads to no loaded row
    orphan: str = "quarantine"


@dataclass(frozen=True)
class PlannedColumn:
    """One source column: how it is read, and where it goes or why it does not.

    `into` is the target column that holds the same value. A column may also, or only, be a
    `reference`; be the row's key; or be `used` by the plan's own SQL, in which case nothing but the
    row counts can be verified. `drop` is the reason of a dropped one.
    """

    name: str
    type: str
    rules: tuple[str, ...] = ()
    into: str | None = None
    reference: Reference | None = None
    when_null: str | None = None
    used: str | None = None
    #: the jsonb column that holds the value under the column's own name
    pack: str | None = None
    drop: str | None = None
    non_null: int = 0

    @property
    def is_staged(self) -> bool:
        """Whether the column is read into staging."""
        return self.drop is None


@dataclass(frozen=True)
class PlannedTable:
    """One source table: where its rows go, or why they do not.

    `name` is unique in the plan, `table` is what the source calls it.
    """

    name: str
    row_count: int
    #: the source's name; empty where the plan has only one
    source: str = ""
    #: of its columns and constraints when the plan was made
    digest: str = ""
    into: str | None = None
    drop: str | None = None
    #: why its rows are kept in a file and not carried over
    archive: str | None = None
    #: the columns that identify a row; empty: SQLite's rowid
    key: tuple[str, ...] = ()
    #: the target column that holds the new id, and how it is made: minted, kept or mixed
    id_column: str | None = None
    id_kind: str | None = None
    #: the source column (a time) that minted ids carry
    created: str | None = None
    #: source columns from this row to the tenant's: ("campaign_id", "organization_id")
    tenant_path: tuple[str, ...] = ()
    #: each a set of columns; rows equal in one of them are the same row
    merge: tuple[tuple[str, ...], ...] = ()
    #: target column -> source columns from this row to the row that it points at
    derive: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: target column -> the SQL text that all rows get
    fixed: Mapping[str, str] = field(default_factory=dict)
    #: why rows are left out -> the SQL condition over `s`; such rows take no part in a merge
    leave: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[PlannedColumn, ...] = ()

    @property
    def table(self) -> str:
        """The table's name in its source."""
        return plain_name(self.name, self.source)

    def column(self, name: str) -> PlannedColumn:
        """The column of that name; KeyError when the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def holds_secret(self, name: str) -> bool:
        """Whether a column's values must be masked: by its name, or by what it points at."""
        reference = self.column(name).reference
        return is_secret(self.table, name) or (
            reference is not None
            and reference.column is not None
            and is_secret(plain_name(reference.table, self.source), reference.column)
        )

    @property
    def is_decided(self) -> bool:
        """Whether the plan says what becomes of its rows."""
        return any(said is not None for said in (self.into, self.drop, self.archive))

    @property
    def has_secret_key(self) -> bool:
        """Whether a fingerprint of the key, and not the key, names the rows."""
        return any(self.holds_secret(name) for name in self.key)

    @property
    def staged(self) -> tuple[PlannedColumn, ...]:
        """The columns that are read into staging."""
        return tuple(column for column in self.columns if column.is_staged)


@dataclass(frozen=True)
class PlannedTenant:
    """The target's tenant key, and the table whose rows are the tenants."""

    column: str
    root: str


class SourceKind(StrEnum):
    """What kind of database a source is."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"
    #: a folder of them: a plan can be made of what they build, and not be carried out
    MIGRATIONS = "migrations"

    @property
    def is_typed(self) -> bool:
        """Whether its columns have PostgreSQL's types."""
        return self is not SourceKind.SQLITE


@dataclass(frozen=True)
class PlannedSource:
    """One source: where it is, and how its rows get their tenant.

    `location` is the path of a SQLite file; of a PostgreSQL database `env:NAME`, or an address
    without a password.
    """

    name: str
    kind: SourceKind
    location: str
    schema: str = "public"
    #: which database it is, so that no other one is read by mistake
    identity: str | None = None
    #: the table whose rows are the tenants, or one tenant's id for all rows
    tenants: str | None = None
    tenant: str | None = None
    #: tables of other schemas that the plan is about, as `schema.table`
    further: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The path of a SQLite file, or of a folder of migrations."""
        return Path(self.location)

    @property
    def shown(self) -> str:
        """What people call it."""
        is_path = self.kind is not SourceKind.POSTGRES
        return self.name or (self.path.name if is_path else self.location)

    def id_of(self, table: str) -> str:
        """The name that a table of it has in the plan."""
        return f"{self.name}.{table}" if self.name else table


class Keep(StrEnum):
    """Whose value of a column stays when rows become one."""

    #: of the newest row that has one
    NEWEST = "newest"
    #: of the first source's row, even where it has none
    FIRST_SOURCE = "first source"
    #: of the first source whose row has one
    NOT_NULL = "not null"


@dataclass(frozen=True)
class PlannedMerge:
    """Rows of several source tables that are one row of a target table.

    `by` are ways: sets of the target's columns, or `lower(column)`; rows equal in one of them are
    the same. The row of the first source stays, with the values that `keep` chooses.
    """

    target: str
    by: tuple[tuple[str, ...], ...]
    keep: Keep = Keep.NEWEST
    #: for single columns
    columns: Mapping[str, Keep] = field(default_factory=dict)
    #: the target's column that says which row is the newest
    time: str | None = None
    #: the rows that the target has already take part: they stay as they are
    has_target_rows: bool = False
    #: why it is proposed
    evidence: str | None = None


@dataclass(frozen=True)
class Question:
    """What the plan could not decide; it stops the run until a person answers."""

    table: str
    column: str | None
    text: str


@dataclass(frozen=True)
class Answer:
    """What a person said about a table or column when asked, as the config would say it."""

    table: str
    column: str | None
    #: TOML: keys of the table, or the value of the column
    text: str
    #: who said it, and when (ISO 8601)
    by: str = ""
    at: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        """Source and table, or the table alone."""
        return tuple(self.table.split(".", 1))

    @property
    def place(self) -> str:
        """What it is about."""
        return f"{self.table}.{self.column}" if self.column is not None else self.table


@dataclass(frozen=True)
class Select:
    """One select of a .sql file: the rows that one source table gives to one target table."""

    file: str
    source_table: str
    target_schema: str
    target_table: str
    #: a further table (`-- also`) that is accounted for apart
    is_also: bool
    text: str


@dataclass(frozen=True)
class Plan:
    """A whole plan, as read from its directory."""

    name: str
    schema: str
    directory: Path
    sources: tuple[PlannedSource, ...]
    tenant: PlannedTenant | None
    tables: tuple[PlannedTable, ...]
    questions: tuple[Question, ...] = ()
    answers: tuple[Answer, ...] = ()
    #: the config's file, relative to the directory
    config: str | None = None
    merges: tuple[PlannedMerge, ...] = ()
    selects: tuple[Select, ...] = ()
    files: tuple[Files, ...] = ()
    #: of every file of the directory together
    sha256: str = ""
    #: target table -> digest of its columns and constraints when the plan was made
    target_digests: Mapping[str, str] = field(default_factory=dict)

    def table(self, name: str) -> PlannedTable:
        """The planned source table of that name; KeyError when the plan has none."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)

    def end_of(self, table: PlannedTable, path: Sequence[str]) -> PlannedTable:
        """The table that a path of references leads to."""
        for name in path:
            reference = table.column(name).reference
            assert reference is not None, "a path is made of references"
            table = self.table(reference.table)
        return table

    def source_of(self, table: PlannedTable) -> PlannedSource:
        """The source that a table is in."""
        return next(source for source in self.sources if source.name == table.source)

    def is_elsewhere(self, table: PlannedTable) -> bool:
        """Whether a table is in another schema than its source's own."""
        own = (source for source in self.sources if source.name == table.source)
        return any(table.table in source.further for source in own)

    def tables_of(self, source: PlannedSource) -> tuple[PlannedTable, ...]:
        """The tables of a source."""
        return tuple(table for table in self.tables if table.source == source.name)

    def tenants_of(self, table: PlannedTable) -> str | None:
        """The table whose rows are the tenants of a table's source."""
        source = self.source_of(table)
        return source.id_of(source.tenants) if source.tenants is not None else None

    def shares(self, target: str) -> bool:
        """Whether the rows that a target table has already stay beside those of the run."""
        return any(merge.target == target and merge.has_target_rows for merge in self.merges)

    def is_merging(self, table: PlannedTable) -> bool:
        """Whether rows of a table may turn out to be the same as others."""
        return bool(table.merge) or any(merge.target == table.into for merge in self.merges)

    def seed_of(self, table: PlannedTable) -> str:
        """What minted ids of a table's rows are made of, before the row's key."""
        return f"{table.source or self.name}/{table.table}/"

    def targets(self) -> list[str]:
        """The target tables, in the order of the manifest."""
        return list(dict.fromkeys(table.into for table in self.tables if table.into is not None))

    def further_targets(self) -> frozenset[str]:
        """The tables of other schemas than the target's that rows go to, as `schema.table`."""
        return frozenset(table.into for table in self.tables if table.into and "." in table.into)

    def moved(self) -> Iterator[PlannedTable]:
        """The source tables that are not dropped."""
        return (table for table in self.tables if table.into is not None)


def plain_name(name: str, source: str) -> str:
    """The name that a table of a plan has in its source."""
    return name.removeprefix(f"{source}.") if source else name


def literal(text: str) -> str:
    """A text as TOML."""
    return json.dumps(text, ensure_ascii=False)
