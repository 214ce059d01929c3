"""A real HTTP server on this machine that answers as tests tell it, and keeps what it got."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Answer: TypeAlias = Callable[["Got"], Awaitable[web.StreamResponse] | web.StreamResponse]


@dataclass(frozen=True)
class Got:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    request: web.Request = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """What the server got, by the first part of the path, and what it answers; 200 unless told."""

    port: int = 0
    got: dict[str, list[Got]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)

    def url(self, room: str) -> str:
        return f"http://127.0.0.1:{self.port}/{room}"

    def of(self, room: str) -> list[Got]:
        return self.got.get(room, [])

    async def take(self, request: web.Request) -> web.StreamResponse:
        room, _, path = request.path.strip("/").partition("/")
        headers = {name.lower(): value for name, value in request.headers.items()}
        got = Got(request.method, f"/{path}", headers, await request.read(), request)
        self.got.setdefault(room, []).append(got)
        answer = self.answers.get(room)
        if answer is None:
            return web.Response()
        made = answer(got)
        return made if isinstance(made, web.StreamResponse) else await made


@contextmanager
def serving() -> Iterator[Receiver]:
    receiver = Receiver()
    loop = asyncio.new_event_loop()
    is_up = threading.Event()
    runners: list[web.AppRunner] = []

    async def start() -> None:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", receiver.take)
        runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        receiver.port = runner.addresses[0][1]
        runners.append(runner)
        is_up.set()

    def live() -> None:
        loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runners[0].cleanup())
        loop.close()

    thread = threading.Thread(target=live, name="receiver")
    thread.start()
    assert is_up.wait(60)
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
