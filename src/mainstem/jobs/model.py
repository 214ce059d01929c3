"""What a job is, before and after it is claimed, and what a handler says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

QUEUE = "default"
PRIORITY = 5
ATTEMPTS_MAX = 5
ERROR_CHARACTERS_MAX = 2_000

Payload: TypeAlias = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A job to enqueue.

    Attributes:
        kind: which handler does it.
        payload: what the handler needs; JSON, ids rather than data.
        unique_key: while a job of this agency, queue and key is there, no second one is added.
        ordering_key: jobs of this agency, queue and key are done strictly one after another.
        limit_key: the token bucket (`set_limit`) that says how often such jobs may begin.
        priority: 9 goes first, 0 last.
        run_at: not before; None is at once.
        agency_id, app_context: None takes those of the transaction's claims.
    """

    kind: str
    payload: Payload = field(default_factory=dict)
    queue: str = QUEUE
    unique_key: str | None = None
    ordering_key: str | None = None
    limit_key: str | None = None
    priority: int = PRIORITY
    run_at: datetime | None = None
    attempts_max: int = ATTEMPTS_MAX
    agency_id: UUID | None = None
    client_id: UUID | None = None
    app_context: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A job that a worker holds. `attempt` counts from 1; agency_id None is the platform's own."""

    id: UUID
    agency_id: UUID | None
    client_id: UUID | None
    app_context: str
    queue: str
    kind: str
    payload: Payload
    priority: int
    run_at: datetime
    attempt: int
    attempts_max: int
    fence: int


@dataclass(frozen=True)
class Done:
    """It is done; the result is kept in the archive.

    Attributes:
        note: of a call, what its settling needs to know; in memory only, of Retry and Dead as well.
    """

    result: Payload | None = None
    note: object = field(default=None, kw_only=True, repr=False)


@dataclass(frozen=True)
class Retry:
    """It failed and is tried again, later each time; after the last attempt it is dead."""

    reason: str
    after_s: float | None = None
    note: object = field(default=None, kw_only=True, repr=False)


@dataclass(frozen=True)
class Snooze:
    """It is not its time yet: come again, without an attempt spent."""

    after_s: float
    reason: str | None = None


@dataclass(frozen=True)
class Dead:
    """It can never be done: among the dead letters at once, for a person to look at."""

    reason: str
    note: object = field(default=None, kw_only=True, repr=False)


@dataclass(frozen=True)
class Cancelled:
    """It is no longer wanted."""

    reason: str


Verdict: TypeAlias = Done | Retry | Snooze | Dead | Cancelled


class VerdictError(Exception):
    """Raised by a handler of single jobs to say another verdict than done."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(str(verdict))
        self.verdict = verdict


class LostLeaseError(Exception):
    """Another claim holds a job of the batch by now: nothing of the batch may be kept."""
