"""Live numbers: a part of a page, sent again whenever it changed, as server-sent events.

A page shows the part by itself and works without script. htmx's `hx-sse` asks for the same part at
an address of its own, and is sent it anew as long as the visitor may see it: each look is a visit
of its own, so a stream ends with the session, and a right that is taken away counts from the next
look on. Asked without `text/event-stream`, the address answers with the part once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any
from weakref import finalize

from litestar.background_tasks import BackgroundTask
from litestar.exceptions import NotFoundException
from litestar.response import ServerSentEvent, ServerSentEventMessage
from litestar.status_codes import HTTP_429_TOO_MANY_REQUESTS

from mainstem.errors import RefusedError
from mainstem.web.answers import html

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
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

    def take(self, person: UUID) -> Callable[[], None]:
        """Count one more; what comes back gives it back, however often it is called.

        Raises:
            RefusedError: the person has as many open as one may.
        """
        if self._open[person] >= STREAMS_A_PERSON_MAX:
            raise RefusedError(
                "too_many_streams",
                "These numbers are live in other windows of yours; load the page to see them anew.",
                status=HTTP_429_TOO_MANY_REQUESTS,
            )
        self._open[person] += 1
        held = [person]

        def give_back() -> None:
            while held:
                self._open[held.pop()] -= 1
                self._open = +self._open  # without those who have none

        return give_back


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
    give_back = visit.site.streams.take(visit.viewer.id)  # before anything is waited for
    try:
        first = await part(visit)  # so that a refusal is an answer, not an event
    except BaseException:
        give_back()
        raise
    events = _followed(visit, part, first)
    finalize(events, give_back)  # should the answer fail before its first event

    async def is_over() -> None:
        give_back()

    return ServerSentEvent(events, background=BackgroundTask(is_over))


async def _followed(visit: Visit, part: Part, shown: str) -> AsyncIterator[ServerSentEventMessage]:
    loop = asyncio.get_running_loop()
    ends_s, said_s = loop.time() + STREAM_S, loop.time()
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
