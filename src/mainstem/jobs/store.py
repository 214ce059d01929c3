"""The only module of jobs that runs SQL.

`enqueue` runs with the claims of its transaction. Everything else is for service_role, in whose
transactions the worker and the command line call it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from psycopg.types.json import Jsonb

from mainstem.db.queries import load_queries
from mainstem.jobs.model import Job, LostLeaseError, NewJob

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]
    AsyncConnection = psycopg.AsyncConnection[TupleRow]

QUERIES = load_queries("mainstem.jobs")
CHANNEL = "mainstem_job"
#: how many jobs one call enqueues: a page of memory on both sides, not a bound on the work
ENQUEUE_MAX = 20_000
RELEASE_MAX = 1_000
ROWS_MAX = 1_000


def enqueue(connection: Connection, jobs: Sequence[NewJob]) -> list[UUID]:
    """Enqueue jobs in the caller's transaction, in one statement; they exist when it commits.

    Returns:
        The ids of those that were added; one whose unique key waits already is not.

    Raises:
        psycopg.errors.InsufficientPrivilege: a job names another agency, app or client than the
            claims allow.
    """
    rows = connection.execute(QUERIES["enqueue"], _enqueued(jobs), prepare=True).fetchall()
    return [id_ for (id_,) in rows]


async def async_enqueue(connection: AsyncConnection, jobs: Sequence[NewJob]) -> list[UUID]:
    """Do the same on an event loop."""
    cursor = await connection.execute(QUERIES["enqueue"], _enqueued(jobs), prepare=True)
    return [id_ for (id_,) in await cursor.fetchall()]


def _enqueued(jobs: Sequence[NewJob]) -> dict[str, str]:
    assert len(jobs) <= ENQUEUE_MAX, f"at most {ENQUEUE_MAX} jobs are enqueued at a time"
    # What a job does not say is left out: the server takes longer to read it than we to drop it.
    said = [{k: value for k, value in vars(job).items() if value is not None} for job in jobs]
    return {"jobs": _json(said)}


def claim(
    connection: Connection,
    queue: str,
    *,
    worker: str,
    jobs_max: int,
    lease_s: float,
    at: datetime | None = None,
) -> list[Job]:
    """Lease up to so many due jobs of a queue, most urgent first.

    Args:
        connection: in a transaction of its own, which the caller commits at once.
        queue: its name.
        worker: who holds them, for people to read.
        jobs_max: at most so many.
        lease_s: for so many seconds from now.
        at: which jobs count as due; None is now.

    Raises:
        psycopg.errors.UniqueViolation: another claim leased a job of the same ordering key at the
            same moment; nothing is leased, and the transaction is over.
    """
    asked = {"queue": queue, "worker": worker, "jobs_max": jobs_max, "lease_s": lease_s, "at": at}
    rows = connection.execute(QUERIES["claim"], asked, prepare=True).fetchall()
    found = [Job(*row) for row in rows]
    return sorted(found, key=lambda job: (-job.priority, job.run_at, job.id))


def renew(connection: Connection, jobs: Sequence[Job], *, lease_s: float) -> int:
    """Lengthen the lease of a claim's jobs; how many of them it still holds."""
    asked = {"ids": [job.id for job in jobs], "fence": jobs[0].fence, "lease_s": lease_s}
    return connection.execute(QUERIES["renew"], asked).rowcount


def finish(
    connection: Connection, jobs: Sequence[Job], ends: Iterable[Mapping[str, Any]] = ()
) -> None:
    """Move jobs of one claim into the archive: completed, or what `ends` says of some.

    Raises:
        LostLeaseError: one of them is no longer this claim's.
    """
    ids = [job.id for job in jobs]
    asked = {"ids": ids, "fence": jobs[0].fence, "ends": _json(list(ends))}
    _require_all(connection.execute(QUERIES["finish"], asked, prepare=True).rowcount, jobs)


def put_back(
    connection: Connection, jobs: Sequence[Job], changes: Sequence[Mapping[str, Any]]
) -> None:
    """Make jobs of one claim wait again.

    Raises:
        LostLeaseError: one of them is no longer this claim's.
    """
    asked = {"jobs": _json(changes), "fence": jobs[0].fence}
    _require_all(connection.execute(QUERIES["put_back"], asked).rowcount, jobs)


def _require_all(count: int, jobs: Sequence[Job]) -> None:
    if count != len(jobs):
        raise LostLeaseError(f"{len(jobs) - count} of {len(jobs)} jobs belong to another claim")


def release(connection: Connection) -> int:
    """Put back the jobs of workers whose lease ran out; how many there were."""
    rows = connection.execute(QUERIES["release"], {"jobs_max": RELEASE_MAX}).fetchall()
    return sum(row[1] for row in rows)


def cancel(connection: Connection, ids: Sequence[UUID], *, agency_id: UUID | None) -> list[UUID]:
    """Cancel waiting jobs of an agency, or, for an operator, of any (None); those that were."""
    asked = {"ids": list(ids), "agency_id": agency_id}
    return [id_ for (id_,) in connection.execute(QUERIES["cancel"], asked).fetchall()]


def retry(connection: Connection, ids: Sequence[UUID], *, agency_id: UUID | None) -> list[UUID]:
    """Enqueue failed or cancelled jobs again, with all their attempts; those that were."""
    asked = {"ids": list(ids), "agency_id": agency_id}
    return [id_ for (id_,) in connection.execute(QUERIES["retry"], asked).fetchall()]


def listed(
    connection: Connection, *, state: str | None, queue: str | None, rows_max: int
) -> list[TupleRow]:
    """Return jobs: id, queue, kind, agency, state, attempt, attempts_max, run_at, last error."""
    asked = {"state": state, "queue": queue, "rows_max": min(rows_max, ROWS_MAX)}
    return connection.execute(QUERIES["listed"], asked).fetchall()


def shown(connection: Connection, job_id: UUID) -> dict[str, object] | None:
    """Return everything that is kept of a job, waiting or finished."""
    row = connection.execute(QUERIES["shown"], {"id": job_id}).fetchone()
    return row[0] if row else None


def pause(connection: Connection, queue: str) -> None:
    """Let nothing more be claimed from a queue."""
    connection.execute(QUERIES["pause"], {"queue": queue})


def resume(connection: Connection, queue: str) -> None:
    """Let a paused queue go on."""
    connection.execute(QUERIES["resume"], {"queue": queue})


def set_limit(
    connection: Connection,
    limit_key: str,
    *,
    agency_id: UUID | None,
    tokens_per_s: float,
    tokens_max: float = 1,
) -> None:
    """Say how often jobs of a limit key may begin: so many a second, so many at once."""
    asked = {
        "agency_id": agency_id,
        "limit_key": limit_key,
        "tokens_per_s": tokens_per_s,
        "tokens_max": tokens_max,
    }
    connection.execute(QUERIES["set_limit"], asked)


def set_schedule(connection: Connection, values: Mapping[str, Any]) -> None:
    """Keep a schedule; see `schedules.Schedule`."""
    asked = {**values, "payload": Jsonb(values["payload"])}
    connection.execute(QUERIES["set_schedule"], asked)


def due_schedules(connection: Connection) -> list[TupleRow]:
    """Return the schedules whose time has come, locked until the transaction ends."""
    return connection.execute(QUERIES["due_schedules"], {"rows_max": ROWS_MAX}).fetchall()


def advance_schedule(
    connection: Connection, schedule_id: UUID, next_run_at: datetime | None
) -> None:
    """Say when a schedule comes next; None is never again."""
    asked = {"id": schedule_id, "next_run_at": next_run_at}
    connection.execute(QUERIES["advance_schedule"], asked)


def figures(connection: Connection, name: str) -> list[TupleRow]:
    """Return the rows of one of the queries for the metrics."""
    return connection.execute(QUERIES[name]).fetchall()


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
