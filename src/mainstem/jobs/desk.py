"""The queue as a tenant's people see it on a page: what waits, what is dead, and what they may do.

What is read is read in their own transaction. What they change is done by the queue itself
(`service_role`), once their transaction has found the job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from mainstem.db.queries import load_queries
from mainstem.jobs.scope import BY_INDEX
from mainstem.jobs.store import QUERIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from mainstem.jobs.store import AsyncConnection

DESK = load_queries("mainstem.jobs", "desk.sql")
#: which query lists the jobs of a state
LISTED = {
    "waiting": "listed_open",
    "running": "listed_open",
    "scheduled": "listed_open",
    "dead": "listed_dead",
    "done": "listed_done",
    "cancelled": "listed_cancelled",
}
#: whoever stops after a few rows needs no helpers, which would read on
ALONE = "set local max_parallel_workers_per_gather = 0"
Row = dict[str, Any]


def listed(states: Iterable[str] = ()) -> bytes:
    """The query of a list of jobs; the list may hold other states too.

    It takes `agency_id`, and `seen_max`: how many jobs that are over it holds of each state.

    Args:
        states: those that are asked for; none, or one that there is not, is all.
    """
    wanted = set(states)
    asked = wanted if wanted and wanted <= LISTED.keys() else LISTED.keys()
    names = dict.fromkeys(name for state, name in LISTED.items() if state in asked)
    return b"\nunion all\n".join(b"(" + DESK[name] + b")" for name in names)


async def by_index(connection: AsyncConnection) -> None:
    """Have what follows in the transaction read by index: statistics of a queue are often wrong."""
    await connection.execute(f"{BY_INDEX}; {ALONE}".encode(), prepare=False)


async def queues(connection: AsyncConnection, agency_id: UUID) -> list[Row]:
    """The queues that hold jobs of an agency, with counts by state, a thousand of each."""
    return await _rows(connection, DESK["queues"], agency_id=agency_id)


async def running(connection: AsyncConnection, agency_id: UUID) -> list[Row]:
    """The jobs of an agency that are being done, ten at most."""
    return await _rows(connection, DESK["running"], agency_id=agency_id)


async def job(connection: AsyncConnection, agency_id: UUID, job_id: UUID) -> Row | None:
    """One job; None where the one who asks sees none of that id."""
    found = await _rows(connection, DESK["job"], agency_id=agency_id, job_id=job_id)
    return found[0] if found else None


async def dead(connection: AsyncConnection, agency_id: UUID, queue: str) -> list[UUID]:
    """The dead letters of a queue that the one who asks may set right."""
    found = await _rows(connection, DESK["dead_of_queue"], agency_id=agency_id, queue=queue)
    return [each["id"] for each in found]


async def paused(connection: AsyncConnection) -> set[str]:
    """The queues that nothing is claimed from; as the service."""
    return {each["queue"] for each in await _rows(connection, QUERIES["paused_queues"])}


async def retry(connection: AsyncConnection, ids: Sequence[UUID], agency_id: UUID) -> int:
    """Enqueue dead and cancelled jobs again; how many. As the service."""
    return len(await _rows(connection, QUERIES["retry"], ids=list(ids), agency_id=agency_id))


async def cancel(connection: AsyncConnection, job_id: UUID, agency_id: UUID) -> bool:
    """Cancel a job that waits; False when it does not wait any more. As the service."""
    return bool(await _rows(connection, QUERIES["cancel"], ids=[job_id], agency_id=agency_id))


async def pause(connection: AsyncConnection, queue: str) -> None:
    """Let nothing more be claimed from a queue, whoever's jobs it holds. As the service."""
    await connection.execute(QUERIES["pause"], {"queue": queue})


async def resume(connection: AsyncConnection, queue: str) -> None:
    """Let a paused queue go on. As the service."""
    await connection.execute(QUERIES["resume"], {"queue": queue})


async def _rows(connection: AsyncConnection, query: bytes, **values: object) -> list[Row]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        return await (await cursor.execute(query, values)).fetchall()
