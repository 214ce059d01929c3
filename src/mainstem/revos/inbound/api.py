"""`/webhooks/unipile`: where the provider's calls come in; and the link to its hosted page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from litestar import MediaType, Request, Response, Router, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.status_codes import (
    HTTP_200_OK,
    HTTP_401_UNAUTHORIZED,
    HTTP_413_REQUEST_ENTITY_TOO_LARGE,
)

from mainstem.core import Core, resolve
from mainstem.core.requests import refused
from mainstem.errors import ProviderError, RefusedError
from mainstem.revos.inbound.guard import is_genuine
from mainstem.revos.inbound.intake import Inbox
from mainstem.revos.inbound.linking import Linking

if TYPE_CHECKING:
    from mainstem.revos.unipile import Settings

BODY_BYTES_MAX = 1024 * 1024
PATH = "/webhooks/unipile"
LINKED_PATH = f"{PATH}/linked"

AnyRequest = Request[Any, Any, Any]


def router(core: Core, settings: Settings | None) -> Router:
    """The routes.

    Args:
        core: its pool and clock; who asks for a link.
        settings: where the provider is; None refuses everything.
    """
    inbox = Inbox(core.pool, core.clock)
    secret = settings.webhook_secret if settings else None
    linking = Linking(core, settings, notify_url=f"{core.base_url}{LINKED_PATH}")

    @post(PATH, status_code=HTTP_200_OK, include_in_schema=False)
    async def receive(request: AnyRequest) -> dict[str, str]:
        """Take in an event, then answer."""
        body = await _body(request)
        headers = [(name.lower(), text) for name, text in request.headers.multi_items()]
        if not is_genuine(headers, body, secret):
            raise HTTPException("the secret is missing or wrong", status_code=HTTP_401_UNAUTHORIZED)
        return {"outcome": await inbox.event(body)}

    @post(LINKED_PATH, status_code=HTTP_200_OK, include_in_schema=False)
    async def linked(request: AnyRequest) -> dict[str, str]:
        """Take in that an account was linked; the answer is the same whatever it brought."""
        if settings is not None:
            await inbox.linked(await _body(request))
        return {"outcome": "received"}

    @post("/api/revos/accounts/{account_id:uuid}/link", status_code=HTTP_200_OK)
    async def link(request: AnyRequest, account_id: FromPath[UUID]) -> Response[dict[str, str]]:
        """Make the address of the provider's page on which an account is linked; good for once."""
        access = await resolve(core, request.headers)
        if access.tenant is None:
            raise RefusedError("no_authorization", "sign in to link an account", status=401)
        return Response({"url": await linking.begin(access, account_id)})

    return Router(
        "/",
        route_handlers=[receive, linked, link],
        exception_handlers={RefusedError: refused, ProviderError: _failed},
    )


async def _body(request: AnyRequest) -> bytes:
    """The body, as far as anybody would send one."""
    found = b""
    async for chunk in request.stream():
        found += chunk
        if len(found) > BODY_BYTES_MAX:
            raise HTTPException(
                "the body is too large", status_code=HTTP_413_REQUEST_ENTITY_TOO_LARGE
            )
    return found


def _failed(request: AnyRequest, error: ProviderError) -> Response[dict[str, str]]:
    """The provider did not do it: its own reason, in our words."""
    del request
    return Response({"message": str(error)}, status_code=502, media_type=MediaType.JSON)
