"""Unifications, for platform operators only: plans, runs with their progress, reports."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from litestar import Response, get, post
from litestar.params import FromPath

from mainstem.core import operators
from mainstem.core.requests import CoreDependency
from mainstem.errors import RefusedError
from mainstem.pg.connect import connect, describe
from mainstem.server import store
from mainstem.server.account_pages import session_of_visit
from mainstem.server.api_unify import LIMIT_S, PlansDependency
from mainstem.server.deadline import brief_connection
from mainstem.unify.sign_off import as_markdown, read_sign_off
from mainstem.web import AnyVisit, see_other

if TYPE_CHECKING:
    from mainstem.core import Core
    from mainstem.server.model import RunState
    from mainstem.web import Visit


@get("/unify")
async def runs(visit: AnyVisit, core: CoreDependency, plans: PlansDependency) -> Response[bytes]:
    """The newest runs, and the plans that can be carried out."""
    await _require(visit, core)
    found = await asyncio.to_thread(_read, plans.url, None)
    names = await asyncio.to_thread(plans.names)
    async with visit.reading():
        pass
    return visit.page("unify.html", runs=found, plans=names)


@post("/unify")
async def start(visit: AnyVisit, core: CoreDependency, plans: PlansDependency) -> Response[bytes]:
    """Carry a plan out; one at a time."""
    await _require(visit, core)
    sent = await visit.request.form()
    await asyncio.to_thread(plans.start, str(sent.get("plan", "")))
    return see_other("/unify")


@get("/unify/runs/{run_id:int}")
async def run(
    visit: AnyVisit, core: CoreDependency, plans: PlansDependency, run_id: FromPath[int]
) -> Response[bytes]:
    """One run: how far it is, and, once it is over, its report without any value of a row."""
    await _require(visit, core)
    found = await asyncio.to_thread(_read, plans.url, run_id)
    if not found:
        raise RefusedError("not_found", "There is no such run.", status=404)
    report = await asyncio.to_thread(_report, plans.url, run_id) if found[0].is_over else None
    async with visit.reading():
        pass
    return visit.page("unify_run.html", run=found[0], report=report)


HANDLERS = (runs, start, run)


async def _require(visit: Visit, core: Core) -> None:
    await operators.require(core, (await session_of_visit(visit, core)).person)


def _read(url: str, run_id: int | None) -> list[RunState]:
    with brief_connection(url, limit_s=LIMIT_S) as connection:
        return store.runs(connection, run_id)


def _report(url: str, run_id: int) -> str:
    with connect(url, application_name="mainstem report") as connection:
        return as_markdown(
            read_sign_off(connection, run_id, database=describe(url), has_values=False)
        )
