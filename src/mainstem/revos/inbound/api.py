"""`/webhooks/unipile`: where the provider's calls come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Request, Router, post
from litestar.exceptions import HTTPException
from litestar.status_codes import (
    HTTP_200_OK,
    HTTP_401_UNAUTHORIZED,
    HTTP_413_REQUEST_ENTITY_TOO_LARGE,
)

from mainstem.revos.inbound.guard import is_genuine
from mainstem.revos.inbound.intake import PATH, Inbox
from mainstem.revos.inbound.linking import LINKED_PATH

if TYPE_CHECKING:
    from mainstem.core import Core
    from mainstem.revos.unipile import Settings

BODY_BYTES_MAX = 1024 * 1024

AnyRequest = Request[Any, Any, Any]


def router(core: Core, settings: Settings | None) -> Router:
    """The routes.

    Args:
        core: its pool and clock.
        settings: where the provider is; None refuses everything.
    """
    inbox = Inbox(core.pool, core.clock)
    secret = settings.webhook_secret if settings else None

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

    return Router(
        "/",
        route_handlers=[receive, linked],
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
