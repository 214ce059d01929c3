"""Leads by pages: as a list, and everything that happened to one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from mainstem.db.queries import load_queries
from mainstem.revos.pages import store
from mainstem.web import (
    AnyVisit,
    Column,
    Field,
    Filled,
    Filter,
    Form,
    Kind,
    Listing,
    keep,
    list_page,
    rows,
    see_other,
)
from mainstem.web.wording import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from mainstem.web import Visit
    from mainstem.web.visit import Connection

APP = "revos"
QUERIES = load_queries("mainstem.revos.pages", "leads.sql")
REFUSALS = {
    "lead_linkedin_key": ("linkedin_url", "This person is a lead of that campaign already."),
}
STATES = (
    "comment_detected", "invited", "dm_sent", "dm_replied", "email_captured", "webhook_sent",
    "backup_sent", "completed", "failed",
)  # fmt: skip
SOURCES = ("comment", "dm", "manual")
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
        Filter("status", "Status", tuple((each, words(each)) for each in STATES)),
        Filter("campaign_id", "Campaign"),
        Filter("source", "Source", tuple((each, words(each)) for each in SOURCES)),
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


@get("/revos/leads", app=APP)
async def leads(visit: AnyVisit) -> Response[bytes]:
    """The leads as a list."""
    visit.require("lead", "read")
    names = store.QUERIES["campaign_names"]
    return await list_page(visit, LEADS, template="leads.html", campaign_id=names)


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
    slug = _slug(filled.texts["linkedin_url"])
    adding = store.QUERIES["add_lead"]
    filled, made = await keep(visit, filled, adding, REFUSALS, linkedin_id=slug)
    if made:
        return see_other(f"/revos/leads/{made['id']}")
    return await _new_lead(visit, lambda _: filled)


@get("/revos/leads/{lead_id:uuid}", app=APP)
async def lead(visit: AnyVisit, lead_id: FromPath[UUID]) -> Response[bytes]:
    """One lead, and everything that happened to it."""
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


HANDLERS = (leads, show_new, add, lead, note)


def _slug(profile: str) -> str:
    """How LinkedIn names the person of a profile."""
    try:
        path = urlsplit(profile).path
    except ValueError:  # it is no address, which the form says
        path = ""
    return path.rstrip("/").rpartition("/")[2] or profile


async def _lead_form(connection: Connection, visit: Visit) -> Form:
    names = await store.campaign_names(connection, visit)
    return LEAD.with_choices(campaign_id=tuple((each["id"], each["name"]) for each in names))


async def _new_lead(visit: Visit, fill: Callable[[Form], Filled]) -> Response[bytes]:
    async with visit.reading() as connection:
        form = fill(await _lead_form(connection, visit))
    return visit.page("lead_form.html", status=form.status, form=form)


async def _lead(visit: Visit, lead_id: UUID, filled: Filled | None) -> Response[bytes]:
    async with visit.reading() as connection:
        found = await store.lead(connection, visit, lead_id)
        happened = await rows(
            connection, QUERIES["timeline"], agency_id=visit.agency_id, lead_id=lead_id
        )
    if found is None:
        raise NotFoundException
    form = filled or NOTES.blank(notes=found["notes"])
    return visit.page("lead.html", status=form.status, lead=found, happened=happened, form=form)
