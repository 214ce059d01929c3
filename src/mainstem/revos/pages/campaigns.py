"""Campaigns by pages: as a list, one with how far its people got, and what it is made of."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from mainstem.db.queries import load_queries
from mainstem.errors import RefusedError
from mainstem.revos.pages import store
from mainstem.revos.pages.decisions import Decisions
from mainstem.revos.triggers import Matcher, trigger_words
from mainstem.web import (
    AnyVisit,
    Breakdown,
    Column,
    Field,
    Filled,
    Filter,
    Form,
    Kind,
    Listing,
    follow,
    keep,
    list_page,
    row,
    rows,
    see_other,
)
from mainstem.web.wording import sentence, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.revos.campaigns import Funnel, Missing
    from mainstem.revos.desk import Desk
    from mainstem.web import Row, Visit
    from mainstem.web.forms import Choices
    from mainstem.web.visit import Connection

APP = "revos"
PATH = "/revos/campaigns"
ONE = f"{PATH}/{{campaign_id:uuid}}"
QUERIES = load_queries("mainstem.revos.pages", "campaigns.sql")
STATES = ("active", "paused", "draft", "completed")
REFUSALS = {"campaign_name_key": ("name", "The client has a campaign of that name already.")}
MATCHING = (
    ("word", "The word, as people write it"),
    ("phrase", "The phrase, word by word"),
    ("fuzzy", "The word and what is like it"),
    ("any", "Every comment"),
)
#: from one step of the funnel to the next
STEPS = (
    ("comments", "Comments"),
    ("leads", "Asked for it"),
    ("messaged", "Got a message"),
    ("replied", "Wrote back"),
    ("captured", "Gave an address"),
    ("delivered", "Told by webhook"),
    ("downloaded", "Followed the link"),
)
#: where what is missing is mended: fields of the form, texts, else the place that is named
OF_TEXTS = ("dm_template", "public_reply", "invitation_template", "settings.reminder")
CAMPAIGNS = Listing(
    page="campaigns",
    path=PATH,
    title="Campaigns",
    many="campaigns",
    query=store.QUERIES["campaigns"],
    columns=(
        Column("name", "Campaign", link=f"{PATH}/{{id}}"),
        Column("client", "Client", link="/clients/{client_id}"),
        Column("status", "Status", Kind.STATE),
        Column("trigger_word", "Trigger word", Kind.CODE),
        Column("leads", "Leads", Kind.COUNT, is_sortable=False),
        Column("emails", "E-mails", Kind.COUNT, is_sortable=False, is_shown=False),
        Column("starts_at", "Starts", Kind.MOMENT, is_shown=False),
        Column("ends_at", "Ends", Kind.MOMENT, is_shown=False),
        Column("created_at", "Made", Kind.MOMENT),
    ),
    filters=(Filter("status", "Status", tuple((each, words(each)) for each in STATES)),),
    search=("name", "trigger_word"),
    hint="A campaign watches the comments under a client's posts for its trigger word.",
)
_NAME = Field("name", "Name", is_required=True, length_max=120)
_WORD = Field(
    "trigger_word", "Trigger word", is_required=True, length_max=1_000,
    hint="What people comment; several stand apart by commas.",
)  # fmt: skip
NEW = Form((Field("client_id", "Client", "select", is_required=True), _NAME, _WORD))
SETTINGS = Form(
    (
        _NAME,
        Field("description", "Description", "textarea", length_max=2_000),
        _WORD,
        Field("match_mode", "Matches", "select", is_required=True, choices=MATCHING),
        Field("linkedin_account_id", "LinkedIn account", "select"),
        Field("lead_magnet_id", "Lead magnet", "select"),
        Field(
            "webhook_config_id", "Webhook", "select",
            hint="Who alone is told of its leads; none is every endpoint of the client.",
        ),
        Field("ends_at", "Ends", "moment", hint="In UTC."),
    )
)  # fmt: skip
MAGNET = Form(
    (
        Field("magnet_name", "Name", is_required=True, length_max=120),
        Field("magnet_url", "Address", "url", is_required=True, length_max=2_000),
    )
)
POST = Form((Field("content", "Text", "textarea", is_required=True, length_max=3_000),))


@dataclass(frozen=True)
class Reached:
    """A step of a funnel: how many got so far, and how many of a hundred of the step before."""

    label: str
    number: int
    percent: int | None


@dataclass(frozen=True)
class Lack:
    """What a campaign misses, and where it is mended."""

    message: str
    is_error: bool
    path: str


def steps(funnel: Funnel) -> list[Reached]:
    """The steps of a funnel."""
    numbers = asdict(funnel)
    found, before = [], 0
    for key, label in STEPS:
        number = numbers[key]
        is_part = 0 < before >= number  # who was added by hand never was in the step before
        found.append(Reached(label, number, round(100 * number / before) if is_part else None))
        before = number
    return found


@get(PATH, app=APP)
async def campaigns(visit: AnyVisit) -> Response[bytes]:
    """The campaigns as a list."""
    visit.require("campaign", "read")
    return await list_page(visit, CAMPAIGNS, template="campaigns.html")


@get(f"{PATH}/new", app=APP)
async def show_new(visit: AnyVisit) -> Response[bytes]:
    """An empty form."""
    visit.require("campaign", "create")
    async with visit.reading() as connection:
        form = (await store.with_clients(connection, visit, NEW)).blank(client_id=visit.client_id)
    return _form_page(visit, form, None)


@post(f"{PATH}/new", app=APP)
async def add(visit: AnyVisit) -> Response[bytes]:
    """Make a draft; what it needs is chosen on its own page."""
    visit.require("campaign", "create")
    sent = dict(await visit.request.form())
    async with visit.reading() as connection:
        filled = _with_words((await store.with_clients(connection, visit, NEW)).read(sent))
    filled, made = await keep(visit, filled, QUERIES["add"], REFUSALS, user_id=visit.viewer.id)
    return see_other(f"{PATH}/{made['id']}") if made else _form_page(visit, filled, None)


@get(ONE, app=APP)
async def campaign(
    visit: AnyVisit, decisions: Decisions, campaign_id: FromPath[UUID]
) -> Response[bytes]:
    """One campaign: how far its people got, and what it misses before it can run."""
    visit.require("campaign", "read")
    bound = {"agency_id": visit.agency_id, "campaign_id": campaign_id}
    async with visit.reading() as connection:
        found = await _seen(connection, visit, campaign_id)
        posts = await rows(connection, QUERIES["posts"], **bound)
    return visit.page(
        "campaign.html",
        **await _numbers(visit, decisions, found),
        posts=posts,
        lacks=await _lacks(visit, decisions, found),
    )


@get(f"{ONE}/live", app=APP, is_live=True)
async def campaign_live(
    visit: AnyVisit, decisions: Decisions, campaign_id: FromPath[UUID]
) -> Response[Any]:
    """Its numbers, again whenever they change."""

    async def part(again: Visit) -> str:
        again.require("campaign", "read")
        async with again.writing() as connection:
            found = await _seen(connection, again, campaign_id)
        return again.part("campaign_numbers.html", **await _numbers(again, decisions, found))

    return await follow(visit, part)


@get(f"{ONE}/edit", app=APP)
async def edit(visit: AnyVisit, campaign_id: FromPath[UUID]) -> Response[bytes]:
    """What a campaign is made of."""
    visit.require("campaign", "update")
    async with visit.reading() as connection:
        found = await _settings(connection, visit, campaign_id)
        form = (await _settings_form(connection, visit, found)).blank(**found)
    return _form_page(visit, form, found)


@post(f"{ONE}/edit", app=APP)
async def change(visit: AnyVisit, campaign_id: FromPath[UUID]) -> Response[bytes]:
    """Keep what was chosen."""
    visit.require("campaign", "update")
    sent = dict(await visit.request.form())
    async with visit.reading() as connection:
        found = await _settings(connection, visit, campaign_id)
        filled = _with_words((await _settings_form(connection, visit, found)).read(sent))
    filled, kept = await keep(visit, filled, QUERIES["change"], REFUSALS, campaign_id=campaign_id)
    return see_other(f"{PATH}/{campaign_id}") if kept else _form_page(visit, filled, found)


@post(f"{ONE}/magnet", app=APP)
async def add_magnet(visit: AnyVisit, campaign_id: FromPath[UUID]) -> Response[bytes]:
    """Offer something new."""
    visit.require("campaign", "update")
    filled = MAGNET.read(dict(await visit.request.form()))
    async with visit.reading() as connection:
        found = await _settings(connection, visit, campaign_id)
        form = (await _settings_form(connection, visit, found)).blank(**found)
    if not filled.is_good:
        return _form_page(visit, form, found, magnet=filled)
    bound = {"agency_id": visit.agency_id, "campaign_id": campaign_id}
    named = {"name": filled.texts["magnet_name"], "url": filled.texts["magnet_url"]}
    async with visit.writing() as connection:
        await connection.execute(QUERIES["add_magnet"], {**bound, **named})
    return see_other(f"{PATH}/{campaign_id}/edit")


@get(f"{ONE}/post", app=APP)
async def show_post(visit: AnyVisit, campaign_id: FromPath[UUID]) -> Response[bytes]:
    """A post to write, from the campaign's template."""
    visit.require("post", "create")
    bound = {"agency_id": visit.agency_id, "campaign_id": campaign_id}
    async with visit.reading() as connection:
        found = await row(connection, QUERIES["texts"], **bound)
    if found is None:
        raise NotFoundException
    return visit.page(
        "post_form.html", campaign=found, form=POST.blank(content=found["post_template"])
    )


@post(f"{ONE}/post", app=APP)
async def add_post(visit: AnyVisit, campaign_id: FromPath[UUID]) -> Response[bytes]:
    """Keep a draft of a post; it is published from the campaign's page."""
    visit.require("post", "create")
    filled = POST.read(dict(await visit.request.form()))
    async with visit.reading() as connection:
        found = await _settings(connection, visit, campaign_id)
    if not filled.is_good:
        return visit.page("post_form.html", status=filled.status, campaign=found, form=filled)
    bound = {"agency_id": visit.agency_id, "campaign_id": campaign_id}
    async with visit.writing() as connection:
        await connection.execute(
            QUERIES["add_post"],
            {**bound, "content": filled.texts["content"], "user_id": visit.viewer.id},
        )
    return see_other(f"{PATH}/{campaign_id}#posts")


HANDLERS = (
    campaigns, show_new, add, campaign, campaign_live, edit, change, add_magnet, show_post,
    add_post,
)  # fmt: skip


async def _seen(connection: Connection, visit: Visit, campaign_id: UUID) -> Row:
    found = await store.campaign(connection, visit, campaign_id)
    if found is None:
        raise NotFoundException
    return found


async def _numbers(visit: Visit, decisions: Desk, campaign: Row) -> dict[str, Any]:
    """A campaign with what of it changes while one looks."""
    campaign_id = campaign["id"]
    path = f"/revos/leads?campaign_id={campaign_id}&status="
    funnel = await decisions.funnel(visit.tenant, campaign_id)
    return {
        "campaign": campaign,
        "breakdown": Breakdown.of("Leads by status", campaign["by_status"], path=path),
        "steps": steps(funnel),
        "failed": funnel.failed,
        "live": f"{PATH}/{campaign_id}/live",
    }


async def _lacks(visit: Visit, decisions: Desk, campaign: Row) -> list[Lack] | None:
    """What a campaign misses, for whoever may change it; None for others."""
    if not visit.may("campaign", "update"):
        return None
    try:
        found = await decisions.preflight(visit.tenant, campaign["id"])
    except RefusedError:  # it is seen, and not theirs to change
        return None
    return [Lack(each.message, each.is_error, _mended_at(each, campaign)) for each in found]


def _mended_at(missing: Missing, campaign: Row) -> str:
    field, path = missing.field.removeprefix("settings."), f"{PATH}/{campaign['id']}"
    account_id = campaign["linkedin_account_id"]
    if missing.field.startswith(OF_TEXTS):
        return f"{path}/texts#{field}"
    if missing.field == "post":
        return f"{path}/post"
    if missing.field == "linkedin_account_id" and account_id is not None:
        return f"/revos/accounts/{account_id}"
    return f"{path}/edit#{field}"


async def _settings(connection: Connection, visit: Visit, campaign_id: UUID) -> Row:
    bound = {"agency_id": visit.agency_id, "campaign_id": campaign_id}
    found = await row(connection, QUERIES["settings"], **bound)
    if found is None:
        raise NotFoundException
    return found


async def _settings_form(connection: Connection, visit: Visit, campaign: Mapping[str, Any]) -> Form:
    bound = {"agency_id": visit.agency_id, "client_id": campaign["client_id"]}
    offered = await rows(connection, QUERIES["choices"], **bound)
    chosen = {
        field: tuple((each["id"], each["name"]) for each in offered if each["field"] == field)
        for field in ("linkedin_account_id", "lead_magnet_id", "webhook_config_id")
    }
    matching: Choices = MATCHING
    if campaign["match_mode"] not in dict(MATCHING):
        matching = (*MATCHING, (campaign["match_mode"], words(campaign["match_mode"])))
    return SETTINGS.with_choices(**chosen, match_mode=matching)


def _with_words(filled: Filled) -> Filled:
    """The same, and what is wrong with the trigger words."""
    if "trigger_word" in filled.problems or filled.texts.get("match_mode") == "any":
        return filled
    try:
        Matcher(trigger_words(filled.texts["trigger_word"]))
    except ValueError as error:
        return filled.with_problem("trigger_word", sentence(str(error)))
    return filled


def _form_page(
    visit: Visit, filled: Filled, campaign: Row | None, *, magnet: Filled | None = None
) -> Response[bytes]:
    return visit.page(
        "campaign_form.html",
        status=max(filled.status, (magnet or filled).status),
        campaign=campaign,
        form=filled,
        magnet=magnet or MAGNET.blank(),
    )
