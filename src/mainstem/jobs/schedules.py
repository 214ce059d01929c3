"""Jobs that come again: a cron expression, read in an IANA time zone.

Daylight saving follows Debian's cron, as the library `cronsim` implements it: a time that the
clocks skip is made up for right after, and one that comes twice counts once, unless the expression
has a `*` for its hours or minutes: those keep to the time that passes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from mainstem.errors import ConfigError
from mainstem.jobs import store
from mainstem.jobs.model import QUEUE, NewJob, Payload

if TYPE_CHECKING:
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When a job comes again: `cron` has five fields, `timezone` is a name such as Europe/Paris."""

    name: str
    kind: str
    cron: str
    timezone: str = "UTC"
    queue: str = QUEUE
    payload: Payload = field(default_factory=dict)
    agency_id: UUID | None = None
    app_context: str = "both"


def set_schedule(connection: psycopg.Connection[TupleRow], schedule: Schedule) -> None:
    """Keep a schedule, new or changed, known by agency and name; as service_role.

    Raises:
        ConfigError: the expression or the zone cannot be read, or no time ever meets it.
    """
    first = next_time(schedule.cron, schedule.timezone, after=datetime.now(UTC))
    if first is None:
        raise ConfigError(f"no time ever meets {schedule.cron!r}; correct the schedule's rule")
    store.set_schedule(connection, {**asdict(schedule), "next_run_at": first})


def enqueue_due(connection: psycopg.Connection[TupleRow]) -> int:
    """Enqueue what is due; how many. What was missed while nobody worked is done once.

    A run that still waits is not doubled: the schedule's id is the unique key of its job.
    """
    due = store.due_schedules(connection)
    jobs: list[NewJob] = []
    for id_, agency_id, app, _, queue, kind, payload, cron, timezone, run_at, now in due:
        job = NewJob(
            kind=kind,
            queue=queue,
            payload={"scheduled_for": run_at.isoformat(), **payload},
            unique_key=f"schedule:{id_}",
            agency_id=agency_id,
            app_context=app,
        )
        jobs.append(job)
        store.advance_schedule(connection, id_, next_time(cron, timezone, after=now))
    if jobs:
        store.enqueue(connection, jobs)
    return len(jobs)


def next_time(cron: str, timezone: str, *, after: datetime) -> datetime | None:
    """Return the first time after a moment that a rule meets in its zone, in UTC; None is never.

    Raises:
        ConfigError: the expression or the zone cannot be read.
    """
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(
            f"{timezone!r} is no time zone; use a name such as Europe/Paris"
        ) from error
    try:
        found = next(CronSim(cron, after.astimezone(zone)), None)
    except CronSimError as error:
        raise ConfigError(
            f"{cron!r} is no schedule ({error}); use five fields: minute hour day month weekday"
        ) from error
    return None if found is None else found.astimezone(UTC)
