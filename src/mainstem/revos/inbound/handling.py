"""Makes something of events, in jobs: each ends processed, ignored or failed, with a reason.

What a message or a new contact means is not known here: `Listeners` are told, in the transaction
that completes the job.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from mainstem.jobs import Dead, Done, Job, Registry, Retry, Verdict
from mainstem.revos import sequence
from mainstem.revos.accounts import health
from mainstem.revos.accounts import store as accounts_store
from mainstem.revos.inbound import store
from mainstem.revos.inbound.events import Kind, event_of
from mainstem.revos.inbound.intake import EVENT_KIND, LINK_KIND, QUEUE
from mainstem.revos.sending import Moment
from mainstem.revos.unipile import Account, AccountId, Fault, PersonId, UnipileError
from mainstem.revos.unipile import Kind as FaultKind
from mainstem.revos.unipile.reading import MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mainstem.revos.clock import Clock
    from mainstem.revos.inbound.store import Connection, OpenEvent
    from mainstem.revos.unipile import Message, Provider

#: clocks of ours and the provider's differ
CLOCK_SLACK = timedelta(minutes=5)
#: how long an event is known, should it come again
KEPT = timedelta(days=60)
WELL = frozenset({"OK", "RECONNECTED", "CREATION_SUCCESS", "SYNC_SUCCESS", "RUNNING", "RECONNECT"})
NOT_YET = frozenset({"CONNECTING", "ADD"})
STOPPED = frozenset({"restricted", "paused"})
#: messages that are about no lead: the owner's own correspondence
PRIVATE = frozenset({"unrelated", "own"})
LOST = frozenset({"CREDENTIALS", "DELETED", "DISCONNECTED"})


@dataclass(frozen=True)
class Listeners:
    """Who is told.

    Attributes:
        message: what somebody wrote to an account, or it to them; says what was made of it.
        connected: somebody has become a contact of an account.
    """

    message: Callable[[Moment, UUID, Message], str]
    connected: Callable[[Moment, UUID, PersonId], None]


@dataclass(frozen=True)
class Linked(Done):
    """What the provider says of an account that was just linked; the archive keeps none of it."""

    account: Account | None = None


@dataclass(frozen=True)
class Handling:
    """Handles what the inbox keeps."""

    provider: Provider
    dialect: str
    clock: Clock
    listeners: Listeners

    def add_to(self, registry: Registry) -> None:
        """Let a worker handle events and links."""
        registry.add(EVENT_KIND, self.handle, queue=QUEUE, role="service_role")
        registry.add_calls(
            LINK_KIND, self.look, settle=self.settle, queue=QUEUE, role="service_role"
        )

    def handle(self, connection: Connection, jobs: Sequence[Job]) -> Mapping[UUID, Verdict]:
        """Make something of the events of these jobs, in the order in which they happened.

        Each in a savepoint: one that cannot be handled is kept as failed and stops no other.
        """
        moment = self._moment(connection, jobs)
        by_event = {UUID(job.payload["event_id"]): job for job in jobs}
        verdicts: dict[UUID, Verdict] = {}
        for event in store.open_events(connection, moment.agency_id, list(by_event)):
            job = by_event[event.id]
            try:
                with connection.transaction():
                    outcome, said = self._one(moment, event)
            except MalformedError as error:
                outcome, said = "failed", str(error)
            except Exception as error:
                if connection.broken or job.attempt < job.attempts_max:
                    raise
                outcome, said = "failed", type(error).__name__
                verdicts[job.id] = Dead(f"the event {event.id} could not be handled: {said}")
            store.finish_event(
                connection, moment.agency_id, event.id,
                outcome=outcome, at=moment.at, message=said, is_kept=said not in PRIVATE,
            )  # fmt: skip
        return verdicts

    async def look(self, job: Job) -> Verdict:
        """Ask the provider about an account that was linked."""
        try:
            account = await self.provider.account(AccountId(job.payload["provider_id"]))
        except UnipileError as error:
            return Retry(str(error)) if error.fault.is_transient else Linked()
        return Linked(account=account)

    def settle(
        self, connection: Connection, jobs: Sequence[Job], verdicts: Mapping[UUID, Verdict]
    ) -> None:
        """Let the accounts work that were linked, or say why they do not."""
        moment = self._moment(connection, jobs)
        by_event = {UUID(job.payload["event_id"]): verdicts[job.id] for job in jobs}
        for event in store.open_events(connection, moment.agency_id, list(by_event)):
            verdict = by_event[event.id]
            if isinstance(verdict, Linked):
                said = self._link(moment, event, verdict.account)
                store.finish_event(
                    connection,
                    moment.agency_id,
                    event.id,
                    outcome="failed" if said else "processed",
                    at=moment.at,
                    message=said,
                )

    def _one(self, moment: Moment, event: OpenEvent) -> tuple[str, str | None]:
        """What is made of an event: outcome and reason."""
        found = event_of(event.payload, received_at=event.created_at)
        account_id = event.linkedin_account_id
        match found.kind:
            case Kind.MESSAGE if found.message is not None:
                return "processed", self.listeners.message(moment, account_id, found.message)
            case Kind.CONNECTED if found.person is not None:
                self.listeners.connected(moment, account_id, found.person)
                return "processed", None
            case Kind.ACCOUNT:
                return _account_state(moment, account_id, found.status)
            case _:
                return "ignored", f"nothing follows from {found.name}"[:200]

    def _link(self, moment: Moment, event: OpenEvent, found: Account | None) -> str | None:
        """Link an account; what speaks against it.

        Who begins a link learns its word, and could tell us of any account with it. So it has to
        be the one that is linked already, or one that was made since the link was asked for.
        """
        if found is None:
            return "the provider knows no such account"
        accounts_store.lock(moment.connection, moment.agency_id)  # of two rows, one gets it
        known = store.account(moment.connection, moment.agency_id, event.linkedin_account_id)
        assert known is not None, "an event's account is there"
        current, person_id, _ = known
        asked_at = event.event_at
        is_new = (
            asked_at is not None
            and found.created_at is not None
            and found.created_at >= asked_at - CLOCK_SLACK
        )
        if found.id != current and not is_new:
            return "the account at the provider is older than the link; delete it there first"
        if person_id is not None and found.person_id not in {None, person_id}:
            return "another person signed in than the one whose account it is"
        if store.linked_elsewhere(
            moment.connection, moment.agency_id, event.linkedin_account_id, found
        ):
            return "another account of the agency is linked to the same one at the provider"
        if current not in {None, found.id}:
            sequence.forget_chats(moment, event.linkedin_account_id)
        store.link_account(
            moment.connection,
            moment.agency_id,
            event.linkedin_account_id,
            found,
            dialect=self.dialect,
            at=moment.at,
        )
        return None

    def _moment(self, connection: Connection, jobs: Sequence[Job]) -> Moment:
        agency_id = jobs[0].agency_id
        assert agency_id is not None, "an event is always an agency's"
        return Moment(connection=connection, agency_id=agency_id, at=self.clock.of(connection))


def forget(moment: Moment) -> None:
    """Let go of the ledger's oldest events; what they said stays in the log for its own time."""
    store.forget_events(moment.connection, moment.agency_id, before=moment.at - KEPT)


def _account_state(moment: Moment, account_id: UUID, status: str) -> tuple[str, str | None]:
    """Freeze an account's work, or let it go on. What was stopped for good, a person lets go on."""
    if status in NOT_YET:
        return "ignored", f"the account is {status.lower()}"
    if status in WELL:
        known = store.account(moment.connection, moment.agency_id, account_id)
        current = None if known is None else known[2]
        if current in STOPPED:
            return "ignored", f"the account is {current}; a person lets it go on"
        health.reconnected(moment.connection, moment.agency_id, account_id, at=moment.at)
        return "processed", None
    kind = FaultKind.DISCONNECTED if status in LOST else FaultKind.CONFIG
    fault = Fault(kind, f"account_{status.lower()}"[:100])
    health.note(moment.connection, moment.agency_id, account_id, fault, at=moment.at)
    return "processed", None
