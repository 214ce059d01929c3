"""The rows of the ledger as Python holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True)
class Run:
    """One execution of a plan, or of a copy."""

    id: int
    kind: str
    name: str
    plan_sha256: str
    source: Mapping[str, object]
    schema_name: str
    state: str
    started_at: datetime
    finished_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether the run was begun and neither finished nor given up."""
        return self.state in {"staging", "loading"}

    @property
    def staging_schema(self) -> str:
        """The schema that holds the run's staging tables."""
        return f"unify_{self.id}"


@dataclass(frozen=True)
class Step:
    """One unit of a run that is wholly done or not done."""

    name: str
    position: int
    is_done: bool = False
    row_count: int | None = None
    last_key: object = None
    detail: object = None


@dataclass(frozen=True)
class LedgerRow:
    """One value that had to change."""

    source_table: str
    key: str
    column_name: str
    before: str | None
    after: str | None
    rule: str


@dataclass(frozen=True)
class QuarantineRow:
    """One source row that waits for a person; `original` is JSON text."""

    source_table: str
    key: str
    column_name: str | None
    reason: str
    original: str


@dataclass(frozen=True)
class Decision:
    """A named choice of the plan and how many values or rows it concerns."""

    name: str
    source_table: str
    column_name: str | None
    action: str
    reason: str
    affected: int
    #: who answered when asked, and when; None: the config or the plan says so
    decided_by: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True)
class LegacyMap:
    """Where the rows of one source table went: a partition of `unify.legacy_id`."""

    map_id: int
    source_table: str
    target_schema: str
    target_table: str
    role: str
    #: what tells the target's rows apart; new_id or new_key holds its value
    key_columns: tuple[str, ...]
    #: the key is a secret, so that new_id holds a hash of it
    is_hashed: bool = False

    @property
    def partition(self) -> str:
        """The partition's name in schema unify."""
        return f"legacy_id_{self.map_id}"

    def called(self, schema: str) -> str:
        """The target table's name in a plan whose target is that schema."""
        is_own = self.target_schema == schema
        return self.target_table if is_own else f"{self.target_schema}.{self.target_table}"


@dataclass(frozen=True)
class Account:
    """The row account of one source table."""

    source_table: str
    target_table: str | None
    source_rows: int
    loaded: int = 0
    merged: int = 0
    quarantined: int = 0
    dropped: int = 0
    conversions: int = 0

    @property
    def missing(self) -> int:
        """Rows without an outcome (negative: outcomes without a row); must be 0."""
        return self.source_rows - self.loaded - self.merged - self.quarantined - self.dropped
