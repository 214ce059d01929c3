"""The pages of RevOS: its overview, campaigns and leads, and what it works with.

The server mounts `HANDLERS`, shows `SECTIONS` in the sidebar and asks `search` for the palette.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Response, get

from mainstem.revos.pages import (
    accounts,
    campaigns,
    decisions,
    endpoints,
    leads,
    pods,
    store,
    texts,
    work,
)
from mainstem.web import AnyVisit, Breakdown, Figure, Hit, Section, follow
from mainstem.web.overview import COUNTED_MAX

if TYPE_CHECKING:
    from mainstem.web import Visit
    from mainstem.web.visit import Connection

APP = "revos"
LISTINGS = (campaigns.CAMPAIGNS, leads.LEADS, *work.LISTINGS)
SECTIONS = (
    Section("Overview", "/revos", "activity", "g o"),
    Section("Campaigns", "/revos/campaigns", "target", "g p", needs=("campaign", "read")),
    Section("Leads", "/revos/leads", "inbox", "g l", needs=("lead", "read")),
    *work.SECTIONS,
)


@get("/revos", app=APP)
async def overview(visit: AnyVisit) -> Response[bytes]:
    """What there is, in numbers."""
    async with visit.reading() as connection:
        numbers = await _overview(connection, visit)
    return visit.page("overview.html", live="/revos/live", **numbers)


@get("/revos/live", app=APP, is_live=True)
async def overview_live(visit: AnyVisit) -> Response[Any]:
    """The same numbers, again whenever they change."""
    return await follow(visit, _overview_part)


async def _overview_part(visit: Visit) -> str:
    async with visit.writing() as connection:
        return visit.part("overview_numbers.html", **await _overview(connection, visit))


async def _overview(connection: Connection, visit: Visit) -> dict[str, Any]:
    found = await store.overview(connection, visit, counted_max=COUNTED_MAX)
    return {
        "figures": [
            Figure("Active campaigns", found["active"], "/revos/campaigns?status=active"),
            Figure("Comments", found["comments"]),
            Figure("Messages sent", found["messages"]),
            Figure("Leads", found["leads"], "/revos/leads"),
            Figure("E-mails captured", found["emails"]),
            Figure("Unclear, to decide", found["unclear"], "/revos/review"),
        ],
        "breakdowns": [
            Breakdown.of(
                "Campaigns by status", found["campaigns"], path="/revos/campaigns?status="
            ),
            Breakdown.of("Leads by status", found["leads_by_status"], path="/revos/leads?status="),
        ],
    }


HANDLERS = (
    overview, overview_live, *campaigns.HANDLERS, *texts.HANDLERS, *leads.HANDLERS, *work.HANDLERS,
    *pods.HANDLERS, *accounts.HANDLERS, *endpoints.HANDLERS, *decisions.HANDLERS,
)  # fmt: skip


async def search(connection: Connection, visit: Visit, pattern: str) -> list[Hit]:
    """Campaigns and leads for the palette; only in RevOS are their rows seen."""
    if not visit.may("campaign", "read"):
        return []
    icons = {"Campaign": ("target", "campaigns"), "Lead": ("inbox", "leads")}
    found = await store.search(connection, visit, pattern)
    return [
        Hit(each["name"], f"/revos/{path}/{each['id']}", icon, each["kind"])
        for each in found
        for icon, path in [icons[each["kind"]]]
        if each["kind"] == "Campaign" or visit.may("lead", "read")
    ]
