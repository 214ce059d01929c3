"""The pages of AudienceOS: its overview, and clients as a list, records and a board."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import UUID

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.status_codes import (
    HTTP_200_OK,
    HTTP_409_CONFLICT,
)

from mainstem.audience import store
from mainstem.web import (
    AnyVisit,
    Column,
    Field,
    Filled,
    Filter,
    Form,
    Hit,
    Kind,
    Listing,
    Overview,
    Panel,
    Section,
    keep,
    list_page,
    read_overview,
    see_other,
)

if TYPE_CHECKING:
    from mainstem.web import Row, Visit
    from mainstem.web.visit import Connection

APP = "audience"
REFUSALS = {"client_name_key": ("name", "The agency has a client of that name already.")}
HEALTH = (("green", "Healthy"), ("yellow", "Watch"), ("red", "At risk"))
CLIENTS = Listing(
    page="clients",
    path="/clients",
    title="Clients",
    many="clients",
    query=store.QUERIES["clients"],
    columns=(
        Column("name", "Client", link="/clients/{id}"),
        Column("company_name", "Company"),
        Column("stage", "Stage"),
        Column("health_status", "Health", Kind.STATE),
        Column("days_in_stage", "Days in stage", Kind.NUMBER),
        Column("contact_name", "Contact"),
        Column("contact_email", "Contact's e-mail", is_shown=False),
        Column("industry", "Industry", is_shown=False),
        Column("created_at", "Since", Kind.MOMENT),
    ),
    filters=(Filter("health_status", "Health", HEALTH), Filter("stage", "Stage")),
    search=("name", "company_name", "contact_email"),
    sort="name",
    hint="Add your first client, or merge a database that has some.",
)
CLIENT = Form(
    (
        Field("name", "Name", is_required=True, length_max=120),
        Field("company_name", "Company"),
        Field("industry", "Industry"),
        Field("website", "Website", "url", hint="With https:// before it."),
        Field("health_status", "Health", "select", is_required=True, choices=HEALTH),
        Field("contact_name", "Contact"),
        Field("contact_email", "Contact's e-mail", "email"),
        Field("contact_phone", "Contact's telephone", length_max=40),
        Field("notes", "Notes", "textarea", length_max=10_000),
    )
)
LISTINGS = (CLIENTS,)
SECTIONS = (
    Section("Overview", "/audience", "activity", "g o"),
    Section("Stage board", "/clients/board", "kanban", "g b", needs=("client", "read")),
)
OVERVIEW = Overview(
    store.QUERIES["figures"],
    (
        ("clients", "Clients", "/clients"),
        ("at_risk", "At risk", "/clients?health_status=red"),
        ("unanswered", "Messages to answer", None),
        ("tickets", "Open tickets", None),
        ("tasks", "Open tasks", None),
        ("alerts", "Active alerts", None),
    ),
    (
        Panel("Clients by stage", store.QUERIES["by_stage"], "/clients?stage="),
        Panel("Clients by health", store.QUERIES["by_health"], "/clients?health_status="),
    ),
)
SHARED = (Section("Clients", "/clients", "briefcase", "g c", needs=("client", "read")),)


@get("/audience", app=APP)
async def overview(visit: AnyVisit) -> Response[bytes]:
    """What there is, in numbers."""
    async with visit.reading() as connection:
        numbers = await read_overview(connection, visit, OVERVIEW)
    return visit.page("overview.html", **numbers)


@get("/clients")
async def clients(visit: AnyVisit) -> Response[bytes]:
    """The clients as a list."""
    visit.require("client", "read")
    stages = store.QUERIES["stages"]
    return await list_page(visit, CLIENTS, template="clients.html", stage=stages)


@get("/clients/new")
async def show_new(visit: AnyVisit) -> Response[bytes]:
    """An empty form."""
    visit.require("client", "create")
    return await _form(visit, CLIENT.blank(health_status="green"), client=None)


@post("/clients/new")
async def add(visit: AnyVisit) -> Response[bytes]:
    """Add a client."""
    visit.require("client", "create")
    filled = CLIENT.read(dict(await visit.request.form()))
    filled, made = await keep(visit, filled, store.QUERIES["add_client"], REFUSALS)
    return see_other(f"/clients/{made['id']}") if made else await _form(visit, filled, client=None)


@get("/clients/board", app=APP)
async def board(visit: AnyVisit) -> Response[bytes]:
    """The clients by stage."""
    visit.require("client", "read")
    return await _board(visit)


@get("/clients/{client_id:uuid}")
async def client(visit: AnyVisit, client_id: FromPath[UUID]) -> Response[bytes]:
    """One client."""
    visit.require("client", "read")
    return await _record(visit, client_id)


@get("/clients/{client_id:uuid}/edit")
async def edit(visit: AnyVisit, client_id: FromPath[UUID]) -> Response[bytes]:
    """The form of a client."""
    visit.require("client", "update")
    async with visit.reading() as connection:
        found = await _known(connection, visit, client_id)
    return await _form(visit, CLIENT.blank(**found), client=found)


@post("/clients/{client_id:uuid}/edit")
async def change(visit: AnyVisit, client_id: FromPath[UUID]) -> Response[bytes]:
    """Change a client."""
    visit.require("client", "update")
    filled = CLIENT.read(dict(await visit.request.form()))
    async with visit.reading() as connection:
        found = await _known(connection, visit, client_id)
    changing = store.QUERIES["change_client"]
    filled, kept = await keep(visit, filled, changing, REFUSALS, client_id=client_id)
    if kept:
        return see_other(f"/clients/{client_id}")
    return await _form(visit, filled, client=found)


@post("/clients/{client_id:uuid}/stage")
async def move(visit: AnyVisit, client_id: FromPath[UUID]) -> Response[bytes]:
    """Move a client to another stage; on the board (`part=board`), what it looks like then."""
    visit.require("client", "update")
    sent = await visit.request.form()
    stage, from_stage = str(sent.get("stage", "")), str(sent.get("from", ""))
    async with visit.writing() as connection:
        await _known(connection, visit, client_id)
        named = {each["name"] for each in await store.stages(connection, visit) if each["is_named"]}
        is_moved = stage in named and await store.move(
            connection, visit, client_id, stage=stage, from_stage=from_stage
        )
    status = HTTP_200_OK if is_moved else HTTP_409_CONFLICT
    if sent.get("part") == "board":
        return await _board(visit, status=status)
    if is_moved:
        return see_other(f"/clients/{client_id}")
    return await _record(visit, client_id, status=status)


HANDLERS = (overview, clients, show_new, add, board, client, edit, change, move)


async def search(connection: Connection, visit: Visit, pattern: str) -> list[Hit]:
    """Clients for the palette."""
    if not visit.may("client", "read"):
        return []
    found = await store.search(connection, visit, pattern)
    return [Hit(each["name"], f"/clients/{each['id']}", "briefcase", "Client") for each in found]


async def _known(connection: Connection, visit: Visit, client_id: UUID) -> Row:
    found = await store.client(connection, visit, client_id)
    if found is None:
        raise NotFoundException
    return found


async def _record(visit: Visit, client_id: UUID, *, status: int = HTTP_200_OK) -> Response[bytes]:
    async with visit.reading() as connection:
        found = await _known(connection, visit, client_id)
        stages = await store.stages(connection, visit)
        history = await store.history(connection, visit, client_id)
    return visit.page(
        "client.html", status=status,
        client=found, stages=stages, history=history, is_moved_meanwhile=status != HTTP_200_OK,
    )  # fmt: skip


async def _form(visit: Visit, filled: Filled, *, client: Row | None) -> Response[bytes]:
    if visit.frame is None:
        async with visit.reading():
            pass
    return visit.page("client_form.html", status=filled.status, form=filled, client=client)


async def _board(visit: Visit, *, status: int = HTTP_200_OK) -> Response[bytes]:
    async with visit.reading() as connection:
        stages = await store.stages(connection, visit)
        cards = await store.board(connection, visit)
    lanes = [
        {
            "name": stage["name"],
            "cards": [card for card in cards if card["stage"] == stage["name"]],
            "more": f"/clients?stage={quote(stage['name'])}",
        }
        for stage in stages
    ]
    return visit.page("client_board.html", status=status, lanes=lanes)
