"""What the operator's page and the health report show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from datetime import datetime


class Part(msgspec.Struct, frozen=True):
    """One thing that must work, and what is known of it."""

    name: str
    is_healthy: bool
    message: str


class Health(msgspec.Struct, frozen=True):
    """All parts; healthy when each of them is."""

    status: str
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, *parts: Part) -> Health:
        """Sum the parts up."""
        is_healthy = all(part.is_healthy for part in parts)
        return cls("healthy" if is_healthy else "failing", parts)

    @property
    def is_healthy(self) -> bool:
        """True when no part fails."""
        return self.status == "healthy"

    @property
    def failing(self) -> tuple[Part, ...]:
        """The parts that do not work."""
        return tuple(part for part in self.parts if not part.is_healthy)


@dataclass(frozen=True)
class TableTotals:
    """The row account of one source table; the four outcomes sum to `source_rows`."""

    source_table: str
    target_table: str | None
    source_rows: int
    loaded: int
    merged: int
    quarantined: int
    dropped: int
    conversions: int


@dataclass(frozen=True)
class SourceTotals:
    """The row account of all tables of one source."""

    name: str
    tables: int
    source_rows: int
    loaded: int
    merged: int
    quarantined: int
    dropped: int
    conversions: int


@dataclass(frozen=True)
class PhaseTime:
    """How long one kind of step took, from its first start to its last end."""

    name: str
    seconds: float
    steps: int


@dataclass(frozen=True)
class Verdict:
    """What the last verification, or the last run of all checks, said of a run."""

    is_passed: bool
    summary: str


@dataclass(frozen=True)
class RunState:
    """A unification run in a list, and how far it is."""

    id: int
    kind: str
    name: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    steps: int
    steps_done: int

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in {"finished", "failed", "undone"}


@dataclass(frozen=True)
class UnifyRun:
    """A unification run in totals."""

    id: int
    kind: str
    name: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    tables: tuple[TableTotals, ...]
    sources: tuple[SourceTotals, ...]
    phases: tuple[PhaseTime, ...]
    verification: Verdict | None
    checks: Verdict | None

    @property
    def total(self) -> TableTotals:
        """The sums over all tables."""
        return TableTotals(
            "All tables",
            None,
            source_rows=sum(table.source_rows for table in self.tables),
            loaded=sum(table.loaded for table in self.tables),
            merged=sum(table.merged for table in self.tables),
            quarantined=sum(table.quarantined for table in self.tables),
            dropped=sum(table.dropped for table in self.tables),
            conversions=sum(table.conversions for table in self.tables),
        )

    @property
    def seconds(self) -> float | None:
        """From start to end; None while it is not finished."""
        if self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()
