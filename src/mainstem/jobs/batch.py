"""Does what was claimed: a transaction for each tenant and kind, effects and completion in one."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from secrets import SystemRandom
from typing import TYPE_CHECKING, TypeAlias

from mainstem.jobs import store
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
from mainstem.jobs.registry import Entry, call_all, describe, unknown
from mainstem.jobs.scope import become_service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.jobs.registry import Registry

    Connection = psycopg.Connection[TupleRow]
    #: opens the transaction of an agency, app and role
    Scope: TypeAlias = Callable[
        [Connection, UUID | None, str, str], AbstractContextManager[Connection]
    ]

LOG = logging.getLogger(__name__)
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
        for group in grouped(jobs):
            try:
                self._group(group)
            except LostLeaseError as error:
                LOG.warning("the effects of %s were taken back: %s", group[0].kind, error)

    def _group(self, jobs: Sequence[Job]) -> None:
        entry = self.registry.entries.get(jobs[0].kind)
        if entry is None:
            self._settle(None, jobs, {job.id: unknown(job) for job in jobs})
        elif entry.call is not None:
            self._calls(entry, jobs)
        else:
            self._within(entry, jobs)

    def _calls(self, entry: Entry, jobs: Sequence[Job]) -> None:
        found = None
        if entry.begin is not None:
            first = jobs[0]
            try:
                with self.scope(
                    self.connection, first.agency_id, first.app_context, entry.role
                ) as connection:
                    found = entry.begin(connection, jobs)
            except Exception as error:  # noqa: BLE001 - what it raises is about its jobs
                self._failed(jobs, error)
                return
        verdicts = call_all(entry, jobs, found)
        try:
            self._settle(entry, jobs, verdicts)
        except LostLeaseError:
            raise
        except Exception as error:  # noqa: BLE001 - the calls are made: never repeated in halves
            self._failed(jobs, error)

    def _within(self, entry: Entry, jobs: Sequence[Job]) -> None:
        """Halve a batch that fails until those that fail stand alone; each part is kept or not."""
        parts = [jobs]
        while parts:  # every turn ends a part or halves it
            part = parts.pop()
            try:
                self._settle(entry, part, None)
            except LostLeaseError:
                raise
            except Exception as error:  # noqa: BLE001 - what a handler raises is about its jobs
                if len(part) == 1 or self.connection.broken:
                    self._failed(part, error)
                else:
                    middle = len(part) // 2
                    parts += [part[middle:], part[:middle]]

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
        if not isinstance(error, VerdictError):
            LOG.warning("%s %s failed: %s", jobs[0].kind, jobs[0].id, describe(error))
        said = error.verdict if isinstance(error, VerdictError) else Retry(describe(error))
        self._settle(None, jobs, {job.id: said for job in jobs})


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
