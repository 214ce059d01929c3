"""A plan as data: what `manifest.toml` and the .sql files say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mainstem.kit.secrets_names import is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Reference:
    """A source column that points at rows of a source table and fills a target column."""

    table: str
    #: the unique column of that table it names; None: its key
    column: str | None
    into: str
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
    drop: str | None = None
    non_null: int = 0

    @property
    def is_staged(self) -> bool:
        """Whether the column is read into staging."""
        return self.drop is None


@dataclass(frozen=True)
class PlannedTable:
    """One source table: where its rows go, or why they do not."""

    name: str
    row_count: int
    into: str | None = None
    drop: str | None = None
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
    columns: tuple[PlannedColumn, ...] = ()

    def column(self, name: str) -> PlannedColumn:
        """The column of that name; KeyError when the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def holds_secret(self, name: str) -> bool:
        """Whether a column's values must be masked: by its name, or by what it points at."""
        reference = self.column(name).reference
        return is_secret(self.name, name) or (
            reference is not None
            and reference.column is not None
            and is_secret(reference.table, reference.column)
        )

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
    """How rows get their tenant."""

    column: str
    root: str
    source_table: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Question:
    """What the plan could not decide; it stops the run until a person answers."""

    table: str
    column: str | None
    text: str


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
    source_path: Path
    #: of the source's table definitions, so that a changed source is noticed
    source_schema_sha256: str
    tenant: PlannedTenant | None
    tables: tuple[PlannedTable, ...]
    questions: tuple[Question, ...] = ()
    selects: tuple[Select, ...] = ()
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

    def moved(self) -> Iterator[PlannedTable]:
        """The source tables that are not dropped."""
        return (table for table in self.tables if table.into is not None)
