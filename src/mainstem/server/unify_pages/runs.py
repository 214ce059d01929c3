"""What there is to see, a run under way, and what came of one that is over."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from litestar import Response, get, post
from litestar.params import FromPath

from mainstem.pg.connect import connect, describe
from mainstem.server import store
from mainstem.server.api_unify import PlansDependency
from mainstem.server.unify_pages.operator import missing, read, read_frame, require_operator
from mainstem.server.unify_pages.places import Folder, called
from mainstem.unify.ledger import store as ledger
from mainstem.unify.ledger.proofs import last_proof
from mainstem.web import AnyVisit, follow, see_other

if TYPE_CHECKING:
    from mainstem.server.api_unify import Plans
    from mainstem.server.model import RunState
    from mainstem.server.unify_pages.operator import Connection
    from mainstem.unify.ledger import Account
    from mainstem.unify.sign_off import SignOff
    from mainstem.web import Visit


@dataclass(frozen=True)
class Progress:
    """How far a run is, and what became of the rows of each table until now."""

    run: RunState
    accounts: tuple[Account, ...]

    def total(self, name: str) -> int:
        """The sum of one number over all tables."""
        return sum(getattr(each, name) for each in self.accounts)


@get("/unify")
async def overview(visit: AnyVisit, plans: PlansDependency) -> Response[bytes]:
    """The newest runs, the plans and audits of the operator's folder, and the last proof."""
    require_operator(visit)
    folder = Folder(plans.folder)
    runs = await read(plans.url, store.runs)
    proof = await read(plans.url, last_proof)
    audits = await asyncio.to_thread(folder.audits)
    names = await asyncio.to_thread(plans.names)
    await read_frame(visit)
    return visit.page("unify.html", runs=runs, plans=names, audits=audits, proof=proof)


@post("/unify")
async def start(visit: AnyVisit, plans: PlansDependency) -> Response[bytes]:
    """Carry a plan out; one at a time."""
    require_operator(visit)
    sent = await visit.request.form()
    await asyncio.to_thread(plans.start, str(sent.get("plan", "")))
    return see_other("/unify")


@get("/unify/runs/{run_id:int}")
async def run(visit: AnyVisit, plans: PlansDependency, run_id: FromPath[int]) -> Response[bytes]:
    """One run: how far it is, and, once it is over, its report without any value of a row."""
    require_operator(visit)
    progress = await _progress(plans, run_id)
    report, text = None, ""
    if progress.run.is_over:
        report, text = await asyncio.to_thread(_report, plans.url, run_id)
    await read_frame(visit)
    return visit.page(
        "unify_run.html",
        progress=progress,
        run=progress.run,
        report=report,
        text=text,
        called=called,
    )


@get("/unify/runs/{run_id:int}/live", is_live=True)
async def run_live(visit: AnyVisit, plans: PlansDependency, run_id: FromPath[int]) -> Response[Any]:
    """How far a run is, again whenever it is further; each look asks anew who may look."""
    is_told = False

    async def part(looking: Visit) -> str:
        nonlocal is_told
        require_operator(looking)
        progress = await _progress(plans, run_id)
        if is_told:
            raise missing("run under way")  # ends the stream
        is_told = progress.run.is_over
        return "".join(
            looking.part(name, progress=progress)
            for name in ("unify_progress.html", "unify_accounts.html")
        )

    return await follow(visit, part)


HANDLERS = (overview, start, run, run_live)


async def _progress(plans: Plans, run_id: int) -> Progress:
    return await read(plans.url, _read_progress, run_id)


def _read_progress(connection: Connection, run_id: int) -> Progress:
    found = store.runs(connection, run_id)
    if not found:
        raise missing("run")
    return Progress(found[0], tuple(ledger.read_accounts(connection, run_id)))


def _report(url: str, run_id: int) -> tuple[SignOff, str]:
    """The report, and its page as text."""
    from mainstem.unify.sign_off import as_markdown, read_sign_off  # noqa: PLC0415 - only for this

    with connect(url, application_name="mainstem report") as connection:
        found = read_sign_off(connection, run_id, database=describe(url), has_values=False)
    return found, as_markdown(found)
