"""Where a client's systems are told of leads: endpoints, made with a secret that is shown once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from mainstem.core.requests import CoreDependency
from mainstem.db.queries import load_queries
from mainstem.errors import RefusedError, UsageError
from mainstem.revos import webhooks
from mainstem.revos.webhooks import Destination
from mainstem.revos.webhooks.jobs import is_loopback_allowed
from mainstem.web import AnyVisit, Field, Form, rows, see_other
from mainstem.web.wording import words

if TYPE_CHECKING:
    from mainstem.web import Filled, Visit
    from mainstem.web.visit import Connection

APP = "revos"
PATH = "/revos/endpoints"
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
        filled = (await _form(connection, visit)).read(sent)
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
        said = str(error)
        return await _page(visit, filled.with_problem("", f"{said[:1].upper()}{said[1:]}."))
    return await _page(visit, None, secret=made.secret)


@post(f"{PATH}/{{endpoint_id:uuid}}/rotate", app=APP)
async def rotate(
    visit: AnyVisit, core: CoreDependency, endpoint_id: FromPath[UUID]
) -> Response[bytes]:
    """Give a plain webhook a new secret; the former signs beside it for a day."""
    visit.require("webhook_config", "update")
    try:
        made = await webhooks.endpoints.rotate(core, visit.tenant, endpoint_id)
    except UsageError as error:  # a mail system's key is its owner's to make
        raise RefusedError("validation_failed", str(error), status=422) from None
    return await _page(visit, None, secret=made.secret)


@post(f"{PATH}/{{endpoint_id:uuid}}/test", app=APP)
async def send_test(
    visit: AnyVisit, core: CoreDependency, endpoint_id: FromPath[UUID]
) -> Response[bytes]:
    """Tell it a test event; the delivery shows what came of it."""
    visit.require("webhook_config", "update")
    delivery_id = await webhooks.endpoints.send_test(core, visit.tenant, endpoint_id)
    return see_other(f"/revos/webhooks/{delivery_id}")


@post(f"{PATH}/{{endpoint_id:uuid}}/enable", app=APP)
async def enable(
    visit: AnyVisit, core: CoreDependency, endpoint_id: FromPath[UUID]
) -> Response[bytes]:
    """Let one be told again that was switched off."""
    visit.require("webhook_config", "update")
    await webhooks.endpoints.enable(core, visit.tenant, endpoint_id)
    return see_other(PATH)


HANDLERS = (endpoints, make, rotate, send_test, enable)


async def _form(connection: Connection, visit: Visit) -> Form:
    clients = await rows(connection, QUERIES["clients"], agency_id=visit.agency_id)
    return ENDPOINT.with_choices(client_id=tuple((each["id"], each["name"]) for each in clients))


async def _page(
    visit: Visit, filled: Filled | None, *, secret: str | None = None
) -> Response[bytes]:
    visit.require("webhook_config", "update")
    bound = {"agency_id": visit.agency_id, "client_id": visit.client_id}
    async with visit.reading() as connection:
        found = await rows(connection, QUERIES["endpoints"], **bound)
        form = filled or (await _form(connection, visit)).blank(kind=Destination.CUSTOM.value)
    status = HTTP_200_OK if form.is_good else HTTP_422_UNPROCESSABLE_ENTITY
    return visit.page("endpoints.html", status=status, endpoints=found, form=form, secret=secret)
