"""The job queue: enqueued in the transaction of the cause, done in batches, all or nothing.

Owns app.job, app.job_archive, app.job_schedule, app.job_limit and app.job_pause, which tenants see
through the view queue_job. Others enqueue, register handlers, and run workers:

    enqueue(connection, [NewJob(kind="send", payload={"step_id": "..."})])
    registry.add("send", handle)            # handle(connection, jobs), in the tenant's transaction
    Worker(url, registry).run(ends)

A job is done at least once; its effects in the database, exactly once: they and the completion are
one transaction, which the database refuses to a worker whose claim is no longer the job's.
"""

from __future__ import annotations

from mainstem.jobs import upkeep
from mainstem.jobs.inline import run_inline
from mainstem.jobs.metrics import metrics
from mainstem.jobs.model import (
    Cancelled,
    Dead,
    Done,
    Job,
    NewJob,
    Retry,
    Snooze,
    Verdict,
    VerdictError,
)
from mainstem.jobs.registry import Registry, each
from mainstem.jobs.schedules import Schedule, set_schedule
from mainstem.jobs.scope import service_transaction
from mainstem.jobs.store import (
    async_enqueue,
    cancel,
    enqueue,
    listed,
    pause,
    resume,
    retry,
    set_limit,
    shown,
)
from mainstem.jobs.worker import Options, Worker

__all__ = [
    "Cancelled",
    "Dead",
    "Done",
    "Job",
    "NewJob",
    "Options",
    "Registry",
    "Retry",
    "Schedule",
    "Snooze",
    "Verdict",
    "VerdictError",
    "Worker",
    "async_enqueue",
    "cancel",
    "each",
    "enqueue",
    "listed",
    "metrics",
    "pause",
    "resume",
    "retry",
    "run_inline",
    "service_transaction",
    "set_limit",
    "set_schedule",
    "shown",
    "upkeep",
]
