"""Decides what is written next: for all accounts of an agency at once, one write for each.

Senders are asked in order: what was promised to a person goes before what asks for something. What
they take is reserved in the ledger, in the transaction that marks their rows and enqueues the jobs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mainstem.jobs import Job, NewJob, Registry, Snooze, Verdict, each, enqueue
from mainstem.revos.accounts import NewCall
from mainstem.revos.accounts import store as accounts_store
from mainstem.revos.sending import store
from mainstem.revos.sending.model import Moment, Sender, Wanted
from mainstem.revos.sending.pipeline import QUEUE, job_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from mainstem.revos.clock import Clock
    from mainstem.revos.sending.model import Connection

KIND = "revos.dispatch"
TICK_KIND = "revos.tick"
BEAT_KIND = "revos.beat"
EVERY = timedelta(seconds=15)
AGENCIES_MAX = 1_000


def _none_due(connection: Connection, at: datetime) -> Iterable[UUID]:
    """No agency."""
    del connection, at
    return ()


@dataclass(frozen=True)
class Dispatch:
    """Decides with these senders, asked in their order.

    Attributes:
        chores: what else is due for an agency (invitations that ran out, comments to read), done
            first.
        others_due: the agencies that only a chore has something to do for.
        only: the agencies that are decided for; None is all.
    """

    clock: Clock
    senders: Sequence[Sender]
    chores: Sequence[Callable[[Moment], None]] = ()
    others_due: Callable[[Connection, datetime], Iterable[UUID]] = _none_due
    only: frozenset[UUID] | None = None

    def add_to(self, registry: Registry) -> None:
        """Let a worker decide."""
        registry.add(BEAT_KIND, each(beat), queue=QUEUE)
        registry.add(TICK_KIND, each(self.tick), queue=QUEUE)
        registry.add(KIND, each(self.dispatch), queue=QUEUE, role="service_role")

    def tick(self, connection: Connection, job: Job) -> Verdict:
        """Wake the agencies that have something due; the platform's own job, which comes again."""
        del job
        at = self.clock.of(connection)
        agencies = {
            *store.agencies_due(connection, at, limit=AGENCIES_MAX),
            *self.others_due(connection, at),
        }
        wanted = agencies if self.only is None else agencies & self.only
        if wanted:
            enqueue(connection, [wake(agency_id) for agency_id in sorted(wanted)])
        return Snooze(self.clock.next_look_s(EVERY))

    def dispatch(self, connection: Connection, job: Job) -> None:
        """Decide for the job's agency."""
        assert job.agency_id is not None, "an agency's job"
        self.decide(connection, job.agency_id)

    def decide(self, connection: Connection, agency_id: UUID) -> list[Wanted]:
        """Reserve and enqueue what each account writes now; what that is."""
        moment = Moment(connection=connection, agency_id=agency_id, at=self.clock.of(connection))
        accounts_store.lock(connection, agency_id)
        for chore in self.chores:
            chore(moment)
        self._take_up(moment)
        due = set().union(*(sender.due(moment) for sender in self.senders))
        found = accounts_store.free(connection, agency_id, moment.at, among=due) if due else []
        idle = {account.id: account for account in found}
        taken: list[Wanted] = []
        jobs: list[NewJob] = []
        for sender in self.senders:
            if idle:
                wanted = sender.take(moment, idle)
                jobs += _reserved(moment, sender, wanted)
                taken += wanted
                for one in wanted:
                    del idle[one.account.id]
        if jobs:
            enqueue(connection, jobs)
        return taken

    def _take_up(self, moment: Moment) -> None:
        """Have calls looked into whose jobs were lost for good."""
        senders = {sender.name: sender for sender in self.senders}
        left = accounts_store.abandoned(moment.connection, moment.agency_id, moment.at)
        jobs = [
            job_for(
                moment.agency_id,
                senders[name],
                client_id=client_id,
                call_id=id_,
                account_id=account_id,
                subject_id=subject_id,
            )
            for id_, client_id, account_id, name, subject_id in left
        ]
        if jobs:
            enqueue(moment.connection, jobs)


def beat(connection: Connection, job: Job | None = None) -> None:
    """See to it that the tick is there; it comes again by itself, unless it was lost for good."""
    del job
    enqueue(connection, [NewJob(kind=TICK_KIND, queue=QUEUE, unique_key=TICK_KIND)])


def wake(agency_id: UUID) -> NewJob:
    """The job that decides for an agency; one at a time waits."""
    return NewJob(
        kind=KIND,
        queue=QUEUE,
        priority=7,
        agency_id=agency_id,
        app_context="revos",
        unique_key=KIND,
        ordering_key=KIND,
    )


def _reserved(moment: Moment, sender: Sender, wanted: Sequence[Wanted]) -> list[NewJob]:
    if not wanted:
        return []
    calls = [
        NewCall(
            account_id=one.account.id,
            client_id=one.account.client_id,
            route=one.route,
            sender=sender.name,
            subject_id=one.subject_id,
            called_at=moment.at,
        )
        for one in wanted
    ]
    ids = accounts_store.reserve(moment.connection, moment.agency_id, calls)
    return [
        job_for(
            moment.agency_id,
            sender,
            client_id=one.account.client_id,
            call_id=ids[one.account.id],
            account_id=one.account.id,
            subject_id=one.subject_id,
        )
        for one in wanted
    ]
