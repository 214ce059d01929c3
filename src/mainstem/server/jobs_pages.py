"""The job queue: what waits, what is being done, what is dead; for an agency's staff, its own jobs.

A queue is everybody's, so only platform operators pause one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from mainstem.core import desk as saved
from mainstem.core import operators
from mainstem.core.requests import CoreDependency
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError
from mainstem.jobs import desk
from mainstem.revos.engine import KINDS, KINDS_OF_ROWS, NOT_STOPPED
from mainstem.web import (
    AnyVisit,
    Column,
    Filter,
    Kind,
    Listing,
    Section,
    Wish,
    follow,
    local_path,
    read_list,
    see_other,
)
from mainstem.web.listing import ROWS_MAX
from mainstem.web.wording import words

if TYPE_CHECKING:
    from mainstem.core import Core
    from mainstem.web import Visit

PATH = "/jobs"
TABLE = "queue_job"
JOBS = Listing(
    page="jobs",
    path=PATH,
    title="Jobs",
    many="jobs",
    query=desk.listed(),
    columns=(
        Column("name", "Job", link=f"{PATH}/{{job_id}}"),
        Column("queue", "Queue", Kind.CODE),
        Column("status", "Status", Kind.STATE),
        Column("attempt", "Attempts", Kind.NUMBER),
        Column("attempts_max", "of", Kind.NUMBER, is_sortable=False, is_shown=False),
        Column("last_error", "What went wrong", is_sortable=False),
        Column("run_at", "Due", Kind.MOMENT),
        Column("finished_at", "Ended", Kind.MOMENT),
    ),
    filters=(
        Filter("status", "Status", tuple((each, words(each)) for each in desk.LISTED)),
        Filter("name", "Kind", tuple((each, each) for each in sorted(KINDS))),
    ),
    search=("name", "queue", "last_error"),
    hint="Whatever is done later, or again and again, is a job.",
)
LISTINGS = (JOBS,)
SHARED = (Section("Jobs", PATH, "layers", "g j", needs=(TABLE, "update")),)


@get(PATH)
async def jobs(visit: AnyVisit, core: CoreDependency) -> Response[bytes]:
    """The queues, and the jobs as a list."""
    visit.require(TABLE, "update")
    async with visit.reading() as connection:
        await desk.by_index(connection)
        asked = Wish.read(JOBS, visit.request.query_params.multi_items())
        listing = replace(JOBS, query=desk.listed(asked.picked.get("status", ())))
        wish = replace(asked, listing=listing)
        listed = await read_list(connection, visit, wish, seen_max=ROWS_MAX)
        views = await saved.views(connection, visit.tenant, JOBS.page)
    return visit.page("jobs.html", listed=listed, views=views, **await _queues(visit, core))


@get(f"{PATH}/live", is_live=True)
async def jobs_live(visit: AnyVisit, core: CoreDependency) -> Response[Any]:
    """The queues, again whenever something changes."""

    async def part(again: Visit) -> str:
        again.require(TABLE, "update")
        return again.part("job_queues.html", **await _queues(again, core))

    return await follow(visit, part)


@get(f"{PATH}/{{job_id:uuid}}")
async def job(visit: AnyVisit, job_id: FromPath[UUID]) -> Response[bytes]:
    """One job: how often it was tried, and why it failed."""
    visit.require(TABLE, "update")
    async with visit.reading() as connection:
        found = await desk.job(connection, visit.agency_id, job_id)
    if found is None:
        raise NotFoundException
    return visit.page("job.html", job=found, may_cancel=found["kind"] not in KINDS_OF_ROWS)


@post(f"{PATH}/{{job_id:uuid}}")
async def change(visit: AnyVisit, core: CoreDependency, job_id: FromPath[UUID]) -> Response[bytes]:
    """Try a dead or cancelled job again, or cancel one that waits."""
    visit.require(TABLE, "update")
    sent = await visit.request.form()
    async with visit.writing() as connection:
        found = await desk.job(connection, visit.agency_id, job_id)
    if found is None:
        raise NotFoundException
    if not found["is_writable"]:
        raise RefusedError(
            "insufficient_permissions",
            "You may read this client's rows and change none; ask an admin.",
        )
    if sent.get("do") == "cancel" and found["kind"] in KINDS_OF_ROWS:
        raise RefusedError("conflict", NOT_STOPPED, status=409)
    async with service_transaction(core.pool, visit.tenant) as connection:
        if sent.get("do") == "cancel":
            is_done = await desk.cancel(connection, job_id, visit.agency_id)
        else:
            is_done = bool(await desk.retry(connection, [job_id], visit.agency_id))
    if not is_done:
        raise RefusedError("conflict", "The job is not as it was; load its page again.", status=409)
    return see_other(f"{PATH}/{job_id}")


@post(f"{PATH}/queues")
async def change_queue(visit: AnyVisit, core: CoreDependency) -> Response[bytes]:
    """Try all dead letters of a queue again; operators also let a queue rest, and go on."""
    visit.require(TABLE, "update")
    sent = await visit.request.form()
    queue = str(sent.get("queue", ""))[:200].replace("\x00", "")
    deed = sent.get("do")
    if deed in {"pause", "resume"}:
        if not visit.is_operator:
            raise operators.unknown()
        async with service_transaction(core.pool, visit.tenant) as connection:
            await (desk.pause if deed == "pause" else desk.resume)(connection, queue)
    elif deed == "retry":
        async with visit.writing() as connection:
            ids = await desk.dead(connection, visit.agency_id, queue)
        async with service_transaction(core.pool, visit.tenant) as connection:
            await desk.retry(connection, ids, visit.agency_id)
    return see_other(local_path(str(sent.get("next", "")), PATH))


HANDLERS = (jobs, jobs_live, job, change, change_queue)


async def _queues(visit: Visit, core: Core) -> dict[str, Any]:
    async with visit.writing() as connection:
        await desk.by_index(connection)
        queues = await desk.queues(connection, visit.agency_id)
        running = await desk.running(connection, visit.agency_id)
    async with service_transaction(core.pool) as connection:
        paused = await desk.paused(connection)
    return {"queues": queues, "running": running, "paused": paused}
