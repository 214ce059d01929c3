"""Who gets in: the agency's people and invitations, its API keys, its flags, its audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from mainstem.core import api_keys, flags, invitations, members
from mainstem.core.flags import Flag
from mainstem.core.model import Scope
from mainstem.core.requests import CoreDependency
from mainstem.db.queries import load_queries
from mainstem.errors import RefusedError
from mainstem.web import (
    AnyVisit,
    Column,
    Field,
    Filter,
    Form,
    Hit,
    Kind,
    Listing,
    Section,
    list_page,
    rows,
    see_other,
)
from mainstem.web.wording import words

if TYPE_CHECKING:
    from mainstem.core import Core
    from mainstem.web import Filled, Visit
    from mainstem.web.visit import Connection

QUERIES = load_queries("mainstem.server", "people_pages.sql")
HITS_MAX = 8
ROLES = tuple((role, words(role)) for role in ("owner", "admin", "manager", "member", "client"))
APPS = (
    ("both", "All shared rows"), ("revos", "RevOS"), ("audience", "AudienceOS"), ("mail", "Mail"),
    ("persona", "Personas"),
)  # fmt: skip
SCOPES = {
    "none": (),
    "read": (Scope.ROWS_READ, Scope.FILES_READ),
    "write": (Scope.ROWS_READ, Scope.ROWS_WRITE, Scope.FILES_READ, Scope.FILES_WRITE),
}
INVITE = Form(
    (
        Field("email", "E-mail", "email", is_required=True, length_max=254),
        Field("role", "Role", "select", is_required=True, choices=ROLES),
    )
)
KEY = Form(
    (
        Field("name", "Name", is_required=True, length_max=80, hint="What will use it."),
        Field("app", "App", "select", is_required=True, choices=APPS),
        Field(
            "scopes",
            "By itself it may",
            "select",
            is_required=True,
            choices=(
                ("none", "do nothing: people sign in with it"),
                ("read", "read"),
                ("write", "read and write"),
            ),
        ),
        Field(
            "profile",
            "Made for",
            "select",
            is_required=True,
            choices=(("public", "new code"), ("legacy", "old code, by its old names")),
        ),
    )
)
FLAG = Form(
    (
        Field("key", "Flag", is_required=True, length_max=80),
        Field("app", "App", "select", is_required=True, choices=APPS),
        Field("percentage", "For how many of a hundred people", is_required=True, length_max=3),
        Field("description", "What it does", length_max=500),
    )
)
ACTIONS = (
    "insert", "update", "delete", "sign_in", "sign_out", "refuse", "switch_app", "change_password",
    "export", "erase",
)  # fmt: skip
TRAIL = Listing(
    page="trail",
    path="/agency/trail",
    title="Audit trail",
    many="entries",
    query=QUERIES["trail"],
    columns=(
        Column("action", "What"),
        Column("table_name", "Of", Kind.CODE),
        Column("who", "Who"),
        Column("changed", "Changed", is_sortable=False),
        Column("reason", "Why", is_shown=False),
        Column("actor_app", "App", is_shown=False),
        Column("created_at", "When", Kind.MOMENT),
    ),
    filters=(Filter("action", "What", tuple((each, words(each)) for each in ACTIONS)),),
    search=("who", "table_name"),
    hint="Every change, sign-in and refusal is kept for ninety days.",
)
LISTINGS = (TRAIL,)
SHARED = (
    Section("People", "/agency/people", "user-plus", needs=("member", "update")),
    Section("API keys", "/agency/keys", "key-round", needs=("api_key", "update")),
    Section("Flags", "/agency/flags", "flag", needs=("feature_flag", "update")),
    Section("Audit trail", "/agency/trail", "scroll-text", needs=("audit_log", "read")),
)


@get("/agency/people")
async def people(visit: AnyVisit, core: CoreDependency) -> Response[bytes]:
    """The agency's people, and who was invited."""
    return await _people(visit, core, INVITE.blank(role="member"))


@post("/agency/people")
async def invite(visit: AnyVisit, core: CoreDependency) -> Response[bytes]:
    """Invite somebody: a letter with a link that is good once."""
    visit.require("member", "update")
    filled = INVITE.read(dict(await visit.request.form()))
    if filled.is_good:
        try:
            await invitations.invite(
                core, visit.tenant, email=filled.texts["email"], role=filled.texts["role"]
            )
        except RefusedError as error:
            filled = filled.with_problem("email", str(error))
        else:
            return see_other("/agency/people")
    return await _people(visit, core, filled)


@post("/agency/people/{user_id:uuid}")
async def change_person(
    visit: AnyVisit, core: CoreDependency, user_id: FromPath[UUID]
) -> Response[bytes]:
    """Give somebody another role, or let them in no more."""
    visit.require("member", "update")
    sent = await visit.request.form()
    if sent.get("role"):
        await members.change_role(core, visit.tenant, user_id, str(sent["role"]))
    else:
        is_active = sent.get("active") == "yes"
        await members.set_active(core, visit.tenant, user_id, is_active=is_active)
    return see_other("/agency/people")


@post("/agency/invitations/{invitation_id:uuid}/revoke")
async def revoke_invitation(
    visit: AnyVisit, core: CoreDependency, invitation_id: FromPath[UUID]
) -> Response[bytes]:
    """Take an invitation back."""
    visit.require("member", "update")
    await invitations.revoke(core, visit.tenant, invitation_id)
    return see_other("/agency/people")


@get("/agency/keys")
async def keys(visit: AnyVisit, core: CoreDependency) -> Response[bytes]:
    """The agency's API keys."""
    return await _keys(visit, core, KEY.blank(app="both", scopes="none", profile="public"))


@post("/agency/keys")
async def make_key(visit: AnyVisit, core: CoreDependency) -> Response[bytes]:
    """Make a key: it is shown in this answer, and never again."""
    visit.require("api_key", "update")
    filled = KEY.read(dict(await visit.request.form()))
    if not filled.is_good:
        return await _keys(visit, core, filled)
    made = await api_keys.make(
        core,
        visit.tenant,
        name=filled.texts["name"],
        scopes=SCOPES[filled.texts["scopes"]],
        app=filled.texts["app"],
        profile=filled.texts["profile"],
    )
    return await _keys(
        visit, core, KEY.blank(app="both", scopes="none", profile="public"), text=made.text
    )


@post("/agency/keys/{key_id:uuid}/revoke")
async def revoke_key(
    visit: AnyVisit, core: CoreDependency, key_id: FromPath[UUID]
) -> Response[bytes]:
    """End a key at once."""
    visit.require("api_key", "update")
    await api_keys.revoke(core, visit.tenant, key_id)
    return see_other("/agency/keys")


@get("/agency/flags")
async def show_flags(visit: AnyVisit, core: CoreDependency) -> Response[bytes]:
    """The agency's feature flags."""
    return await _flags(visit, core, FLAG.blank(app="both", percentage="100"))


@post("/agency/flags")
async def put_flag(visit: AnyVisit, core: CoreDependency) -> Response[bytes]:
    """Make a flag or change it; switched off by a percentage of 0."""
    visit.require("feature_flag", "update")
    filled = FLAG.read(dict(await visit.request.form()))
    share = filled.texts.get("percentage", "")
    if filled.is_good and not (share.isdecimal() and int(share) <= 100):  # noqa: PLR2004
        filled = filled.with_problem("percentage", "Write a number from 0 to 100.")
    if filled.is_good:
        flag = Flag(
            filled.texts["key"],
            filled.texts["app"],
            int(share) > 0,
            int(share),
            filled.texts["description"],
        )
        try:
            await flags.put(core, visit.tenant, flag)
        except RefusedError as error:
            filled = filled.with_problem("key", str(error))
        else:
            return see_other("/agency/flags")
    return await _flags(visit, core, filled)


@get("/agency/trail")
async def trail(visit: AnyVisit) -> Response[bytes]:
    """Who changed what, who signed in, and what was refused."""
    visit.require("audit_log", "read")
    return await list_page(visit, TRAIL)


async def search(connection: Connection, visit: Visit, pattern: str) -> list[Hit]:
    """The agency's people for the palette, for whoever may manage them."""
    if not visit.may("member", "update"):
        return []
    found = await rows(
        connection, QUERIES["search"],
        agency_id=visit.agency_id, pattern=pattern, rows_max=HITS_MAX,
    )  # fmt: skip
    return [Hit(each["name"], f"/agency/people#{each['id']}", "user", "Person") for each in found]


HANDLERS = (
    people, invite, change_person, revoke_invitation, keys, make_key, revoke_key, show_flags,
    put_flag, trail,
)  # fmt: skip


async def _people(visit: Visit, core: Core, form: Filled) -> Response[bytes]:
    visit.require("member", "update")
    found = await members.listed(core, visit.tenant)
    invited = await invitations.listed(core, visit.tenant)
    async with visit.reading():
        pass
    return visit.page(
        "people.html", status=form.status, form=form, people=found, invited=invited, roles=ROLES
    )


async def _keys(
    visit: Visit, core: Core, form: Filled, *, text: str | None = None
) -> Response[bytes]:
    visit.require("api_key", "update")
    found = await api_keys.listed(core, visit.tenant)
    async with visit.reading():
        pass
    return visit.page("keys.html", status=form.status, form=form, keys=found, text=text)


async def _flags(visit: Visit, core: Core, form: Filled) -> Response[bytes]:
    visit.require("feature_flag", "update")
    found = await flags.listed(core, visit.tenant)
    async with visit.reading():
        pass
    return visit.page("flags.html", status=form.status, form=form, flags=found)
