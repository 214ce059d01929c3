"""The job that looks: what an account received since the last time, and its newest contacts.

Of an account that was disconnected it asks whether it is connected again: that may go untold too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from mainstem.jobs import Done, Job, NewJob, Registry, Verdict, enqueue
from mainstem.revos import connecting
from mainstem.revos.accounts import NewCall, Route, health
from mainstem.revos.accounts import store as accounts_store
from mainstem.revos.inbox import store
from mainstem.revos.inbox.contacts import new_contacts
from mainstem.revos.sending import QUEUE, Moment
from mainstem.revos.unipile import PAGE_MAX, AccountId, Fault, Message, UnipileError
from mainstem.revos.unipile.model import AccountState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mainstem.revos.clock import Clock
    from mainstem.revos.sending.model import Connection
    from mainstem.revos.sequence import Replies
    from mainstem.revos.unipile import Provider

KIND = "revos.inbox"
EVERY = timedelta(minutes=10)
#: outside working hours, when nothing can be answered anyway
EVERY_ASLEEP = timedelta(hours=1)  # and of accounts that were disconnected
RELATIONS_EVERY = timedelta(hours=5)
#: messages may show up late: this much is read again, and taken in once
OVERLAP = timedelta(minutes=10)
#: how far back the first look goes
FIRST_BACK = timedelta(days=2)
PAGES_MAX = 20
ACCOUNTS_MAX = 500
PEOPLE_MAX = 1_000


@dataclass(frozen=True, kw_only=True)
class Request:
    """An account to look into, from when on.

    Attributes:
        cursor: where the last look stopped that did not get to its end.
        is_lost: it was disconnected.
    """

    account: AccountId
    is_lost: bool
    after: datetime
    cursor: str | None
    wants_relations: bool
    #: whom it has invited
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found(Done):
    """What was found; kept in memory until it is settled.

    Attributes:
        account: as the provider called the account that was looked into.
        after: how far back the look goes.
        cursor: where the next one goes on; None: this one got to its end, or begins anew.
        is_back: the account was disconnected, and is no more.
    """

    account: AccountId | None = None
    messages: tuple[Message, ...] = ()
    contacts: tuple[str, ...] | None = None
    after: datetime | None = None
    cursor: str | None = None
    is_whole: bool = True
    is_back: bool = False
    fault: Fault | None = None


@dataclass(frozen=True)
class Inbox:
    """Looks into accounts."""

    provider: Provider
    clock: Clock
    replies: Replies

    def add_to(self, registry: Registry) -> None:
        """Let a worker look."""
        registry.add_calls(
            KIND, self.call, begin=self.begin, settle=self.settle, queue=QUEUE, role="service_role"
        )

    def agencies_due(self, connection: Connection, at: datetime) -> list[UUID]:
        """Return the agencies of accounts that were not looked into for a while."""
        return store.agencies_due(
            connection, at=at, before=at - EVERY, before_asleep=at - EVERY_ASLEEP
        )

    def plan(self, moment: Moment) -> None:
        """Enqueue a look into each account that was not looked into for a while."""
        due = store.rows(
            moment,
            "due",
            before=moment.at - EVERY,
            before_asleep=moment.at - EVERY_ASLEEP,
            limit=ACCOUNTS_MAX,
        )
        jobs = [
            NewJob(
                kind=KIND,
                queue=QUEUE,
                payload={"account_id": str(one["id"]), "client_id": str(one["client_id"])},
                unique_key=f"inbox {one['id']}",
                agency_id=moment.agency_id,
                client_id=one["client_id"],
                app_context="revos",
            )
            for one in due
        ]
        if jobs:
            enqueue(moment.connection, jobs)

    def begin(self, connection: Connection, jobs: Sequence[Job]) -> dict[UUID, Any]:
        """Read from when on to look; looking at contacts counts against the account's limit."""
        moment = self._moment(connection, jobs)
        by_id = {_account(job): job for job in jobs}
        found: dict[UUID, Any] = {job.id: Done() for job in jobs}
        before = moment.at - RELATIONS_EVERY
        accounts_store.lock(connection, moment.agency_id)
        left = accounts_store.reads_left(
            connection,
            moment.agency_id,
            moment.at,
            route=Route.READ_RELATIONS,
            among=set(by_id),
        )
        for one in store.rows(
            moment, "requests", ids=list(by_id), relations_before=before, people_max=PEOPLE_MAX
        ):
            job = by_id[one["id"]]
            read_to = one["inbox_read_to"] or moment.at - FIRST_BACK
            request = Request(
                account=one["unipile_account_id"],
                is_lost=one["is_lost"],
                after=one["inbox_cursor_after"] or read_to - OVERLAP,
                cursor=one["inbox_cursor"],
                wants_relations=one["wants_relations"] and left.get(one["id"], 0) > 0,
                waiting=tuple(one["waiting"]),
            )
            found[job.id] = request
            if request.wants_relations:
                accounts_store.reserve(connection, moment.agency_id, [_call(job, moment.at)])
        return found

    async def call(self, job: Job, request: Request) -> Verdict:
        """Look."""
        del job
        found = Found(
            None,
            account=request.account,
            after=request.after,
            cursor=request.cursor,
            is_whole=False,
        )
        try:
            if request.is_lost:
                known = await self.provider.account(request.account)
                return replace(found, is_back=known.state is AccountState.CONNECTED)
            for _ in range(PAGES_MAX):
                page = await self.provider.account_messages(
                    request.account, after=request.after, cursor=found.cursor, limit=PAGE_MAX
                )
                found = replace(
                    found,
                    messages=found.messages + page.items,
                    cursor=page.cursor,
                    is_whole=page.cursor is None,
                )
                if found.is_whole:
                    break
            if request.wants_relations:
                contacts = await new_contacts(self.provider, request.account, request.waiting)
                found = replace(found, contacts=contacts)
        except UnipileError as error:
            # A cursor that the provider will not take any more is forgotten.
            cursor = found.cursor if error.fault.is_transient else None
            return replace(found, cursor=cursor, fault=error.fault)
        return found

    def settle(
        self, connection: Connection, jobs: Sequence[Job], verdicts: Mapping[UUID, Verdict]
    ) -> None:
        """Take in what was found, the oldest first."""
        moment = self._moment(connection, jobs)
        found = [(job, verdict) for job in jobs if isinstance(verdict := verdicts[job.id], Found)]
        accounts_store.finish_reads(
            connection, moment.agency_id, {job.id: 0 for job, _ in found}, at=moment.at
        )
        known = _known(moment, found)
        for job, one in found:
            self._take_in(moment, _account(job), one, known)
        looks = [
            {
                "account_id": _account(job),
                "account": one.account,
                "newest": _newest(moment, one),
                "after": one.after,
                "cursor": one.cursor,
                "is_whole": one.is_whole,
                "has_more": one.is_back or (one.cursor is not None and one.fault is None),
                "read_relations": one.contacts is not None,
            }
            for job, one in found
        ]
        store.rows(moment, "looked", looks=msgspec.json.encode(looks).decode())

    def _take_in(
        self, moment: Moment, account_id: UUID, found: Found, known: set[tuple[UUID, str]]
    ) -> None:
        for message in sorted(found.messages, key=_when):
            if (account_id, message.id) not in known:
                self.replies.take_in(moment, account_id, message)
        if found.contacts:
            invited = store.rows(
                moment, "waiting_for", account_id=account_id, people=list(found.contacts)
            )
            for one in invited:
                connecting.accepted(moment, account_id, one["provider_person_id"])
        if found.is_back and store.rows(moment, "is_lost", account_id=account_id):
            health.reconnected(moment.connection, moment.agency_id, account_id, at=moment.at)
        if found.fault is not None:
            health.note(moment.connection, moment.agency_id, account_id, found.fault, at=moment.at)

    def _moment(self, connection: Connection, jobs: Sequence[Job]) -> Moment:
        agency_id = jobs[0].agency_id
        assert agency_id is not None, "an account is always an agency's"
        return Moment(connection=connection, agency_id=agency_id, at=self.clock.of(connection))


def _known(moment: Moment, looks: Sequence[tuple[Job, Found]]) -> set[tuple[UUID, str]]:
    """Which messages were taken in before, by account: every look sees some of the last again."""
    ids = [message.id for _, found in looks for message in found.messages]
    accounts = [_account(job) for job, found in looks if found.messages]
    rows = store.rows(moment, "known_messages", accounts=accounts, ids=ids) if ids else []
    return {(one["linkedin_account_id"], one["unipile_message_id"]) for one in rows}


def _newest(moment: Moment, found: Found) -> datetime | None:
    """Up to when all is known once the look is at its end.

    Only the provider's own times count: had ours jumped ahead for a while, a look that found
    nothing would hide what comes in the meantime.
    """
    times = [message.sent_at for message in found.messages if message.sent_at is not None]
    return min(max(times), moment.at) if times else None


def _when(message: Message) -> tuple[float, str]:
    return (message.sent_at.timestamp() if message.sent_at else 0.0, message.id)


def _account(job: Job) -> UUID:
    return UUID(job.payload["account_id"])


def _call(job: Job, at: datetime) -> NewCall:
    return NewCall(
        account_id=_account(job),
        client_id=UUID(job.payload["client_id"]),
        route=Route.READ_RELATIONS,
        sender=None,
        subject_id=job.id,
        called_at=at,
    )
