"""Pods by pages: what they ask of whoever looks, who is in them, and how reliably."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from mainstem.db.queries import load_queries
from mainstem.errors import RefusedError
from mainstem.revos.pages import store
from mainstem.revos.pages.decisions import Decisions
from mainstem.web import AnyVisit, Field, Form, keep, row, rows, see_other

if TYPE_CHECKING:
    from mainstem.web import Filled, Row, Visit
    from mainstem.web.visit import Connection

APP = "revos"
PATH = "/revos/pods"
ONE = f"{PATH}/{{pod_id:uuid}}"
QUERIES = load_queries("mainstem.revos.pages", "pods.sql")
REFUSALS = {"pod_name_key": ("name", "The client has a pod of that name already.")}
MEMBERS_MIN = 9
_ABOUT = (
    Field("name", "Name", is_required=True, length_max=120),
    Field("description", "Description", "textarea", length_max=2_000),
    Field(
        "mode", "Mode", "select", is_required=True,
        choices=(("assist", "Asks its members each time"), ("auto", "Likes by itself")),
        hint="By itself it likes for those who consented; comments are always a member's own.",
    ),
    Field(
        "min_members", "Members at least", "number", is_required=True, length_max=3,
        hint="With fewer it asks nothing of anybody.",
    ),
)  # fmt: skip
NEW = Form((Field("client_id", "Client", "select", is_required=True), *_ABOUT))
CHANGE = Form(
    (
        *_ABOUT,
        Field(
            "status", "State", "select", is_required=True,
            choices=(("active", "Active"), ("paused", "Paused")),
        ),
    )
)  # fmt: skip


@get(PATH, app=APP)
async def pods(visit: AnyVisit) -> Response[bytes]:
    """What the viewer's pods ask of them, and the pods."""
    visit.require("pod", "read")
    async with visit.reading() as connection:
        asked = await rows(
            connection, QUERIES["requests"],
            agency_id=visit.agency_id, user_id=visit.viewer.id,
        )  # fmt: skip
        found = await rows(
            connection, QUERIES["pods"], agency_id=visit.agency_id, client_id=visit.client_id
        )
    return visit.page("pods.html", asked=asked, pods=found)


@post(f"{PATH}/asked/{{activity_id:uuid}}", app=APP)
async def answer(
    visit: AnyVisit, decisions: Decisions, activity_id: FromPath[UUID]
) -> Response[bytes]:
    """Agree, say that one did it by hand, or say no."""
    visit.require("pod_activity", "update")
    sent = dict(await visit.request.form())
    match sent.get("answer"):
        case "agree":
            text = str(sent.get("text") or "") or None
            await decisions.agree(visit.tenant, activity_id, text=text)
        case "done":
            await decisions.did(visit.tenant, activity_id)
        case _:
            await decisions.decline(visit.tenant, activity_id)
    return see_other(PATH)


@get(f"{PATH}/new", app=APP)
async def show_new(visit: AnyVisit) -> Response[bytes]:
    """An empty form."""
    visit.require("pod", "create")
    async with visit.reading() as connection:
        form = (await store.with_clients(connection, visit, NEW)).blank(
            client_id=visit.client_id, mode="assist", min_members=MEMBERS_MIN
        )
    return _form_page(visit, form, None)


@post(f"{PATH}/new", app=APP)
async def add(visit: AnyVisit) -> Response[bytes]:
    """Make a pod."""
    visit.require("pod", "create")
    sent = dict(await visit.request.form())
    async with visit.reading() as connection:
        filled = _sized((await store.with_clients(connection, visit, NEW)).read(sent))
    filled, made = await keep(visit, filled, QUERIES["add"], REFUSALS)
    return see_other(f"{PATH}/{made['id']}") if made else _form_page(visit, filled, None)


@get(ONE, app=APP)
async def pod(visit: AnyVisit, pod_id: FromPath[UUID]) -> Response[bytes]:
    """One pod: its members, how reliable they are, and what was asked of them lately."""
    visit.require("pod", "read")
    bound = {"agency_id": visit.agency_id, "pod_id": pod_id}
    async with visit.reading() as connection:
        found = await _known(connection, visit, pod_id)
        members = await rows(connection, QUERIES["members"], **bound)
        activities = await rows(connection, QUERIES["activities"], **bound)
        accounts = (
            await rows(connection, QUERIES["accounts"], **bound)
            if visit.may("pod", "update")
            else []
        )
    own = next((each for each in members if each["user_id"] == visit.viewer.id), None)
    active = [each for each in members if each["status"] == "active"]
    return visit.page(
        "pod.html",
        pod=found, members=members, active=len(active), activities=activities, accounts=accounts,
        own=own,
    )  # fmt: skip


@get(f"{ONE}/edit", app=APP)
async def edit(visit: AnyVisit, pod_id: FromPath[UUID]) -> Response[bytes]:
    """The form of a pod."""
    visit.require("pod", "update")
    async with visit.reading() as connection:
        found = await _known(connection, visit, pod_id)
    return _form_page(visit, CHANGE.blank(**found), found)


@post(f"{ONE}/edit", app=APP)
async def change(visit: AnyVisit, pod_id: FromPath[UUID]) -> Response[bytes]:
    """Change a pod."""
    visit.require("pod", "update")
    filled = _sized(CHANGE.read(dict(await visit.request.form())))
    async with visit.reading() as connection:
        found = await _known(connection, visit, pod_id)
    filled, kept = await keep(visit, filled, QUERIES["change"], REFUSALS, pod_id=pod_id)
    return see_other(f"{PATH}/{pod_id}") if kept else _form_page(visit, filled, found)


@post(f"{ONE}/members", app=APP)
async def add_member(visit: AnyVisit, pod_id: FromPath[UUID]) -> Response[bytes]:
    """Take the person of an account in."""
    visit.require("pod", "update")
    sent = await visit.request.form()
    bound = {"agency_id": visit.agency_id, "pod_id": pod_id}
    async with visit.writing() as connection:
        await _known(connection, visit, pod_id)
        offered = {each["id"] for each in await rows(connection, QUERIES["accounts"], **bound)}
        account_id = str(sent.get("account", ""))
        if account_id not in offered:
            raise RefusedError("validation_failed", "Choose an account of the list.", status=422)
        await connection.execute(QUERIES["add_member"], {**bound, "account_id": account_id})
    return see_other(f"{PATH}/{pod_id}")


@post(f"{ONE}/members/{{member_id:uuid}}/remove", app=APP)
async def remove_member(
    visit: AnyVisit, pod_id: FromPath[UUID], member_id: FromPath[UUID]
) -> Response[bytes]:
    """Ask nothing more of a member."""
    visit.require("pod", "update")
    bound = {"agency_id": visit.agency_id, "pod_id": pod_id, "member_id": member_id}
    async with visit.writing() as connection:
        if (await connection.execute(QUERIES["remove_member"], bound)).rowcount != 1:
            raise NotFoundException
    return see_other(f"{PATH}/{pod_id}")


@post(f"{ONE}/consent", app=APP)
async def consent(visit: AnyVisit, pod_id: FromPath[UUID]) -> Response[bytes]:
    """Say for oneself whether likes may be made without being asked each time."""
    visit.require("pod_member", "update")
    sent = await visit.request.form()
    bound = {
        "agency_id": visit.agency_id,
        "pod_id": pod_id,
        "user_id": visit.viewer.id,
        "consents": sent.get("consents") == "yes",
    }
    async with visit.writing() as connection:
        if (await connection.execute(QUERIES["consent"], bound)).rowcount != 1:
            raise NotFoundException
    return see_other(f"{PATH}/{pod_id}")


HANDLERS = (
    pods, answer, show_new, add, pod, edit, change, add_member, remove_member, consent,
)  # fmt: skip


async def _known(connection: Connection, visit: Visit, pod_id: UUID) -> Row:
    found = await row(connection, QUERIES["pod"], agency_id=visit.agency_id, pod_id=pod_id)
    if found is None:
        raise NotFoundException
    return found


def _sized(filled: Filled) -> Filled:
    if "min_members" not in filled.problems and int(filled.texts["min_members"]) < 1:
        return filled.with_problem("min_members", "At least one.")
    return filled


def _form_page(visit: Visit, filled: Filled, pod: Row | None) -> Response[bytes]:
    return visit.page("pod_form.html", status=filled.status, pod=pod, form=filled)
