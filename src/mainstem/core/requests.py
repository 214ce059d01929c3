"""What the routes of core share: who asks, where from, and how a refusal is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import MediaType, Request, Response
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from mainstem.core import access, gotrue
from mainstem.core.model import KeyUse, Origin, SessionUse
from mainstem.core.parts import Core
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from litestar.connection import ASGIConnection
    from litestar.exceptions import HTTPException
    from litestar.handlers.base import BaseRouteHandler

    AnyConnection = ASGIConnection[Any, Any, Any, Any]

CoreDependency = NamedDependency[SkipValidation[Core]]
AnyRequest = Request[Any, Any, Any]


def origin_of(request: AnyRequest) -> Origin:
    """Where a request comes from: the connection's address, no header that anybody may write."""
    address = request.client.host if request.client else ""
    return Origin(address, request.headers.get("user-agent", ""))


async def token_first(connection: AnyConnection, _: BaseRouteHandler) -> None:
    """Let in who brings a person's token, before anything that they send is read.

    Raises:
        RefusedError: nobody is signed in.
    """
    core: Core = connection.app.state.core
    found = await access.resolve(core, connection.headers, needs_second_factor=False)
    if found.session is None:
        raise RefusedError("no_authorization", "This endpoint requires a Bearer token", status=401)
    connection.state.session = found.session


def signed_in(request: AnyRequest) -> SessionUse:
    """The session of whoever was let in."""
    session: SessionUse = request.state.session
    return session


async def key_of(core: Core, request: AnyRequest) -> KeyUse | None:
    """The API key alone: whoever signs in has no token yet, or one that is out of date."""
    brought = access.read(request.headers)
    if brought.key is None:
        return None
    return (await access.resolve(core, {"apikey": brought.key})).key


def refused(request: AnyRequest, error: RefusedError) -> Response[gotrue.Body]:
    """A refusal, as GoTrue's clients read it."""
    del request
    headers = {} if error.retry_after_s is None else {"retry-after": str(error.retry_after_s)}
    return Response(
        gotrue.refusal(error),
        status_code=error.status,
        headers=headers,
        media_type=MediaType.JSON,
    )


def failed(request: AnyRequest, error: HTTPException) -> Response[gotrue.Body]:
    """What Litestar refuses: a body that is none, a method that is not."""
    return refused(
        request, RefusedError("validation_failed", error.detail, status=error.status_code)
    )
