"""Who visits a page: the session of the browser's cookie, and what stands around the page.

Whoever is not signed in is led to the door, and from there back to the page that they asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.status_codes import (
    HTTP_401_UNAUTHORIZED,
    HTTP_403_FORBIDDEN,
    HTTP_500_INTERNAL_SERVER_ERROR,
)

from mainstem import core as identity
from mainstem.core import Core, cookies, desk, people, requests, sessions
from mainstem.core.requests import CoreDependency  # noqa: TC001 - Litestar reads it
from mainstem.errors import RefusedError
from mainstem.server.colours import COLOURS
from mainstem.web import AnyRequest, Frame, Site, Viewer, Visit, html, see_other
from mainstem.web.live import EVENT_STREAM

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from litestar import Response
    from psycopg.errors import InsufficientPrivilege

    from mainstem.core import SessionUse
    from mainstem.web.visit import Connection

THEMES = frozenset({"dusk", "dawn"})
FIRST_APP = "revos"
SiteDependency = NamedDependency[SkipValidation[Site]]


@dataclass(frozen=True)
class Doors:
    """Where people are led who may not come in yet."""

    sign_in: str = "/sign-in"
    second_factor: str = "/second-factor"


async def provide_visit(request: AnyRequest, core: CoreDependency, site: SiteDependency) -> Visit:
    """The visit of a request for a page.

    Raises:
        RefusedError: nobody is signed in, or their second factor is missing.
    """
    access = await identity.resolve(core, {}, cookie=required_cookie(core, request))
    session = access.session
    assert session is not None, "a cookie that is good has a session"
    person = session.person
    app = str(request.route_handler.opt.get("app") or _app_of(session, site))
    if app != session.app_context and _is_own_navigation(request) and not _is_live(request):
        await sessions.switch_app(core, session, app)
    return Visit(
        site=site,
        request=request,
        tenant=people.tenant_of(person, app=app),
        viewer=Viewer(person.id, _name(session), person.email, person.role),
        session_id=session.id,
        is_operator=session.is_operator,
        app=app,
        client_id=session.client_id,
        theme=theme_of(request),
        rights=access.rights.may,
        tenant_in=lambda other: people.tenant_of(person, app=other),
    )


def required_cookie(core: Core, request: AnyRequest) -> str:
    """The session's token that the browser brought.

    Raises:
        RefusedError: it brought none.
    """
    token = request.cookies.get(cookies.name(core))
    if not token:
        raise RefusedError("no_session", "Sign in first.", status=HTTP_401_UNAUTHORIZED)
    return token


def theme_of(request: AnyRequest) -> str | None:
    """The theme that was chosen; None follows the system."""
    theme = request.cookies.get("theme")
    return theme if theme in THEMES else None


async def read_frame(connection: Connection, visit: Visit) -> Frame:
    """What stands around a page; a chosen client that is not there any more is chosen no more."""
    found = await desk.read(connection, visit.tenant, client_id=visit.client_id)
    if found.client is None:
        visit.client_id = None
    brand = {key: found.brand[key] for key in COLOURS if key in found.brand}
    version = sha256(msgspec.json.encode(brand)).hexdigest()[:12] if brand else None
    return Frame(
        agency=found.agency,
        logo=own_logo(found.slug, found.brand.get("logo")),
        style=version,
        unread=found.unread,
        client=found.client,
    )


def own_logo(slug: str, logo: object) -> str | None:
    """The address of an agency's logo; None where it is not a public file of the agency's own."""
    is_own = isinstance(logo, str) and re.fullmatch(
        rf"/storage/v1/object/public/[\w.-]+@{re.escape(slug)}/[\w./-]+", logo, re.ASCII
    )
    return str(logo) if is_own and ".." not in str(logo) else None


def own_origin(core: Core) -> Callable[[AnyRequest], Awaitable[None]]:
    """Refuses changes that a page of another site began; for all pages at once."""

    async def check(request: AnyRequest) -> None:
        cookies.require_own_origin(core, request.method, request.headers)

    return check


def refused(request: AnyRequest, error: RefusedError) -> Response[bytes]:
    """A refusal as people see it: the door, or a page that says why."""
    if _is_live(request):
        return html(str(error), request, status=error.status)
    if error.status == HTTP_401_UNAUTHORIZED:
        return see_other(_door(Doors.sign_in, request))
    if error.code == "insufficient_aal":
        return see_other(_door(Doors.second_factor, request))
    return message(request, title="That was refused", text=str(error), status=error.status)


def read_only(request: AnyRequest, error: InsufficientPrivilege) -> Response[bytes]:
    """The database refused a write, or a row: of a client, say, whose rows one may only read."""
    del error
    said = "You may read this client's rows and change none; ask an admin."
    return message(request, title="That was refused", text=said, status=HTTP_403_FORBIDDEN)


def crashed(request: AnyRequest, error: Exception) -> Response[bytes]:
    """A defect: its words are for the log."""
    del error
    said = (
        "Something failed here; the operator's log says what. Look whether it was done before you"
        " try again, and tell the operator if it stays so."
    )
    return message(request, title="That failed", text=said, status=HTTP_500_INTERNAL_SERVER_ERROR)


def led_astray(request: AnyRequest, error: RefusedError) -> Response[Any]:
    """A refusal where a link or a provider led: a page in a browser, else GoTrue's words."""
    if "text/html" not in request.headers.get("accept", ""):
        return requests.refused(request, error)
    return message(
        request,
        title="Sign-in failed",
        text=str(error),
        status=error.status,
        way=(Doors.sign_in, "To the sign-in page"),
        hint="Begin again from the sign-in page of your agency. If it fails once more, an owner of"
        " the agency can look at what is set up there.",
    )


def message(
    request: AnyRequest, *, title: str, text: str, status: int, **further: object
) -> Response[bytes]:
    """A page that says one thing; `hint` and `way`, what to do then and where."""
    templates = request.app.template_engine
    assert templates is not None, "the app has templates"
    page = templates.get_template("error.html")
    shown = page.render(theme=theme_of(request), title=title, message=text, **further)
    return html(shown, request, status=status)


def _door(path: str, request: AnyRequest) -> str:
    if request.method != "GET" or request.url.path == "/":
        return path
    query = request.url.query
    here = f"{request.url.path}?{query}" if query else request.url.path
    return f"{path}?{urlencode({'next': here})}"


def _app_of(session: SessionUse, site: Site) -> str:
    known = {app.key for app in site.apps}
    return session.app_context if session.app_context in known else FIRST_APP


def _is_own_navigation(request: AnyRequest) -> bool:
    """Whether the page was asked for by a page of ours or by the person; not by another site."""
    return request.headers.get("sec-fetch-site", "none") in cookies.OURS


def _is_live(request: AnyRequest) -> bool:
    """Whether a stream of live numbers is asked for: no navigation, and no door leads back to it.

    Whoever asks for it again after the session has ended is to stop, not to follow a redirection.
    """
    return bool(request.route_handler.opt.get("is_live")) and EVENT_STREAM in request.headers.get(
        "accept", ""
    )


def _name(session: SessionUse) -> str:
    person = session.person
    named = " ".join(part for part in (person.first_name, person.last_name) if part)
    return named or person.email
