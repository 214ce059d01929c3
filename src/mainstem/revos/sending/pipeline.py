"""The job that makes one write: begun in the ledger, called once, settled with all it changes.

A job that comes again, because its worker was lost or nobody knows what became of the call, never
calls again. It looks at what the provider has, a few times, for reads lag behind writes; what that
does not settle is unclear, and a person's.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from mainstem.jobs import Done, Job, NewJob, Registry, Retry, Snooze, Verdict
from mainstem.jobs.registry import describe
from mainstem.revos.accounts import health
from mainstem.revos.accounts import store as accounts_store
from mainstem.revos.sending.model import Moment, Sender, Settled
from mainstem.revos.unipile import Indeterminate, Outcome, Refused, Sent, UnipileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mainstem.revos.accounts import BegunCall
    from mainstem.revos.clock import Clock
    from mainstem.revos.sending.model import Connection, Request
    from mainstem.revos.unipile import Provider

LOG = logging.getLogger(__name__)
KIND = "revos.write"
REASON_CHARACTERS_MAX = 500
QUEUE = "revos"
#: reads may lag half a minute to a minute behind a write
LOOK_AFTER = timedelta(seconds=90)
LOOK_UNTIL = timedelta(minutes=6)
#: an account whose day ended, or which was stopped, just before its call
SLEEP = timedelta(minutes=5)
#: a call that waits longer, or whose worker stood still, is not made: what decided it may be over
CALL_WITHIN_S = 60.0


@dataclass(frozen=True)
class Begun:
    """A request, whether the call may have been made before, and whether one looks once more."""

    request: Request
    may_have_been_made: bool
    is_last_look: bool
    begun_s: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Pipeline:
    """Makes the writes of all senders."""

    provider: Provider
    clock: Clock
    senders: Mapping[str, Sender]

    def add_to(self, registry: Registry) -> None:
        """Let a worker make them."""
        registry.add_calls(
            KIND, self.call, begin=self.begin, settle=self.settle, queue=QUEUE, role="service_role"
        )

    def begin(self, connection: Connection, jobs: Sequence[Job]) -> dict[UUID, Any]:
        """Say in the ledger that the calls are made now, and read what they need."""
        moment = self._moment(connection, jobs)
        open_calls = accounts_store.begin(
            connection, moment.agency_id, {_call(job): _account(job) for job in jobs}, at=moment.at
        )
        begun: dict[UUID, Any] = {job.id: Done() for job in jobs}
        for name, sender in self.senders.items():
            own = [
                job for job in jobs if job.payload["sender"] == name and _call(job) in open_calls
            ]
            requests = sender.load(moment, [_subject(job) for job in own]) if own else {}
            for job in own:
                found = open_calls[_call(job)]
                if found.has_to_wait:
                    begun[job.id] = Snooze(self.clock.real_s(SLEEP), "the account rests")
                else:
                    begun[job.id] = _begun(requests.get(_subject(job)), found, moment.at)
        return begun

    async def call(self, job: Job, begun: Begun) -> Verdict:
        """Call, or look what an earlier call came to; a call that comes too late is not made."""
        del job
        if begun.may_have_been_made:
            return await self._look(begun)
        if time.monotonic() - begun.begun_s > CALL_WITHIN_S:
            return Settled()
        outcome = await begun.request.make(self.provider)
        if isinstance(outcome, Indeterminate):
            return Snooze(self.clock.real_s(LOOK_AFTER), outcome.reason)
        return Settled(outcome=outcome)

    async def _look(self, begun: Begun) -> Verdict:
        try:
            found = await begun.request.look(self.provider)
            reason = "no answer came, and the provider shows no trace of it"
        except UnipileError as error:
            found, reason = None, f"no answer came, and it cannot be looked up: {error.fault.slug}"
        if found is not None:
            return Settled(outcome=found)
        if begun.is_last_look:
            return Settled(outcome=Indeterminate(reason))
        return Snooze(self.clock.real_s(LOOK_AFTER), reason)

    def settle(
        self, connection: Connection, jobs: Sequence[Job], verdicts: Mapping[UUID, Verdict]
    ) -> None:
        """Write down what became of each call, in the ledger and in the sender's own rows."""
        moment = self._moment(connection, jobs)
        for job in jobs:
            verdict = verdicts[job.id]
            is_last = job.attempt >= job.attempts_max
            if isinstance(verdict, Settled) and is_last:
                self._settle_last(moment, job, verdict.outcome)
            elif isinstance(verdict, Settled):
                self._settle_one(moment, job, verdict.outcome)
            elif isinstance(verdict, Retry) and is_last:
                self._give_up(moment, job, verdict.reason)

    def _settle_last(self, moment: Moment, job: Job, outcome: Outcome | None) -> None:
        """Settle what could not be settled before, or leave it to a person."""
        try:
            with moment.connection.transaction():
                self._settle_one(moment, job, outcome)
        except Exception as error:
            if moment.connection.broken:
                raise
            _log("what became of a %s cannot be written down: %s", job, error)
            self._give_up(moment, job, type(error).__name__)

    def _give_up(self, moment: Moment, job: Job, reason: str) -> None:
        """Leave to a person what can be neither made nor written down; its account goes on."""
        unclear = Indeterminate(f"it could not be settled: {reason}"[:REASON_CHARACTERS_MAX])
        try:
            with moment.connection.transaction():
                self._settle_one(moment, job, unclear)
        except Exception as error:
            if moment.connection.broken:
                raise
            _log("a %s cannot even be left to a person: %s", job, error)
            status, slug, message = _as_ledger(unclear)
            accounts_store.finish(
                moment.connection, moment.agency_id, _call(job),
                status=status, at=moment.at, slug=slug, message=message,
            )  # fmt: skip

    def _settle_one(self, moment: Moment, job: Job, outcome: Outcome | None) -> None:
        account_id = _account(job)
        status, slug, message = _as_ledger(outcome)
        is_news = accounts_store.finish(
            moment.connection, moment.agency_id, _call(job),
            status=status, at=moment.at, slug=slug, message=message,
        )  # fmt: skip
        if not is_news:
            return
        if isinstance(outcome, Refused):
            health.note(
                moment.connection, moment.agency_id, account_id, outcome.fault, at=moment.at
            )
        sender = self.senders[job.payload["sender"]]
        sender.settle(moment, _subject(job), account_id, outcome)

    def _moment(self, connection: Connection, jobs: Sequence[Job]) -> Moment:
        agency_id = jobs[0].agency_id
        assert agency_id is not None, "a write is always an agency's"
        return Moment(connection=connection, agency_id=agency_id, at=self.clock.of(connection))


def _log(said: str, job: Job, error: Exception) -> None:
    """Without a traceback: it would end in the row that the server refused."""
    LOG.error(said, job.payload["sender"], describe(error))


def job_for(
    agency_id: UUID,
    sender: Sender,
    *,
    client_id: UUID,
    call_id: UUID,
    account_id: UUID,
    subject_id: UUID,
) -> NewJob:
    """The job that makes a call which the ledger holds; who sees the client sees it."""
    return NewJob(
        kind=KIND,
        queue=QUEUE,
        payload={
            "sender": sender.name,
            "call_id": str(call_id),
            "account_id": str(account_id),
            "subject_id": str(subject_id),
        },
        unique_key=str(call_id),
        agency_id=agency_id,
        client_id=client_id,
        app_context="revos",
    )


def _begun(request: Request | None, begun: BegunCall, at: datetime) -> Begun | Settled:
    """What a job goes on with; a call that was not made yet is only made when still wanted."""
    if request is None:
        gone = Indeterminate("what it was about is gone")
        return Settled(outcome=None if begun.is_fresh else gone)
    if begun.is_fresh and not request.is_wanted:
        return Settled(outcome=None)
    is_last_look = at >= begun.called_at + LOOK_UNTIL
    return Begun(request, not begun.is_fresh, is_last_look)


def _call(job: Job) -> UUID:
    return UUID(job.payload["call_id"])


def _account(job: Job) -> UUID:
    return UUID(job.payload["account_id"])


def _subject(job: Job) -> UUID:
    return UUID(job.payload["subject_id"])


def _as_ledger(outcome: Outcome | None) -> tuple[str, str | None, str | None]:
    match outcome:
        case None:
            return "refused", "withdrawn", "no longer wanted when its turn came"
        case Sent():
            return "done", None, None
        case Refused(fault):
            return "refused", fault.slug, fault.message or None
        case Indeterminate(reason):
            return "unclear", None, reason
