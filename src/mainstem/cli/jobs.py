"""`mainstem jobs`: look at the queue, and set right what went wrong in it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING

import click

from mainstem import jobs as queue_of_jobs
from mainstem.errors import UsageError
from mainstem.pg.connect import clear_errors, connect
from mainstem.pg.target import database_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

STATES = ("ready", "scheduled", "leased", "completed", "failed", "cancelled")
ROWS = 50


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def jobs() -> None:
    """The job queue."""


@jobs.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only jobs in this state.")
@click.option("--queue", help="Only jobs of this queue.")
@click.option("--limit", default=ROWS, show_default=True, type=click.IntRange(1, 1_000))
def list_(*, state: str | None, queue: str | None, limit: int) -> None:
    """List jobs, newest first: id, state, queue/kind, agency, attempts, run at, last error."""
    with _service("list jobs") as connection:
        rows = queue_of_jobs.listed(connection, state=state, queue=queue, rows_max=limit)
    if not rows:
        click.echo("no such jobs")
        return
    for id_, of_queue, kind, agency, now, attempt, most, run_at, error in rows:
        at = run_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        owner = agency or "the platform"
        line = f"{id_}  {now:<9}  {of_queue}/{kind}  of {owner}  {attempt}/{most}  {at}"
        click.echo(f"{line}  {error}" if error else line)


@jobs.command()
@click.argument("job", type=click.UUID)
def show(job: UUID) -> None:
    """Print everything that is kept of one job, as JSON."""
    with _service("show a job") as connection:
        found = queue_of_jobs.shown(connection, job)
    if found is None:
        raise UsageError(f"there is no job {job}; `mainstem jobs list` names them")
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))


@jobs.command()
@click.argument("job", type=click.UUID, nargs=-1, required=True)
def retry(job: tuple[UUID, ...]) -> None:
    """Enqueue failed or cancelled jobs again, with all their attempts."""
    with _service("retry jobs") as connection:
        done = queue_of_jobs.retry(connection, job, agency_id=None)
    _report(job, done, "enqueued again", "neither failed nor cancelled, or its unique key waits")


@jobs.command()
@click.argument("job", type=click.UUID, nargs=-1, required=True)
def cancel(job: tuple[UUID, ...]) -> None:
    """Cancel jobs that wait; one that runs is finished.

    What does a row's work is not cancelled: the row would get another job.
    """
    from mainstem.revos.engine import KINDS_OF_ROWS, NOT_STOPPED  # noqa: PLC0415 - only this needs it

    with _service("cancel jobs") as connection:
        found = {each: queue_of_jobs.shown(connection, each) for each in job}
        kept = [str(each) for each, row in found.items() if row and row["kind"] in KINDS_OF_ROWS]
        if kept:
            raise UsageError(f"{', '.join(kept)}: {NOT_STOPPED}")
        done = queue_of_jobs.cancel(connection, job, agency_id=None)
    _report(job, done, "cancelled", "not waiting; `mainstem jobs show` says what became of it")


@jobs.command()
@click.argument("queue")
def pause(queue: str) -> None:
    """Let nothing more be taken from a queue; what runs is finished."""
    with _service("pause a queue") as connection:
        queue_of_jobs.pause(connection, queue)
    click.echo(f"{queue} is paused; `mainstem jobs resume {queue}` lets it go on")


@jobs.command()
@click.argument("queue")
def resume(queue: str) -> None:
    """Let a paused queue go on."""
    with _service("resume a queue") as connection:
        queue_of_jobs.resume(connection, queue)
    click.echo(f"{queue} goes on")


def _report(asked: tuple[UUID, ...], done: list[UUID], what: str, why_not: str) -> None:
    for each in done:
        click.echo(f"{each} {what}")
    left = [str(each) for each in asked if each not in done]
    if left:
        raise UsageError(f"{', '.join(left)}: {why_not}")


@contextmanager
def _service(doing: str) -> Iterator[psycopg.Connection[TupleRow]]:
    with (
        connect(database_url(), autocommit=True) as connection,
        clear_errors(doing),
        queue_of_jobs.service_transaction(connection),
    ):
        yield connection
