"""Does due jobs within an open transaction, for tests of those who enqueue them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.jobs import store
from mainstem.jobs.batch import Batches
from mainstem.jobs.scope import become_service, job_savepoint

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.jobs.model import Job
    from mainstem.jobs.registry import Registry

ROUNDS_MAX = 100
JOBS_MAX = 500


def run_inline(
    connection: psycopg.Connection[TupleRow], registry: Registry, *, at: datetime | None = None
) -> int:
    """Do every job that is due, and those that they enqueue, as a worker would; how many.

    All of it stays in the caller's transaction, a savepoint for each batch, so that a test can roll
    it back. Afterwards the role is the session's own.

    Args:
        connection: in a transaction.
        registry: the handlers.
        at: what time it is for the queue; None is the transaction's own.
    """
    batches = Batches(connection, registry, job_savepoint)
    done = 0
    for _ in range(ROUNDS_MAX):
        found = [job for queue in registry.queues() for job in _claim(connection, queue, at)]
        if not found:
            return done
        for fence in sorted({job.fence for job in found}):
            batches.do([job for job in found if job.fence == fence])
        done += len(found)
    raise AssertionError(f"jobs still come after {ROUNDS_MAX} rounds: one enqueues itself")


def _claim(connection: psycopg.Connection[TupleRow], queue: str, at: datetime | None) -> list[Job]:
    become_service(connection)
    found = store.claim(connection, queue, worker="inline", jobs_max=JOBS_MAX, lease_s=60.0, at=at)
    connection.execute(b"reset role")
    return found
