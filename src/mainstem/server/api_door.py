"""Who asks below `/api`: looked at before anything that they send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainstem import core as identity
from mainstem.core import cookies, operators, sessions
from mainstem.errors import RefusedError
from mainstem.server.callers import count

if TYPE_CHECKING:
    from litestar import Request
    from litestar.connection import ASGIConnection
    from litestar.handlers.base import BaseRouteHandler

    from mainstem.core import Access, Core, SessionUse
    from mainstem.db.tenant import Tenant

    AnyRequest = Request[Any, Any, Any]
    AnyConnection = ASGIConnection[Any, Any, Any, Any]


async def person_first(connection: AnyConnection, _: BaseRouteHandler) -> None:
    """Let in who is signed in, by a token or by our own pages' cookie.

    Raises:
        RefusedError: nobody is signed in, another site's page began a change, or it is one request
            too many.
    """
    count(connection.app.state.paces, await look(connection))


async def operator_first(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Let in platform operators; for everybody else there is nothing.

    Raises:
        RefusedError: nobody is signed in, or somebody who is none.
    """
    await person_first(connection, handler)
    if not session_of(connection).is_operator:
        raise operators.unknown()


async def look(connection: AnyConnection) -> Access:
    """Ask who it is, and remember that for the rest of the request.

    Raises:
        RefusedError: nobody is signed in, or another site's page began a change.
    """
    core: Core = connection.app.state.core
    cookie = connection.cookies.get(cookies.name(core))
    found = await identity.resolve(core, connection.headers, cookie=cookie)
    if found.session is None or found.tenant is None:
        raise RefusedError("no_authorization", "Sign in first.", status=401)
    if found.session.kind == sessions.BROWSER:
        method = str(connection.scope.get("method"))
        cookies.require_own_origin(core, method, connection.headers)
    connection.state.access = found
    return found


def access_of(connection: AnyConnection) -> Access:
    """What whoever was let in may see."""
    access: Access = connection.state.access
    return access


def session_of(connection: AnyConnection) -> SessionUse:
    """Their session."""
    session = access_of(connection).session
    assert session is not None, "an access of people has its session"
    return session


def tenant_of(connection: AnyConnection) -> Tenant:
    """Whose rows they see."""
    tenant = access_of(connection).tenant
    assert tenant is not None, "an access of people has a tenant"
    return tenant
