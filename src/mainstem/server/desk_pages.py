"""What stands around every page of an agency: client switcher, notifications, views, colours."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter

from mainstem import audience
from mainstem.core import desk, sessions
from mainstem.core import resolve as resolve_access
from mainstem.core.requests import CoreDependency
from mainstem.revos import pages as revos_pages
from mainstem.server import jobs_pages, people_pages
from mainstem.server.colours import style
from mainstem.server.visits import required_cookie
from mainstem.web import AnyVisit, contains, local_path, see_other

Text = Annotated[str, QueryParameter(name="q")]
Next = Annotated[str, QueryParameter(name="next")]
TEXT_LENGTH_MAX = 100


@get("/", sync_to_thread=False)
def home(visit: AnyVisit) -> Response[Any]:
    """The app that the person was in last."""
    return see_other(visit.site.app(visit.app).path)


@get("/choose-client")
async def show_clients(visit: AnyVisit, text: Text = "", wanted: Next = "/") -> Response[bytes]:
    """The clients that may be looked at."""
    text = text.replace("\x00", "")[:TEXT_LENGTH_MAX]
    async with visit.reading() as connection:
        choices = await desk.clients(connection, visit.tenant, pattern=contains(text))
    return visit.page(
        "choose_client.html", choices=choices, text=text, next=local_path(wanted),
        choices_max=desk.CHOICES_MAX,
    )  # fmt: skip


@post("/choose-client")
async def choose_client(visit: AnyVisit, core: CoreDependency) -> Response[bytes]:
    """Look at one client from now on, or at all."""
    sent = await visit.request.form()
    client_id = _id(sent.get("client"))
    token = required_cookie(core, visit.request)
    access = await resolve_access(core, {}, cookie=token)
    assert access.session is not None, "the visit has one"
    await sessions.choose_client(core, access.session, client_id)
    return see_other(local_path(str(sent.get("next", "/"))))


@get("/notifications")
async def notifications(visit: AnyVisit) -> Response[bytes]:
    """The newest messages to the person."""
    async with visit.reading() as connection:
        found = await desk.notifications(connection, visit.tenant)
    return visit.page("notifications.html", notifications=found, local_path=local_path)


@post("/notifications/read")
async def mark_read(visit: AnyVisit) -> Response[bytes]:
    """Mark one message as read, or all."""
    sent = await visit.request.form()
    async with visit.writing() as connection:
        await desk.mark_read(connection, visit.tenant, _id(sent.get("notification")))
    return see_other("/notifications")


@post("/views")
async def save_view(visit: AnyVisit) -> Response[bytes]:
    """Save a list under a name."""
    sent = await visit.request.form()
    path = _listed_at(str(sent.get("page", "")))
    query = str(sent.get("query", ""))
    if not query.isprintable():
        raise NotFoundException
    async with visit.writing() as connection:
        await desk.save_view(
            connection, visit.tenant,
            page=str(sent.get("page", "")), name=str(sent.get("name", "")), query=query,
        )  # fmt: skip
    return see_other(f"{path}?{query}" if query and query.isascii() else path)


@post("/views/{view_id:uuid}/delete")
async def drop_view(visit: AnyVisit, view_id: FromPath[UUID]) -> Response[bytes]:
    """Delete a saved list."""
    sent = await visit.request.form()
    path = _listed_at(str(sent.get("page", "")))
    async with visit.writing() as connection:
        if not await desk.drop_view(connection, visit.tenant, view_id):
            raise NotFoundException
    return see_other(path)


@get("/brand.css")
async def brand_style(visit: AnyVisit) -> Response[str]:
    """The agency's own colours, as a style of its own: nothing stands inline."""
    async with visit.writing() as connection:
        found = await desk.read(connection, visit.tenant, client_id=None)
    return Response(style(found.brand), media_type="text/css")


HANDLERS = (
    home,
    show_clients,
    choose_client,
    notifications,
    mark_read,
    save_view,
    drop_view,
    brand_style,
)


def _listed_at(page: str) -> str:
    """Where the list of that name stands; the form cannot lead anywhere else."""
    path = PAGES.get(page)
    if path is None:
        raise NotFoundException
    return path


def _id(text: object) -> UUID | None:
    """An id that a form sent; None for nothing.

    Raises:
        NotFoundException: it is no id.
    """
    if not text:
        return None
    try:
        return UUID(str(text))
    except ValueError:
        raise NotFoundException from None


#: the lists of all contexts, by name
PAGES = {
    listing.page: listing.path
    for listing in (
        *audience.LISTINGS,
        *revos_pages.LISTINGS,
        *people_pages.LISTINGS,
        *jobs_pages.LISTINGS,
    )
}
