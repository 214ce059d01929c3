"""The pages of RevOS: its overview, campaigns and leads, and what it works with.

The server mounts `HANDLERS`, shows `SECTIONS` in the sidebar and asks `search` for the palette.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from psycopg.errors import UniqueViolation

from mainstem.core import desk
from mainstem.errors import RefusedError
from mainstem.revos.pages import decisions, endpoints, store, work
from mainstem.revos.pages.decisions import Decisions
from mainstem.web import (
    AnyVisit,
    Breakdown,
    Column,
    Field,
    Figure,
    Filled,
    Filter,
    Form,
    Hit,
    Kind,
    Listing,
    Section,
    Wish,
    follow,
    read_list,
    see_other,
)
from mainstem.web.overview import COUNTED_MAX
from mainstem.web.wording import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from mainstem.revos.campaigns import Missing
    from mainstem.revos.desk import Desk
    from mainstem.web import Visit
    from mainstem.web.visit import Connection

APP = "revos"
CAMPAIGN_STATES = ("active", "paused", "draft", "completed")
LEAD_STATES = (
    "comment_detected", "invited", "dm_sent", "dm_replied", "email_captured", "webhook_sent",
    "backup_sent", "completed", "failed",
)  # fmt: skip
CAMPAIGNS = Listing(
    page="campaigns",
    path="/revos/campaigns",
    title="Campaigns",
    many="campaigns",
    query=store.QUERIES["campaigns"],
    columns=(
        Column("name", "Campaign", link="/revos/campaigns/{id}"),
        Column("client", "Client", link="/clients/{client_id}"),
        Column("status", "Status", Kind.STATE),
        Column("trigger_word", "Trigger word", Kind.CODE),
        Column("leads", "Leads", Kind.COUNT, is_sortable=False),
        Column("emails", "E-mails", Kind.COUNT, is_sortable=False, is_shown=False),
        Column("starts_at", "Starts", Kind.MOMENT, is_shown=False),
        Column("ends_at", "Ends", Kind.MOMENT, is_shown=False),
        Column("created_at", "Made", Kind.MOMENT),
    ),
    filters=(Filter("status", "Status", tuple((each, words(each)) for each in CAMPAIGN_STATES)),),
    search=("name", "trigger_word"),
    hint="A campaign watches the comments under a client's posts for its trigger word.",
)
LEADS = Listing(
    page="leads",
    path="/revos/leads",
    title="Leads",
    many="leads",
    query=store.QUERIES["leads"],
    columns=(
        Column("name", "Lead", link="/revos/leads/{id}"),
        Column("email", "E-mail"),
        Column("status", "Status", Kind.STATE),
        Column("campaign", "Campaign", link="/revos/campaigns/{campaign_id}"),
        Column("client", "Client", link="/clients/{client_id}"),
        Column("company", "Company"),
        Column("title", "Title", is_shown=False),
        Column("source", "Source", is_shown=False),
        Column("score", "Score", Kind.NUMBER, is_shown=False),
        Column("captured_at", "Captured", Kind.MOMENT, is_shown=False),
        Column("created_at", "Found", Kind.MOMENT),
    ),
    filters=(
        Filter("status", "Status", tuple((each, words(each)) for each in LEAD_STATES)),
        Filter("campaign_id", "Campaign"),
    ),
    search=("name", "email", "company"),
    hint="Whoever comments a campaign's trigger word becomes a lead.",
)
LEAD = Form(
    (
        Field("campaign_id", "Campaign", "select", is_required=True),
        Field(
            "linkedin_url",
            "LinkedIn profile",
            "url",
            is_required=True,
            hint="The address of the profile: one person is one lead of a campaign.",
        ),
        Field("first_name", "First name", length_max=100),
        Field("last_name", "Last name", length_max=100),
        Field("email", "E-mail", "email"),
        Field("company", "Company"),
        Field("title", "Title"),
    )
)
NOTES = Form((Field("notes", "Notes", "textarea", length_max=10_000),))
LISTINGS = (CAMPAIGNS, LEADS, *work.LISTINGS)
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


@get("/revos/campaigns", app=APP)
async def campaigns(visit: AnyVisit) -> Response[bytes]:
    """The campaigns as a list."""
    visit.require("campaign", "read")
    async with visit.reading() as connection:
        wish = Wish.read(CAMPAIGNS, visit.request.query_params.multi_items())
        listed = await read_list(connection, visit, wish)
        views = await desk.views(connection, visit.tenant, CAMPAIGNS.page)
    return visit.page("list.html", listed=listed, views=views)


@get("/revos/campaigns/{campaign_id:uuid}", app=APP)
async def campaign(
    visit: AnyVisit, decisions: Decisions, campaign_id: FromPath[UUID]
) -> Response[bytes]:
    """One campaign: how far its people got, and what it misses before it can run."""
    visit.require("campaign", "read")
    async with visit.reading() as connection:
        found = await store.campaign(connection, visit, campaign_id)
    if found is None:
        raise NotFoundException
    path = f"/revos/leads?campaign_id={campaign_id}&status="
    leads = Breakdown.of("Leads by status", found["by_status"], path=path)
    return visit.page(
        "campaign.html",
        campaign=found,
        breakdown=leads,
        funnel=asdict(await decisions.funnel(visit.tenant, campaign_id)),
        missing=await _missing(visit, decisions, campaign_id),
    )


async def _missing(visit: Visit, decisions: Desk, campaign_id: UUID) -> list[Missing] | None:
    """What a campaign misses, for whoever may change it; None for others."""
    if not visit.may("campaign", "update"):
        return None
    try:
        return await decisions.preflight(visit.tenant, campaign_id)
    except RefusedError:  # it is seen, and not theirs to change
        return None


@get("/revos/leads", app=APP)
async def leads(visit: AnyVisit) -> Response[bytes]:
    """The leads as a list."""
    visit.require("lead", "read")
    async with visit.reading() as connection:
        names = await store.campaign_names(connection, visit)
        listing = LEADS.with_choices(
            campaign_id=tuple((each["id"], each["name"]) for each in names)
        )
        wish = Wish.read(listing, visit.request.query_params.multi_items())
        listed = await read_list(connection, visit, wish)
        views = await desk.views(connection, visit.tenant, listing.page)
    return visit.page("leads.html", listed=listed, views=views)


@get("/revos/leads/new", app=APP)
async def show_new(visit: AnyVisit) -> Response[bytes]:
    """An empty form."""
    visit.require("lead", "create")
    campaign_id = visit.request.query_params.get("campaign_id", "")
    return await _new_lead(visit, lambda form: form.blank(campaign_id=campaign_id))


@post("/revos/leads/new", app=APP)
async def add(visit: AnyVisit) -> Response[bytes]:
    """Add a lead by hand."""
    visit.require("lead", "create")
    sent = dict(await visit.request.form())
    async with visit.writing() as connection:
        filled = (await _lead_form(connection, visit)).read(sent)
    if filled.is_good:
        try:
            async with visit.writing() as connection:
                lead_id = await store.add_lead(connection, visit, filled.values())
        except UniqueViolation:
            taken = "This person is a lead of that campaign already."
            filled = filled.with_problem("linkedin_url", taken)
        else:
            return see_other(f"/revos/leads/{lead_id}")
    return await _new_lead(visit, lambda _: filled)


@get("/revos/leads/{lead_id:uuid}", app=APP)
async def lead(visit: AnyVisit, lead_id: FromPath[UUID]) -> Response[bytes]:
    """One lead."""
    visit.require("lead", "read")
    return await _lead(visit, lead_id, None)


@post("/revos/leads/{lead_id:uuid}/notes", app=APP)
async def note(visit: AnyVisit, lead_id: FromPath[UUID]) -> Response[bytes]:
    """Keep what somebody notes about a lead."""
    visit.require("lead", "update")
    filled = NOTES.read(dict(await visit.request.form()))
    if not filled.is_good:
        return await _lead(visit, lead_id, filled)
    async with visit.writing() as connection:
        if not await store.change_notes(connection, visit, lead_id, filled.value("notes")):
            raise NotFoundException
    return see_other(f"/revos/leads/{lead_id}")


HANDLERS = (
    overview, overview_live, campaigns, campaign, leads, show_new, add, lead, note, *work.HANDLERS,
    *endpoints.HANDLERS, *decisions.HANDLERS,
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


async def _lead_form(connection: Connection, visit: Visit) -> Form:
    names = await store.campaign_names(connection, visit)
    return LEAD.with_choices(campaign_id=tuple((each["id"], each["name"]) for each in names))


async def _new_lead(visit: Visit, fill: Callable[[Form], Filled]) -> Response[bytes]:
    async with visit.reading() as connection:
        form = fill(await _lead_form(connection, visit))
    status = HTTP_200_OK if form.is_good else HTTP_422_UNPROCESSABLE_ENTITY
    return visit.page("lead_form.html", status=status, form=form)


async def _lead(visit: Visit, lead_id: UUID, filled: Filled | None) -> Response[bytes]:
    async with visit.reading() as connection:
        found = await store.lead(connection, visit, lead_id)
    if found is None:
        raise NotFoundException
    form = filled or NOTES.blank(notes=found["notes"])
    status = HTTP_200_OK if form.is_good else HTTP_422_UNPROCESSABLE_ENTITY
    return visit.page("lead.html", status=status, lead=found, form=form)
