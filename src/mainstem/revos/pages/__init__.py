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
from mainstem.web import AnyVisit, Hit, Overview, Panel, Section, follow, read_overview

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
OVERVIEW = Overview(
    store.QUERIES["figures"],
    (
        ("active", "Active campaigns", "/revos/campaigns?status=active"),
        ("comments", "Comments", None),
        ("messages", "Messages sent", None),
        ("leads", "Leads", "/revos/leads"),
        ("emails", "E-mails captured", None),
        ("unclear", "Unclear, to decide", "/revos/review"),
    ),
    (
        Panel(
            "Campaigns by status", store.QUERIES["campaigns_by_status"], "/revos/campaigns?status="
        ),
        Panel("Leads by status", store.QUERIES["leads_by_status"], "/revos/leads?status="),
    ),
)


@get("/revos", app=APP)
async def overview(visit: AnyVisit) -> Response[bytes]:
    """What there is, in numbers."""
    async with visit.reading() as connection:
        numbers = await read_overview(connection, visit, OVERVIEW)
    return visit.page("overview.html", live="/revos/live", **numbers)


@get("/revos/live", app=APP, is_live=True)
async def overview_live(visit: AnyVisit) -> Response[Any]:
    """The same numbers, again whenever they change."""
    return await follow(visit, _overview_part)


async def _overview_part(visit: Visit) -> str:
    async with visit.writing() as connection:
        return visit.part(
            "overview_numbers.html", **await read_overview(connection, visit, OVERVIEW)
        )


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
