"""Asking an app in the thread that asks: no server, no threads, and an answer when it is whole."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from litestar import Litestar


class InThread(httpx.BaseTransport):
    """Brings each request to the app, on an event loop that runs as long as that takes."""

    def __init__(self, app: Litestar, loop: asyncio.AbstractEventLoop) -> None:
        self._app = app
        self._loop = loop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        coming = [{"type": "http.request", "body": request.read(), "more_body": False}]
        begun: dict[str, Any] = {}
        body: list[bytes] = []
        is_whole = asyncio.Event()

        async def receive() -> Any:
            if coming:
                return coming.pop()
            await is_whole.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                begun.update(status_code=message["status"], headers=message["headers"])
                return
            body.append(message.get("body", b""))
            if not message.get("more_body", False):
                is_whole.set()

        self._loop.run_until_complete(self._app(_scope(request), receive, send))
        whole = b"" if request.method == "HEAD" else b"".join(body)
        return httpx.Response(**begun, stream=httpx.ByteStream(whole), request=request)


def _scope(request: httpx.Request) -> Any:
    url = request.url
    return {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.partition(b"?")[0],
        "query_string": url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("testclient", 50_000),
        "server": (url.host, url.port or 80),
        "extensions": {},
    }


@contextmanager
def asking(app: Litestar, loop: asyncio.AbstractEventLoop) -> Iterator[httpx.Client]:
    """A client of the app, which is open meanwhile."""
    opened, ends = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with app.lifespan():
            opened.set()
            await ends.wait()

    holding = loop.create_task(hold())
    loop.run_until_complete(opened.wait())
    with httpx.Client(
        transport=InThread(app, loop), base_url="http://testserver.local", follow_redirects=True
    ) as client:
        yield client
    ends.set()
    loop.run_until_complete(holding)
