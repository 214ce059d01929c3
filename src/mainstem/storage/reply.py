"""The answer to a request: status, headers, and a body at once or block by block."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from mainstem.storage.model import Receive, Send
    from mainstem.storage.problem import StorageError

JSON = "application/json; charset=utf-8"
_UNAUTHORIZED, _UNAVAILABLE = 401, 503


@dataclass
class Reply:
    """What goes back. A body that comes block by block says its length in the headers."""

    status: int
    body: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    blocks: AsyncGenerator[bytes, None] | None = None

    def add(self, name: str, value: str) -> None:
        """Add a header; what could end its line is left out of it."""
        safe = value.encode("ascii", "replace")
        kept = bytes(byte for byte in safe if byte >= ord(" ") and byte != 0x7F)  # noqa: PLR2004
        self.headers.append((name.encode(), kept))

    async def send(self, receive: Receive, send: Send, *, has_body: bool = True) -> None:
        """Send it; of a body that comes block by block no more than somebody takes."""
        headers = list(self.headers)
        is_sized = any(name == b"content-length" for name, _ in headers)
        if not is_sized and self.status not in {204, 304}:
            headers.append((b"content-length", str(len(self.body)).encode()))
        start = {"type": "http.response.start", "status": self.status, "headers": headers}
        if self.blocks is None:
            await send(start)
            await send({"type": "http.response.body", "body": self.body if has_body else b""})
            return
        gone = asyncio.create_task(_gone(receive), name="wait for the reader to leave")
        try:
            async with aclosing(self.blocks) as blocks:
                await send(start)
                async for block in blocks:
                    if gone.done():
                        return
                    await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()


async def _gone(receive: Receive) -> None:
    """Until the reader hangs up; a server lets an application write on without a word."""
    while (await receive())["type"] != "http.disconnect":
        pass


def as_json(value: object, status: int = 200) -> Reply:
    """An object or a list as an answer; it is nobody's to keep."""
    reply = Reply(status, msgspec.json.encode(value))
    reply.add("content-type", JSON)
    reply.add("cache-control", "no-store")
    return reply


def refusal(problem: StorageError) -> Reply:
    """A problem as an answer."""
    reply = Reply(problem.status, problem.body())
    reply.add("content-type", JSON)
    reply.add("cache-control", "no-store")
    if problem.status == _UNAUTHORIZED:
        reply.add("www-authenticate", "Bearer")
    if problem.retry_after_s is not None or problem.status == _UNAVAILABLE:
        reply.add("retry-after", str(problem.retry_after_s or 1))
    return reply
