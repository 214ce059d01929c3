"""The queue's own periodic job: partitions made ahead of time, and those dropped that are over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.db import partitions
from mainstem.jobs.model import Dead, Done, Job, Verdict
from mainstem.jobs.registry import Registry, each
from mainstem.jobs.schedules import Schedule, set_schedule
from mainstem.jobs.scope import service_transaction

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

KIND = "partitions"
QUEUE = "upkeep"
DAILY = Schedule(name="partitions", kind=KIND, queue=QUEUE, cron="23 3 * * *")


def add_to(registry: Registry) -> None:
    """Let a worker keep partitions; the archive's retention is one of theirs."""
    registry.add(KIND, each(_keep_partitions), queue=QUEUE)


def schedule(connection: psycopg.Connection[TupleRow]) -> None:
    """See to it that the job comes every day."""
    with service_transaction(connection):
        set_schedule(connection, DAILY)


def _keep_partitions(connection: psycopg.Connection[TupleRow], job: Job) -> Verdict:
    if job.agency_id is not None:
        return Dead("partitions are the platform's, no agency's")
    made = partitions.ensure(connection)
    return Done({"made": made, "expired": partitions.drop_expired(connection)})
