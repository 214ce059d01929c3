"""Live numbers: a part of a page, sent again whenever it changed, as server-sent events.

A page shows the part by itself and works without script. htmx's `hx-sse` asks for the same part at
an address of its own, and is sent it anew as long as the visitor may see it: each look is a visit
of its own, so a stream ends with the session, and a right that is taken away counts from the next
look on. Asked without `text/event-stream`, the address answers with the part once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from litestar.exceptions import NotFoundException
from litestar.response import ServerSentEvent, ServerSentEventMessage
from litestar.status_codes import HTTP_429_TOO_MANY_REQUESTS

from mainstem.errors import RefusedError
from mainstem.web.answers import html

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from uuid import UUID

    from litestar import Response

    from mainstem.web.visit import Visit

    Part = Callable[[Visit], Awaitable[str]]

EVENT_STREAM = "text/event-stream"
#: how often a part is looked at, and after how long without news something is sent all the same
LOOK_S = 2.0
HEARTBEAT_S = 15.0
#: then the browser asks again
STREAM_S = 600.0
#: browsers open six connections to a server of HTTP/1.1: pages need some of them
STREAMS_A_PERSON_MAX = 4
#: nothing more comes: `hx-sse:close`
END = "end"


class Streams:
    """How many streams each person has open."""

    def __init__(self) -> None:
        self._open: Counter[UUID] = Counter()

    def count(self, person: UUID) -> int:
        """How many that person has open."""
        return self._open[person]

    @contextmanager
    def one_more(self, person: UUID) -> Iterator[None]:
        """Count a stream as long as the block runs."""
        self._open[person] += 1
        try:
            yield
        finally:
            self._open[person] -= 1
            if not self._open[person]:
                del self._open[person]


async def follow(visit: Visit, part: Part) -> Response[Any]:
    """Answer with a part of a page: once, or, to whoever takes events, whenever it changed.

    Args:
        visit: who asks.
        part: reads and renders; raises what its page raises for those who may not see it.

    Raises:
        RefusedError: the visitor has as many streams open as one may.
    """
    if EVENT_STREAM not in visit.request.headers.get("accept", ""):
        return html(await part(visit), visit.request)
    if visit.site.streams.count(visit.viewer.id) >= STREAMS_A_PERSON_MAX:
        raise RefusedError(
            "too_many_streams",
            "These numbers are live in other windows of yours; load the page to see them anew.",
            status=HTTP_429_TOO_MANY_REQUESTS,
        )
    first = await part(visit)  # so that a refusal is an answer, not an event
    return ServerSentEvent(_followed(visit, part, first))


async def _followed(visit: Visit, part: Part, shown: str) -> AsyncIterator[ServerSentEventMessage]:
    loop = asyncio.get_running_loop()
    ends_s, said_s = loop.time() + STREAM_S, loop.time()
    with visit.site.streams.one_more(visit.viewer.id):
        yield ServerSentEventMessage(data=shown)
        while loop.time() < ends_s:
            await asyncio.sleep(LOOK_S)
            try:
                seen = await part(await visit.site.again(visit.request))
            except (RefusedError, NotFoundException):
                yield ServerSentEventMessage(event=END)
                return
            if seen != shown:
                shown, said_s = seen, loop.time()
                yield ServerSentEventMessage(data=shown)
            elif loop.time() - said_s >= HEARTBEAT_S:
                said_s = loop.time()
                yield ServerSentEventMessage(data=None, comment="nothing new")
