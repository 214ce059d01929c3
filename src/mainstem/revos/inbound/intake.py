"""Takes events in: kept, deduplicated and enqueued in one transaction, before they are answered.

Whatever a call says ends in a row: an agency's event, its duplicate, or a stray that only operators
see. Nothing is looked up at the provider here, and nothing is made of an event yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mainstem.core.opaque import route_of
from mainstem.core.transaction import service_transaction
from mainstem.jobs import NewJob, async_enqueue
from mainstem.revos.inbound import store
from mainstem.revos.inbound.events import Event, Kind, event_of, linked_of
from mainstem.revos.inbound.payloads import decoded
from mainstem.revos.unipile.reading import MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from psycopg_pool import AsyncConnectionPool

    from mainstem.core.transaction import Connection
    from mainstem.revos.inbound.store import Taken

#: where the provider's calls arrive
PATH = "/webhooks/unipile"
EVENT_KIND = "revos.event"
LINK_KIND = "revos.link"
QUEUE = "revos"
#: what people wrote goes before what we write
PRIORITY = 8


class Intake(StrEnum):
    """What became of a call."""

    RECEIVED = "received"
    DUPLICATE = "duplicate"
    STRAY = "stray"


@dataclass(frozen=True)
class Inbox:
    """Where the provider's calls arrive."""

    pool: AsyncConnectionPool[Connection]
    clock: Callable[[], datetime]

    async def event(self, body: bytes) -> Intake:
        """Take in a webhook's body, whose sender has been recognised."""
        try:
            payload = decoded(body)
            event = event_of(payload, received_at=self.clock())
        except MalformedError as error:
            return await self._stray(body, "malformed", str(error))
        if event.kind is Kind.LINKED:
            return await self._linked(body, event, payload)
        async with service_transaction(self.pool) as connection:
            taken = await store.take_in(connection, event, payload)
            await _enqueue(connection, taken, EVENT_KIND, event)
        if not taken:
            return await self._stray(body, "unknown_account", event.name)
        return _intake(taken)

    async def linked(self, body: bytes) -> Intake:
        """Take in what the hosted page says of a linked account; its word is what is trusted."""
        try:
            payload = decoded(body)
            event = linked_of(payload)
        except MalformedError as error:
            return await self._stray(body, "malformed", str(error))
        return await self._linked(body, event, payload)

    async def _linked(self, body: bytes, event: Event, payload: dict[str, object]) -> Intake:
        route = route_of(event.status)
        kept: dict[str, object] = {"account_id": event.account, "status": event.name}
        async with service_transaction(self.pool) as connection:
            taken = await store.take_in_link(connection, event, kept, route=route, now=self.clock())
            await _enqueue(connection, taken, LINK_KIND, event)
        if taken:
            return Intake.RECEIVED
        del body, payload  # they hold the word, which may be another's that is good still
        return await self._stray(b"", "unknown_link", f"account {event.account}")

    async def _stray(self, body: bytes, reason: str, detail: str) -> Intake:
        async with service_transaction(self.pool) as connection:
            await store.keep_stray(connection, reason=reason, detail=detail, body=body)
        return Intake.STRAY


async def _enqueue(connection: Connection, taken: list[Taken], kind: str, event: Event) -> None:
    """One job for each agency's fresh event; those of one account are handled one after another."""
    jobs = [
        NewJob(
            kind=kind,
            queue=QUEUE,
            priority=PRIORITY,
            payload={"event_id": str(one.id), "provider_id": event.account},
            unique_key=f"{kind}:{one.id}",
            ordering_key=f"{kind}:{one.linkedin_account_id}",
            agency_id=one.agency_id,
            client_id=one.client_id,
            app_context="revos",
        )
        for one in taken
        if one.outcome == "received"
    ]
    if jobs:
        await async_enqueue(connection, jobs)


def _intake(taken: list[Taken]) -> Intake:
    is_fresh = any(one.outcome == "received" for one in taken)
    return Intake.RECEIVED if is_fresh else Intake.DUPLICATE
