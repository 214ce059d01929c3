"""Does what was claimed: a transaction for each tenant and kind, effects and completion in one.

Calls over the network are made for all tenants and kinds of a claim at once; each batch is settled
as soon as its own are over.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from secrets import SystemRandom
from typing import TYPE_CHECKING, Any, TypeAlias

from mainstem.jobs import store
from mainstem.jobs.calls import Calls
from mainstem.jobs.model import (
    ERROR_CHARACTERS_MAX,
    Cancelled,
    Dead,
    Done,
    Job,
    LostLeaseError,
    Retry,
    Snooze,
    Verdict,
    VerdictError,
)
from mainstem.jobs.registry import Entry, describe, unknown
from mainstem.jobs.scope import become_service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.jobs.registry import Begin, Registry

    Connection = psycopg.Connection[TupleRow]
    #: opens the transaction of an agency, app and role
    Scope: TypeAlias = Callable[
        [Connection, UUID | None, str, str], AbstractContextManager[Connection]
    ]

LOG = logging.getLogger(__name__)
#: of how many jobs of a claim calls are under way at once: what a killed worker may have left open
CALLS_MAX = 100
BACKOFF_S = 5.0
BACKOFF_MAX_S = 3_600.0
_DICE = SystemRandom()


@dataclass(frozen=True)
class Batches:
    """Does claimed jobs on a connection."""

    connection: Connection
    registry: Registry
    scope: Scope

    def do(self, jobs: Sequence[Job]) -> None:
        """Do the jobs of one claim. Those whose lease was lost meanwhile leave nothing behind.

        Raises:
            psycopg.OperationalError: the connection was lost; the lease brings the jobs back.
        """
        with Calls() as calls:
            for group in grouped(jobs):
                entry = self.registry.entries.get(group[0].kind)
                if entry is None:
                    self._keep(None, group, {job.id: unknown(job) for job in group})
                elif entry.call is None:
                    self._keep(entry, group, None)
                else:
                    self._settle_ended(calls, under_way_max=CALLS_MAX - len(group))
                    found = None if entry.begin is None else self._begin(entry, entry.begin, group)
                    calls.start(entry, group, found)
            self._settle_ended(calls, under_way_max=0)

    def _settle_ended(self, calls: Calls, *, under_way_max: int) -> None:
        for ended in calls.ended(under_way_max=under_way_max):
            self._keep(ended.entry, ended.jobs, ended.verdicts)

    def _keep(
        self, entry: Entry | None, jobs: Sequence[Job], verdicts: Mapping[UUID, Verdict] | None
    ) -> None:
        """Write down what a batch comes to, unless its lease was lost meanwhile."""
        try:
            self._in_parts(entry, jobs, verdicts)
        except LostLeaseError as error:
            LOG.warning("the effects of %s were taken back: %s", jobs[0].kind, error)

    def _begin(self, entry: Entry, begin: Begin, jobs: Sequence[Job]) -> dict[UUID, Any]:
        """What each call needs to know; a job whose beginning fails alone is not called."""
        first = jobs[0]
        found: dict[UUID, Any] = {}
        parts = [jobs]
        while parts:  # every turn ends a part or halves it
            part = parts.pop()
            try:
                with self.scope(
                    self.connection, first.agency_id, first.app_context, entry.role
                ) as connection:
                    begun = begin(connection, part)
                found.update(begun)
            except Exception as error:
                if self.connection.broken:
                    raise
                if len(part) == 1:
                    found[part[0].id] = _verdict_of(part[0], error)
                else:
                    parts += _halves(part)
        return found

    def _in_parts(
        self, entry: Entry | None, jobs: Sequence[Job], verdicts: Mapping[UUID, Verdict] | None
    ) -> None:
        """Halve a batch that fails until those that fail stand alone; each part is kept or not.

        Calls were made before, once: only what they came to is written down in parts.
        """
        parts = [jobs]
        while parts:  # every turn ends a part or halves it
            part = parts.pop()
            try:
                self._settle(entry, part, verdicts)
            except LostLeaseError:
                raise
            except Exception as error:  # noqa: BLE001 - what a handler raises is about its jobs
                if len(part) == 1 or self.connection.broken:
                    self._failed(part, error)
                else:
                    parts += _halves(part)

    def _settle(
        self, entry: Entry | None, jobs: Sequence[Job], verdicts: Mapping[UUID, Verdict] | None
    ) -> None:
        """Effects and completion, in one transaction."""
        first = jobs[0]
        role = entry.role if entry else "authenticated"
        with self.scope(self.connection, first.agency_id, first.app_context, role) as connection:
            if entry is not None and entry.handle is not None:
                verdicts = entry.handle(connection, jobs)
            elif entry is not None and entry.settle is not None:
                entry.settle(connection, jobs, verdicts or {})
            become_service(connection)
            complete(connection, jobs, verdicts or {})

    def _failed(self, jobs: Sequence[Job], error: Exception) -> None:
        if self.connection.broken:
            raise error
        self._settle(None, jobs, {job.id: _verdict_of(job, error) for job in jobs})


def _halves(jobs: Sequence[Job]) -> list[Sequence[Job]]:
    middle = len(jobs) // 2
    return [jobs[middle:], jobs[:middle]]


def _verdict_of(job: Job, error: Exception) -> Verdict:
    """What a handler said by raising, or that the job is tried again."""
    if isinstance(error, VerdictError):
        return error.verdict
    LOG.warning("%s %s failed: %s", job.kind, job.id, describe(error))
    return Retry(describe(error))


def grouped(jobs: Sequence[Job]) -> list[list[Job]]:
    """Return the jobs by kind, agency and app, each group in the order of the claim."""
    groups: dict[tuple[str, UUID | None, str], list[Job]] = {}
    for job in jobs:
        groups.setdefault((job.kind, job.agency_id, job.app_context), []).append(job)
    return list(groups.values())


def complete(connection: Connection, jobs: Sequence[Job], verdicts: Mapping[UUID, Verdict]) -> None:
    """Write down what became of the jobs of one claim.

    Raises:
        LostLeaseError: one of them belongs to another claim by now.
    """
    over: list[Job] = []
    again: list[Job] = []
    ends: list[dict[str, object]] = []
    changes: list[dict[str, object]] = []
    for job in jobs:
        verdict = verdicts.get(job.id)
        change = None if verdict is None else come_again(job, verdict)
        if change is not None:
            again.append(job)
            changes.append(change)
        else:
            over.append(job)
            ends += [] if verdict is None else _end(job, verdict)
    if over:
        store.finish(connection, over, ends)
    if again:
        store.put_back(connection, again, changes)


def come_again(job: Job, verdict: Verdict) -> dict[str, object] | None:
    """Return when and as which attempt a job comes again; None when it is over."""
    match verdict:
        case Snooze(after_s, reason):
            attempt, error = job.attempt - 1, reason
        case Retry(reason, after) if job.attempt < job.attempts_max:
            after_s = backoff_s(job.attempt) if after is None else after
            attempt, error = job.attempt, reason
        case _:
            return None
    return {"id": job.id, "attempt": attempt, "after_s": after_s, "error": _short(error)}


def backoff_s(attempt: int) -> float:
    """Return how long to wait after the n-th attempt: doubled each time, by half at random.

    Without the randomness all that failed together would come together again.
    """
    longest = min(BACKOFF_MAX_S, BACKOFF_S * 2 ** min(attempt - 1, 30))
    return _DICE.uniform(longest / 2, longest)


def _end(job: Job, verdict: Verdict) -> list[dict[str, object]]:
    match verdict:
        case Done(None):
            return []
        case Done(result):
            return [{"id": job.id, "status": "completed", "result": result}]
        case Cancelled(reason):
            return [{"id": job.id, "status": "cancelled", "error": _short(reason)}]
        case Dead(reason) | Retry(reason):
            return [{"id": job.id, "status": "failed", "error": _short(reason)}]
        case Snooze():  # pragma: no cover - it comes again
            raise AssertionError("a snoozed job is not over")


def _short(text: str | None) -> str | None:
    return None if text is None else text.replace("\0", "")[:ERROR_CHARACTERS_MAX]
