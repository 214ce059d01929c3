"""Handlers of the tests, and of the worker processes that the tests kill."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from mainstem.jobs import Done, Job, Registry, Retry, Snooze, Verdict, each

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]


def write(connection: Connection, jobs: Sequence[Job]) -> None:
    """Keep one effect a job; a poisoned job breaks the whole statement."""
    for job in jobs:
        if job.payload.get("poison"):
            raise ValueError("poisoned")
        _effect(connection, job)


def die_once(connection: Connection, jobs: Sequence[Job]) -> None:
    """Kill this process, hard, between effects and completion, in the first attempt."""
    for job in jobs:
        _effect(connection, job)
    if jobs[0].attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)


def stop_once(connection: Connection, jobs: Sequence[Job]) -> None:
    """Freeze this process in the first attempt, until somebody lets it go on."""
    if jobs[0].attempt == 1:
        os.kill(os.getpid(), signal.SIGSTOP)
    for job in jobs:
        _effect(connection, job)


def decide(connection: Connection, job: Job) -> Verdict:
    """Do what the payload says."""
    _effect(connection, job)
    match job.payload.get("say"):
        case "retry":
            return Retry("not today", after_s=0)
        case "snooze":
            return Snooze(3600)
        case "raise":
            raise ValueError("as asked")
        case _:
            return Done({"agency": str(job.agency_id)})


async def call(job: Job) -> Verdict | None:
    """Stand for a call over the network."""
    return Retry("unreachable", after_s=0) if job.payload.get("say") == "retry" else None


def note_first(connection: Connection, jobs: Sequence[Job]) -> dict[UUID, object]:
    """Write down that calls are about to be made; one that was begun before is not made again."""
    found: dict[UUID, object] = {}
    for job in jobs:
        begun = connection.execute(
            "insert into app.effect (job_id, agency_id, note)"
            " values (%s, app.agency_id(), 'begun') on conflict do nothing returning job_id",
            (job.id,),
        ).fetchone()
        found[job.id] = str(job.payload) if begun else Done({"was": "begun before"})
    return found


async def call_with(job: Job, found: str) -> Verdict | None:
    """Die in the first attempt of those that shall, after the beginning was kept."""
    if job.payload.get("die") and job.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return Done({"found": found})


def poisoned_beginning(connection: Connection, jobs: Sequence[Job]) -> dict[UUID, object]:
    """Break the whole statement for one poisoned job."""
    del connection
    if any(job.payload.get("poison") == "begin" for job in jobs):
        raise ValueError("poisoned")
    return {job.id: "fine" for job in jobs}


def poisoned_settling(
    connection: Connection, jobs: Sequence[Job], verdicts: Mapping[UUID, Verdict]
) -> None:
    """Write what the calls came to; one poisoned job breaks all."""
    for job in jobs:
        if job.payload.get("poison") == "settle":
            raise ValueError("poisoned")
        assert isinstance(verdicts[job.id], Done | Retry)
        _effect(connection, job)


def _effect(connection: Connection, job: Job) -> None:
    connection.execute(
        "insert into app.effect (job_id, agency_id, note)"
        " values (%s, app.agency_id(), current_user || ' ' || coalesce(%s, ''))",
        (job.id, job.payload.get("note")),
    )


def registry() -> Registry:
    made = Registry()
    made.add("write", write)
    made.add("die_once", die_once, queue="killing")
    made.add("stop_once", stop_once, queue="stopping")
    made.add("decide", each(decide))
    made.add_calls("call", call)
    made.add_calls("begun", call_with, begin=note_first)
    made.add_calls(
        "settled", call_with, begin=poisoned_beginning, settle=poisoned_settling, queue="settling"
    )
    made.add_calls("begun_and_killed", call_with, begin=note_first, queue="killing")
    return made
