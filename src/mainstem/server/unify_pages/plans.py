"""A plan: its sources and tables, what people decided, and the questions that are open.

An answer says where rows or values go, or why they do not. What needs SQL or several keys of a
config is answered with `mainstem unify decide`, by whoever may write on the server's disk.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from mainstem.errors import MainstemError, RefusedError, UsageError
from mainstem.server.api_unify import PlansDependency
from mainstem.server.unify_pages.operator import missing, read_frame, require_operator
from mainstem.server.unify_pages.places import Folder, called
from mainstem.web import AnyVisit, Column, Filter, Kind, Listed, Listing, Wish, see_other
from mainstem.web.wording import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mainstem.server.api_unify import Plans
    from mainstem.unify.plan.model import Plan, PlannedTable
    from mainstem.web import Visit

PATH = "/unify/plans/{plan:str}"
#: what may be said of a table, and of a column
OF_TABLE = {"into": "Rows go into", "archive": "Keep in a file, because", "drop": "Drop, because"}
OF_COLUMN = {"into": "Values go into", "drop": "Drop, because"}
BECOMES = ("moved", "archived", "dropped", "open")
_ONE_AT_A_TIME = asyncio.Lock()


@get(PATH)
async def show(visit: AnyVisit, plans: PlansDependency, plan: FromPath[str]) -> Response[bytes]:
    """The plan as it stands."""
    require_operator(visit)
    return await _page(visit, plans, plan)


@post(PATH)
async def answer(visit: AnyVisit, plans: PlansDependency, plan: FromPath[str]) -> Response[bytes]:
    """Keep answers in the plan's manifest, as `mainstem unify decide` does, and plan again."""
    require_operator(visit)
    _require_rest(plans, plan)
    sent = {name: str(value) for name, value in (await visit.request.form()).items()}
    async with _ONE_AT_A_TIME:
        try:
            await asyncio.to_thread(_made, plans, plan, sent, by=visit.viewer.email)
        except RefusedError:
            raise
        except MainstemError as error:
            return await _page(visit, plans, plan, problem=str(error), sent=sent)
    return see_other(f"/unify/plans/{plan}")


HANDLERS = (show, answer)


def _made(plans: Plans, name: str, sent: Mapping[str, str], *, by: str) -> None:
    from mainstem.server.unify_pages.answering import made  # noqa: PLC0415 - slow to import

    made(plans, name, sent, by=by)


def _require_rest(plans: Plans, name: str) -> None:
    if name not in plans.names():
        raise missing("plan")
    if plans.running is not None and plans.running.poll() is None:
        raise RefusedError("conflict", "A run is under way; wait for its end.", status=409)


async def _page(
    visit: Visit,
    plans: Plans,
    name: str,
    *,
    problem: str = "",
    sent: Mapping[str, str] | None = None,
) -> Response[bytes]:
    if name not in await asyncio.to_thread(plans.names):
        raise missing("plan")
    plan: Plan | None = None
    try:
        plan = await asyncio.to_thread(Folder(plans.folder).plan, name)
    except UsageError as error:
        problem = problem or str(error)
    wish = Wish.read(_listing(name), visit.request.query_params.multi_items())
    listed = Listed.of(wish, _rows(plan)) if plan is not None else None
    await read_frame(visit)
    return visit.page(
        "unify_plan.html",
        status=HTTP_422_UNPROCESSABLE_ENTITY if sent is not None else HTTP_200_OK,
        name=name,
        plan=plan,
        listed=listed,
        problem=problem,
        sent=sent or {},
        of_table=OF_TABLE,
        of_column=OF_COLUMN,
        called=called,
    )


def _listing(name: str) -> Listing:
    return Listing(
        page="plan",
        path=f"/unify/plans/{name}",
        title="Tables",
        many="tables",
        query=b"",
        columns=(
            Column("name", "Table"),
            Column("row_count", "Rows", Kind.NUMBER),
            Column("becomes", "Its rows are", Kind.STATE),
            Column("where", "Where to, or why not"),
            Column("key", "Key", Kind.CODE, is_sortable=False),
            Column("tenant", "Way to the tenant", Kind.CODE, is_shown=False, is_sortable=False),
            Column("dropped", "Columns dropped", Kind.NUMBER),
        ),
        filters=(
            Filter("becomes", "Its rows are", tuple((each, words(each)) for each in BECOMES)),
        ),
        search=("name", "where"),
        client_column=None,
    )


def _rows(plan: Plan) -> Iterator[dict[str, object]]:
    for table in plan.tables:
        becomes, where = _fate(table)
        yield {
            "name": table.name,
            "row_count": table.row_count,
            "becomes": becomes,
            "where": where,
            "key": ", ".join(table.key),
            "tenant": " → ".join(table.tenant_path),
            "dropped": sum(column.drop is not None for column in table.columns),
        }


def _fate(table: PlannedTable) -> tuple[str, str]:
    if table.into is not None:
        return "moved", table.into
    if table.archive is not None:
        return "archived", table.archive
    return ("dropped", table.drop) if table.drop is not None else ("open", "")
