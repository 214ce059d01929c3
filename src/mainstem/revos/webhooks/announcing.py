"""From something that happened to deliveries: one for each endpoint that wants to know."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from mainstem.jobs import NewJob, enqueue
from mainstem.revos.webhooks import store
from mainstem.revos.webhooks.model import Event
from mainstem.revos.webhooks.pacing import ATTEMPTS_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.jobs import Job

    Connection = psycopg.Connection[TupleRow]

QUEUE = "webhooks"
ANNOUNCE, DELIVER = "webhook.announce", "webhook.deliver"
APP = "revos"


def announce(connection: Connection, events: Sequence[Event]) -> None:
    """Let the clients' endpoints know of events, in the transaction of what happened.

    Whoever may enqueue jobs may call it; the deliveries themselves are made by the job.
    """
    jobs = [
        NewJob(
            kind=ANNOUNCE,
            queue=QUEUE,
            unique_key=f"announce:{event.kind}:{event.key}",
            payload={"kind": event.kind, "key": event.key, "lead_id": str(event.lead_id)},
            app_context=APP,
        )
        for event in events
    ]
    if jobs:
        enqueue(connection, jobs)


def handle(connection: Connection, jobs: Sequence[Job]) -> None:
    """Keep the deliveries of announced events, and enqueue an attempt of each."""
    agency_id = jobs[0].agency_id
    assert agency_id is not None, "an event is an agency's"
    events = [
        Event(job.payload["kind"], job.payload["key"], UUID(job.payload["lead_id"])) for job in jobs
    ]
    enqueue(connection, deliveries(store.announce(connection, agency_id, events), agency_id))


def deliveries(added: Sequence[tuple[UUID, UUID]], agency_id: UUID) -> list[NewJob]:
    """The jobs that attempt deliveries, of ids with their clients."""
    return [
        NewJob(
            kind=DELIVER,
            queue=QUEUE,
            unique_key=f"deliver:{delivery_id}",
            payload={"delivery_id": str(delivery_id)},
            attempts_max=ATTEMPTS_MAX,
            agency_id=agency_id,
            client_id=client_id,
            app_context=APP,
        )
        for delivery_id, client_id in added
    ]
