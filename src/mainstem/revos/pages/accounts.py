"""LinkedIn accounts by pages: their health, what of today's budget is used, and their linking."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, SkipValidation
from litestar.status_codes import HTTP_200_OK

from mainstem.core import cookies, resolve
from mainstem.core.requests import CoreDependency
from mainstem.db.queries import load_queries
from mainstem.errors import ProviderError, RefusedError
from mainstem.revos.accounts import READS_PER_DAY
from mainstem.revos.accounts.model import WARMTH_AT_FIRST
from mainstem.revos.inbound import Linking
from mainstem.revos.pages import store
from mainstem.revos.pages.decisions import Decisions
from mainstem.web import AnyVisit, Field, Form, keep, row, rows, see_other
from mainstem.web.wording import sentence

if TYPE_CHECKING:
    from mainstem.web import Filled, Row, Visit
    from mainstem.web.visit import Connection

APP = "revos"
PATH = "/revos/accounts"
ONE = f"{PATH}/{{account_id:uuid}}"
QUERIES = load_queries("mainstem.revos.pages", "account.sql")
Links = NamedDependency[SkipValidation[Linking]]
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
REFUSALS = {
    "linkedin_account_name_key": ("name", "You have an account of that name already."),
    "linkedin_account_timezone_check": ("timezone", "There is no such time zone; see the hint."),
    "linkedin_account_work_check": ("work_ends_at", "Its day ends before it begins."),
}
_NAME = Field("name", "Name", is_required=True, length_max=120, hint="What your agency calls it.")
_ZONE = Field(
    "timezone", "Time zone", is_required=True, length_max=60,
    hint="As IANA names it: Europe/Berlin. Its working hours are counted there.",
)  # fmt: skip
NEW = Form((Field("client_id", "Client", "select", is_required=True), _NAME, _ZONE))
CAPS = (
    ("daily_dm_cap", "Messages a day"),
    ("daily_invitation_cap", "Invitations a day"),
    ("weekly_invitation_cap", "Invitations in 7 days"),
    ("daily_comment_cap", "Comments a day"),
    ("daily_reaction_cap", "Reactions a day"),
    ("daily_post_cap", "Posts a day"),
)
SETTINGS = Form(
    (
        _NAME,
        _ZONE,
        Field("work_starts_at", "Works from", "time", is_required=True),
        Field("work_ends_at", "until", "time", is_required=True),
        *(Field(key, label, "number", is_required=True, length_max=4) for key, label in CAPS),
    )
)


@get(f"{PATH}/new", app=APP)
async def show_new(visit: AnyVisit) -> Response[bytes]:
    """An empty form."""
    visit.require("linkedin_account", "create")
    async with visit.reading() as connection:
        form = (await store.with_clients(connection, visit, NEW)).blank(
            client_id=visit.client_id, timezone="UTC"
        )
    return _form_page(visit, form, None)


@post(f"{PATH}/new", app=APP)
async def add(visit: AnyVisit) -> Response[bytes]:
    """Make an account that is to be linked; it belongs to whoever makes it."""
    visit.require("linkedin_account", "create")
    sent = dict(await visit.request.form())
    async with visit.reading() as connection:
        filled = (await store.with_clients(connection, visit, NEW)).read(sent)
    filled, made = await keep(visit, filled, QUERIES["add"], REFUSALS, user_id=visit.viewer.id)
    return see_other(f"{PATH}/{made['id']}") if made else _form_page(visit, filled, None)


@get(ONE, app=APP)
async def account(visit: AnyVisit, account_id: FromPath[UUID]) -> Response[bytes]:
    """One account: its health, and how much of today's budget is used."""
    return await _page(visit, account_id)


@get(f"{ONE}/edit", app=APP)
async def edit(visit: AnyVisit, account_id: FromPath[UUID]) -> Response[bytes]:
    """Its hours and caps."""
    visit.require("linkedin_account", "update")
    async with visit.reading() as connection:
        found = await _known(connection, visit, account_id)
    return _form_page(visit, SETTINGS.blank(**found), found)


@post(f"{ONE}/edit", app=APP)
async def change(visit: AnyVisit, account_id: FromPath[UUID]) -> Response[bytes]:
    """Other hours and caps."""
    visit.require("linkedin_account", "update")
    filled = SETTINGS.read(dict(await visit.request.form()))
    async with visit.reading() as connection:
        found = await _known(connection, visit, account_id)
    filled, kept = await keep(visit, filled, QUERIES["change"], REFUSALS, account_id=account_id)
    return see_other(f"{PATH}/{account_id}") if kept else _form_page(visit, filled, found)


@post(f"{ONE}/connect", app=APP, status_code=HTTP_200_OK)
async def connect(
    visit: AnyVisit, core: CoreDependency, linking: Links, account_id: FromPath[UUID]
) -> Response[bytes]:
    """Make the address of the provider's page on which its owner signs in, good for an hour.

    It is shown as a link: forms of our pages lead to nobody else's.
    """
    visit.require("linkedin_account", "update")
    async with visit.writing() as connection:
        await _known(connection, visit, account_id)
    access = await resolve(core, {}, cookie=visit.request.cookies.get(cookies.name(core)))
    try:
        address = await linking.begin(access, account_id)
    except RefusedError as error:
        raise RefusedError(error.code, sentence(str(error)), status=error.status) from None
    except ProviderError as error:
        raise RefusedError("provider", sentence(str(error)), status=502) from None
    return await _page(visit, account_id, address=address)


@post(f"{ONE}/resume", app=APP)
async def resume(
    visit: AnyVisit, decisions: Decisions, account_id: FromPath[UUID]
) -> Response[bytes]:
    """Let an account go on that was stopped."""
    visit.require("linkedin_account", "update")
    await decisions.resume_account(visit.tenant, account_id)
    return see_other(f"{PATH}/{account_id}")


HANDLERS = (show_new, add, account, edit, change, connect, resume)


async def _page(visit: Visit, account_id: UUID, *, address: str | None = None) -> Response[bytes]:
    visit.require("linkedin_account", "read")
    bound = {"agency_id": visit.agency_id, "account_id": account_id}
    async with visit.reading() as connection:
        found = await _known(connection, visit, account_id)
        used = await rows(connection, QUERIES["used"], **bound, reads_a_day=READS_PER_DAY)
        waiting = await row(connection, QUERIES["waiting"], **bound)
    warmth = Fraction(found["warm_days"]) / max(found["warmup_days"], 1)
    days = ", ".join(DAYS[day - 1] for day in sorted(found["work_days"]))
    return visit.page(
        "linkedin_account.html",
        account=found,
        used=[_budget(each, warmth) for each in used],
        warm_percent=round(100 * warmth),
        waiting=waiting,
        days=days,
        address=address if address and address.startswith(("https://", "http://")) else None,
    )


def _budget(used: Row, warmth: Fraction) -> Row:
    """A route with what the warm-up leaves of its cap, rounded up as the sender does."""
    most = used["most"]
    allowed = ceil(most * warmth) if used["is_warmed"] else most
    return {**used, "allowed": allowed, "is_full": used["number"] >= allowed}


async def _known(connection: Connection, visit: Visit, account_id: UUID) -> Row:
    bound: dict[str, Any] = {"agency_id": visit.agency_id, "account_id": account_id}
    found = await row(connection, QUERIES["account"], **bound, warmth_at_first=WARMTH_AT_FIRST)
    if found is None:
        raise NotFoundException
    return found


def _form_page(visit: Visit, filled: Filled, account: Row | None) -> Response[bytes]:
    return visit.page(
        "linkedin_account_form.html", status=filled.status, account=account, form=filled
    )
