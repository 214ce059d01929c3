"""A person's own account: who they are, their second factor, and where they are signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from markupsafe import Markup

from mainstem.core import Core, cookies, second_factor, sessions
from mainstem.core import resolve as resolve_access
from mainstem.core.factors_api import picture
from mainstem.core.requests import CoreDependency
from mainstem.errors import RefusedError
from mainstem.server.visits import required_cookie
from mainstem.web import AnyVisit, Field, Form, see_other

if TYPE_CHECKING:
    from mainstem.core import SessionUse
    from mainstem.web import Filled, Visit

CONFIRM = Form(
    (
        Field(
            "code",
            "Code",
            "code",
            is_required=True,
            hint="The six digits that your app shows now.",
            length_max=20,
            autocomplete="one-time-code",
        ),
    )
)


@get("/account")
async def account(visit: AnyVisit, core: CoreDependency) -> Response[bytes]:
    """Who one is, and how one signs in."""
    return await _account(visit, core)


@post("/account/second-factor")
async def enrol(visit: AnyVisit, core: CoreDependency) -> Response[bytes]:
    """Begin with a second factor: its secret is shown this once."""
    session = await session_of_visit(visit, core)
    made = await second_factor.enrol(core, session.person)
    return await _enrolling(visit, CONFIRM.blank(), secret=made.secret, uri=made.uri)


@post("/account/second-factor/confirm")
async def confirm(visit: AnyVisit, core: CoreDependency) -> Response[bytes]:
    """Confirm it by a first code; recovery codes are shown this once."""
    session = await session_of_visit(visit, core)
    filled = CONFIRM.read(dict(await visit.request.form()))
    if filled.is_good:
        try:
            signed_in, codes = await second_factor.confirm(core, session, filled.texts["code"])
        except RefusedError as error:
            said = str(error) if error.retry_after_s else "This code is not right; try the next."
            filled = filled.with_problem("code", said)
        else:
            async with visit.reading():
                pass
            answer = visit.page("recovery_codes.html", codes=codes)
            answer.cookies.append(cookies.made(core, signed_in.token))
            return answer
    return await _enrolling(visit, filled, secret=None, uri=None)


@post("/account/second-factor/remove")
async def take_away(visit: AnyVisit, core: CoreDependency) -> Response[bytes]:
    """End the second factor; the session has shown it."""
    await second_factor.take_away(core, await session_of_visit(visit, core))
    return see_other("/account")


@post("/account/sessions/{session_id:uuid}/end")
async def end_session(
    visit: AnyVisit, core: CoreDependency, session_id: FromPath[UUID]
) -> Response[bytes]:
    """End one of one's own sessions."""
    session = await session_of_visit(visit, core)
    if not await sessions.end(core, session.person, session_id):
        raise RefusedError("not_found", "You have no such session.", status=404)
    return see_other("/account")


HANDLERS = (account, enrol, confirm, take_away, end_session)


async def _account(visit: Visit, core: Core) -> Response[bytes]:
    session = await session_of_visit(visit, core)
    async with visit.reading():
        pass
    return visit.page(
        "account.html",
        has_second_factor=session.person.has_second_factor,
        sessions=await sessions.listed(core, session.person),
    )


async def _enrolling(
    visit: Visit, filled: Filled, *, secret: str | None, uri: str | None
) -> Response[bytes]:
    async with visit.reading():
        pass
    return visit.page(
        "enrol.html",
        status=filled.status,
        form=filled,
        secret=secret,
        uri=uri,
        drawing=Markup(picture(uri)) if uri is not None else None,  # noqa: S704 - drawn by us
    )


async def session_of_visit(visit: Visit, core: Core) -> SessionUse:
    """The session of a visit, with its person as core knows them."""
    access = await resolve_access(core, {}, cookie=required_cookie(core, visit.request))
    assert access.session is not None, "the visit has one"
    return access.session
