"""What stands on the page, as data; the formats only write it down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mainstem.unify.catalog.model import NotCarried
    from mainstem.unify.ledger.expectations import KeptExpectations
    from mainstem.unify.ledger.proofs import KeptProof
    from mainstem.unify.ledger.rows import Account, Decision, Run


@dataclass(frozen=True)
class ReadSource:
    """A source as the run read it. Times are those of the run's steps; None: nothing was read."""

    name: str
    kind: str
    location: str
    #: which database or file it was, by what tells it from others
    identity: Mapping[str, str]
    read_from: datetime | None
    read_until: datetime | None
    tables: int
    rows: int


@dataclass(frozen=True)
class SourceAccount:
    """The row account of a source table, with its source's name."""

    source: str
    account: Account


@dataclass(frozen=True)
class FurtherRows:
    """Rows that the plan wrote besides the four outcomes."""

    table: str
    target: str
    rows: int


@dataclass(frozen=True)
class Example:
    """One value that a rule changed; secrets are masked."""

    table: str
    key: str
    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Conversions:
    """What one rule changed."""

    rule: str
    meaning: str | None
    values: int
    columns: int
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class WaitingRow:
    """A quarantined row by its key; `original` only where values were asked for."""

    key: str
    original: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Waiting:
    """The quarantined rows of a table with one reason, and some of them."""

    table: str
    column: str | None
    reason: str
    rows: int
    examples: tuple[WaitingRow, ...]


@dataclass(frozen=True)
class ColumnSum:
    """A compared column; of secrets, and of what the plan's own SQL makes, no checksum is kept."""

    name: str
    is_equal: bool
    source: str | None
    target: str | None


@dataclass(frozen=True)
class DifferingRow:
    """A place where both sides differ; the values only where they were asked for."""

    key: str
    kind: str
    column: str | None
    source: str | None
    target: str | None


@dataclass(frozen=True)
class VerifiedTable:
    """The comparison of one source table with its target."""

    table: str
    target: str
    is_equal: bool
    source_rows: int
    target_rows: int
    columns: tuple[ColumnSum, ...]
    differences: tuple[DifferingRow, ...]
    has_more_differences: bool
    not_compared: Mapping[str, str]


@dataclass(frozen=True)
class Verified:
    """The last verification of the run."""

    at: datetime | None
    is_passed: bool
    summary: str
    seconds: float
    checked: Mapping[str, int]
    tables: tuple[VerifiedTable, ...]
    findings: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Checked:
    """The last `mainstem check` of the database."""

    at: datetime | None
    is_passed: bool
    summary: str


@dataclass(frozen=True)
class Timing:
    """One step of the run; pauses of a run that was killed and went on count in."""

    step: str
    rows: int | None
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def kind(self) -> str:
        """The first word of its name."""
        return self.step.partition(" ")[0]

    @property
    def seconds(self) -> float | None:
        """How long it took; None: it is not done."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True)
class Phase:
    """The steps of one kind, from the begin of the first to the end of the last."""

    kind: str
    steps: int
    rows: int
    seconds: float


@dataclass(frozen=True)
class KeptBackup:
    """The dump of the target before the run, or why there is none."""

    path: str | None
    restore: str | None
    reason: str | None


@dataclass(frozen=True)
class CatchUp:
    """A pass that brought the target up to date after the run."""

    at: datetime | None
    looked_at: int
    inserted: int
    updated: int
    deleted: int
    seconds: float


@dataclass(frozen=True)
class NotInspected:
    """What nobody looked at or compared, and why."""

    kind: str
    name: str
    reason: str


@dataclass(frozen=True)
class SignOff:
    """Everything about one run."""

    run: Run
    undone_at: datetime | None
    database: str
    made_at: datetime
    has_values: bool
    sources: tuple[ReadSource, ...]
    decisions: tuple[Decision, ...]
    accounts: tuple[SourceAccount, ...]
    further: tuple[FurtherRows, ...]
    conversions: tuple[Conversions, ...]
    waiting: tuple[Waiting, ...]
    #: groups of waiting rows that are not listed, and their rows
    waiting_unlisted: tuple[int, int]
    verified: Verified | None
    isolation: KeptProof | None
    #: what came of each file of expectations since rows were last written, or else of the last one
    expected: tuple[KeptExpectations, ...]
    checked: Checked | None
    timings: tuple[Timing, ...]
    backup: KeptBackup | None
    catch_ups: tuple[CatchUp, ...]
    not_carried: tuple[NotCarried, ...]

    def total(self, name: str) -> int:
        """The sum of one number of all accounts."""
        return sum(getattr(each.account, name) for each in self.accounts)

    @property
    def is_balanced(self) -> bool:
        """Whether every source row has exactly one outcome."""
        return all(each.account.missing == 0 for each in self.accounts)

    @property
    def phases(self) -> tuple[Phase, ...]:
        """How long each kind of step took, in the order they began; those at work are left out."""
        kinds: dict[str, list[Timing]] = {}
        for step in self.timings:
            if step.seconds is not None:
                kinds.setdefault(step.kind, []).append(step)
        return tuple(_phase(kind, steps) for kind, steps in kinds.items())

    @property
    def last_written_at(self) -> datetime | None:
        """When the run or a pass after it last wrote to the target; None: it is under way."""
        passes = [one.at for one in self.catch_ups if one.at is not None]
        return max([*passes, self.run.finished_at]) if self.run.finished_at is not None else None


def _phase(kind: str, steps: Sequence[Timing]) -> Phase:
    begun = min(step.started_at for step in steps if step.started_at is not None)
    ended = max(step.finished_at for step in steps if step.finished_at is not None)
    rows = sum(step.rows or 0 for step in steps)
    return Phase(kind, len(steps), rows, (ended - begun).total_seconds())
