"""What every request passes: its address's pace, the time of its body, and the count of answers."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from litestar.enums import ScopeType

from mainstem.errors import RefusedError
from mainstem.server.problem import shaped
from mainstem.web import guard

if TYPE_CHECKING:
    from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

    from mainstem.server.metrics import Requests
    from mainstem.server.pace import Paces

#: how long a body may pause, and take in all
PAUSE_S = 10.0
BODY_S = 60.0
FREE = ("/static/", "/metrics", "/api/health")
#: files may take as long as they come at all: their API holds them to a pace of its own
LONG = "/storage/v1/object/"


class Gate:
    """Stands around the whole app, so that it answers instead of it.

    Args:
        app: what comes after it.
        paces: how many requests an address may make.
        requests: counts the answers.
    """

    def __init__(self, app: ASGIApp, paces: Paces, requests: Requests) -> None:
        self._app = app
        self._paces = paces
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it in the form that its path's clients read."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        started_s, status = time.perf_counter(), 500

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            try:
                self._examine(scope)
                timed = receive if scope["path"].startswith(LONG) else _Timed(receive)
                await self._app(scope, timed, counted)
            except RefusedError as error:
                await _refuse(scope, counted, error)
        finally:
            took_s = time.perf_counter() - started_s
            self._requests.count(route_of(scope), scope["method"], status, took_s)

    def _examine(self, scope: HTTPScope) -> None:
        if not scope["path"].startswith(FREE):
            client = scope.get("client")
            self._paces.address.count(client[0] if client else "")
        for name, value in scope["headers"]:
            if name == b"content-encoding" and value.lower() != b"identity":
                raise RefusedError(
                    "unsupported_media_type",
                    "A compressed body is not taken; send it as it is.",
                    status=415,
                )


def route_of(scope: Scope) -> str:
    """The template of the route, or where an app of its own is mounted."""
    template: str | None = scope.get("path_template")
    handler: Any = scope.get("route_handler")
    return template or (min(handler.paths) if handler else "unknown")


class Direct:
    """Leads requests for rows straight to the data API, past what pages need and rows do not.

    Routing, dependencies and exception handlers cost a page of rows a fifth of its time. Whatever
    is unusual (a foreign host, a preflight) goes the whole way.

    Args:
        app: the whole way.
        rows: the data API.
        path: where it is.
        hosts: what the Host header may say; None is anything.
    """

    def __init__(
        self, app: ASGIApp, rows: ASGIApp, path: str, hosts: frozenset[bytes] | None
    ) -> None:
        self._app = app
        self._rows = rows
        self._path = path
        self._below = f"{path}/"
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != ScopeType.HTTP or not self._is_plain(scope):
            await self._app(scope, receive, send)
            return
        scope["path_template"] = self._path

        async def guarded(message: Message) -> None:
            await guard(message, scope)
            await send(message)

        await self._rows(scope, receive, guarded)

    def _is_plain(self, scope: HTTPScope) -> bool:
        path = scope["path"]
        if not path.startswith(self._below) or scope["method"] == "OPTIONS":
            return False
        if self._hosts is None:
            return True
        return any(name == b"host" and value in self._hosts for name, value in scope["headers"])


class _Timed:
    """Takes the parts of a body, as long as they come in time."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._ends_s: float | None = None
        self._is_whole = False

    async def __call__(self) -> Any:  # noqa: ANN401 - a message of ASGI, of any of its types
        if self._is_whole:
            return await self._receive()
        now = time.monotonic()
        self._ends_s = self._ends_s or now + BODY_S
        try:
            async with asyncio.timeout(min(PAUSE_S, self._ends_s - now)):
                message = await self._receive()
        except TimeoutError:
            raise RefusedError(
                "request_timeout", "The body did not come in time; send it again.", status=408
            ) from None
        self._is_whole = not message.get("more_body", False)
        return message


async def _refuse(scope: HTTPScope, send: Send, error: RefusedError) -> None:
    body, media_type = shaped(scope["path"], error)
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"access-control-allow-origin", b"*"),
        (b"access-control-expose-headers", b"retry-after"),
    ]
    if error.retry_after_s is not None:
        headers.append((b"retry-after", str(error.retry_after_s).encode()))
    if error.status == 408:  # noqa: PLR2004 - the rest of the body is not waited for
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
