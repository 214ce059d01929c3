"""Where a client's systems are told of leads: endpoints, made with a secret that is shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from psycopg.errors import UniqueViolation

from mainstem.core.requests import CoreDependency
from mainstem.db.queries import load_queries
from mainstem.errors import RefusedError, UsageError
from mainstem.revos import webhooks
from mainstem.revos.pages import store
from mainstem.revos.webhooks import Destination
from mainstem.revos.webhooks.jobs import is_loopback_allowed
from mainstem.web import AnyVisit, Field, Form, row, rows, see_other
from mainstem.web.wording import sentence, words

if TYPE_CHECKING:
    from mainstem.web import Filled, Visit

APP = "revos"
PATH = "/revos/endpoints"
ONE = f"{PATH}/{{endpoint_id:uuid}}"
#: how long deliveries are kept
LOGGED_FOR = timedelta(days=60)
QUERIES = load_queries("mainstem.revos.pages", "endpoints.sql")
KINDS = tuple((kind.value, words(kind.value)) for kind in Destination)
ENDPOINT = Form(
    (
        Field("client_id", "Client", "select", is_required=True),
        Field("name", "Name", is_required=True, length_max=80),
        Field("kind", "System", "select", is_required=True, choices=KINDS),
        Field("url", "Address", "url", hint="Of a plain webhook.", length_max=2_000),
        Field("credential", "API key", "password", hint="Of a mail system.", length_max=2_000),
        Field("list_id", "List", hint="Of Mailchimp: the id of the audience.", length_max=80),
    )
)

CHANGE = Form(
    (
        Field("name", "Name", is_required=True, length_max=80),
        Field("url", "Address", "url", length_max=2_000),
        Field(
            "active", "Told of leads", "select", is_required=True,
            choices=(("yes", "Yes"), ("no", "No: switched off")),
        ),
    )
)  # fmt: skip


@get(PATH, app=APP)
async def endpoints(visit: AnyVisit) -> Response[bytes]:
    """The endpoints, and a form for one more."""
    return await _page(visit, None)


@post(PATH, app=APP)
async def make(visit: AnyVisit, core: CoreDependency) -> Response[bytes]:
    """Make one; what its receiver checks signatures with is shown in this answer only."""
    visit.require("webhook_config", "update")
    sent = dict(await visit.request.form())
    async with visit.writing() as connection:
        filled = (await store.with_clients(connection, visit, ENDPOINT)).read(sent)
    if not filled.is_good:
        return await _page(visit, filled)
    wish = webhooks.NewEndpoint(
        client_id=UUID(filled.texts["client_id"]),
        name=filled.texts["name"],
        url=filled.texts["url"],
        kind=Destination(filled.texts["kind"]),
        credential=filled.texts["credential"] or None,
        options={"list_id": filled.texts["list_id"]} if filled.texts["list_id"] else {},
    )
    try:
        made = await webhooks.endpoints.create(
            core, visit.tenant, wish, allow_loopback=is_loopback_allowed()
        )
    except UsageError as error:
        return await _page(visit, filled.with_problem("", sentence(str(error))))
    except UniqueViolation:
        taken = "The client has an endpoint of that name already."
        return await _page(visit, filled.with_problem("name", taken))
    return await _record(visit, made.id, None, secret=made.secret)


@post(f"{ONE}/rotate", app=APP)
async def rotate(
    visit: AnyVisit, core: CoreDependency, endpoint_id: FromPath[UUID]
) -> Response[bytes]:
    """Give a plain webhook a new secret (the former signs on for a day), a mail system its key."""
    visit.require("webhook_config", "update")
    sent = await visit.request.form()
    credential = str(sent.get("credential") or "").strip() or None
    try:
        made = await webhooks.endpoints.rotate(
            core, visit.tenant, endpoint_id, credential=credential
        )
    except UsageError as error:  # a mail system's key is its owner's to make
        raise RefusedError("validation_failed", sentence(str(error)), status=422) from None
    return await _record(visit, endpoint_id, None, secret=made.secret)


@post(f"{ONE}/test", app=APP)
async def send_test(
    visit: AnyVisit, core: CoreDependency, endpoint_id: FromPath[UUID]
) -> Response[bytes]:
    """Tell it a test event; the delivery shows what came of it."""
    visit.require("webhook_config", "update")
    delivery_id = await webhooks.endpoints.send_test(core, visit.tenant, endpoint_id)
    return see_other(f"/revos/webhooks/{delivery_id}")


@post(f"{ONE}/enable", app=APP)
async def enable(
    visit: AnyVisit, core: CoreDependency, endpoint_id: FromPath[UUID]
) -> Response[bytes]:
    """Let one be told again that was switched off."""
    visit.require("webhook_config", "update")
    await webhooks.endpoints.enable(core, visit.tenant, endpoint_id)
    return see_other(f"{PATH}/{endpoint_id}")


@get(ONE, app=APP)
async def endpoint(visit: AnyVisit, endpoint_id: FromPath[UUID]) -> Response[bytes]:
    """One endpoint: how it fares, what it was told last, and what of it can be changed."""
    return await _record(visit, endpoint_id, None)


@post(ONE, app=APP)
async def change(
    visit: AnyVisit, core: CoreDependency, endpoint_id: FromPath[UUID]
) -> Response[bytes]:
    """Another name or address; told of leads, or not."""
    visit.require("webhook_config", "update")
    filled = CHANGE.read(dict(await visit.request.form()))
    found = await webhooks.endpoints.shown(core, visit.tenant, endpoint_id)
    if not filled.is_good:
        return await _record(visit, endpoint_id, filled)
    is_wanted = filled.texts["active"] == "yes"
    try:
        await webhooks.endpoints.change(
            core, visit.tenant, endpoint_id,
            name=filled.texts["name"], url=filled.texts["url"],
            is_active=is_wanted and found.is_active, allow_loopback=is_loopback_allowed(),
        )  # fmt: skip
    except UsageError as error:
        return await _record(visit, endpoint_id, filled.with_problem("url", sentence(str(error))))
    except UniqueViolation:
        taken = "The client has an endpoint of that name already."
        return await _record(visit, endpoint_id, filled.with_problem("name", taken))
    if is_wanted and not found.is_active:
        await webhooks.endpoints.enable(core, visit.tenant, endpoint_id)
    return see_other(f"{PATH}/{endpoint_id}")


@post(f"{ONE}/delete", app=APP)
async def remove(
    visit: AnyVisit, core: CoreDependency, endpoint_id: FromPath[UUID]
) -> Response[bytes]:
    """Delete one, with the log of what it was told."""
    visit.require("webhook_config", "delete")
    await webhooks.endpoints.remove(core, visit.tenant, endpoint_id)
    return see_other(PATH)


@post(f"{ONE}/replay", app=APP)
async def replay_failed(
    visit: AnyVisit, core: CoreDependency, endpoint_id: FromPath[UUID]
) -> Response[bytes]:
    """Tell it again what it did not take, as long as the log goes back."""
    visit.require("webhook_config", "update")
    since = core.clock() - LOGGED_FOR
    await webhooks.endpoints.replay_failed(core, visit.tenant, endpoint_id, since=since)
    return see_other(f"/revos/webhooks?endpoint_id={endpoint_id}")


HANDLERS = (
    endpoints, make, endpoint, change, remove, rotate, send_test, enable, replay_failed,
)  # fmt: skip


async def _record(
    visit: Visit, endpoint_id: UUID, filled: Filled | None, *, secret: str | None = None
) -> Response[bytes]:
    visit.require("webhook_config", "update")
    bound = {"agency_id": visit.agency_id, "endpoint_id": endpoint_id}
    async with visit.reading() as connection:
        found = await row(connection, QUERIES["endpoint"], **bound)
        told = await rows(connection, QUERIES["told"], **bound)
    if found is None:
        raise NotFoundException
    form = filled or CHANGE.blank(
        name=found["name"], url=found["url"], active="yes" if found["active"] else "no"
    )
    return visit.page(
        "endpoint.html", status=form.status, endpoint=found, told=told, form=form, secret=secret,
    )  # fmt: skip


async def _page(visit: Visit, filled: Filled | None) -> Response[bytes]:
    visit.require("webhook_config", "update")
    bound = {"agency_id": visit.agency_id, "client_id": visit.client_id}
    async with visit.reading() as connection:
        found = await rows(connection, QUERIES["endpoints"], **bound)
        form = filled or (await store.with_clients(connection, visit, ENDPOINT)).blank(
            kind=Destination.CUSTOM.value
        )
    return visit.page("endpoints.html", status=form.status, endpoints=found, form=form)
