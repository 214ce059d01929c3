"""The body of a request, as it comes: bounded in size, and in how slowly it may come."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

import msgspec

from mainstem.storage.problem import StorageError, invalid, too_large

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mainstem.storage.requests import Request

Parsed = TypeVar("Parsed")


class GoneError(Exception):
    """The sender went away in the middle: there is nobody to answer."""


async def chunks(request: Request) -> AsyncIterator[bytes]:
    """The body, piece by piece.

    Raises:
        StorageError: the sender is silent or too slow.
        GoneError: the sender is gone.
    """
    limits, began, received = request.limits, time.monotonic(), 0
    while True:
        # At first silence counts; then so many bytes must have come as the time allows.
        allowed_s = limits.silence_s + received / limits.bytes_per_s_min
        left_s = min(limits.silence_s, began + allowed_s - time.monotonic())
        try:
            async with asyncio.timeout(max(left_s, 0.001)):
                message = await request.receive()
        except TimeoutError:
            raise StorageError(
                408,
                "RequestTimeout",
                f"the body comes too slowly: silence of {limits.silence_s:g} s, or fewer than "
                f"{limits.bytes_per_s_min} bytes a second after it",
            ) from None
        if message["type"] == "http.disconnect":
            raise GoneError
        body = message.get("body", b"")
        received += len(body)
        if body:
            yield body
        if not message.get("more_body", False):
            return


def check_length(request: Request, limit_bytes: int, what: str, *, around_bytes: int = 0) -> None:
    """Refuse a body that says itself that it is too large, before any of it is read.

    Args:
        request: whose body it is.
        limit_bytes: how large the thing may be.
        what: the thing.
        around_bytes: what a form may add to it.

    Raises:
        StorageError: it is, or says no length.
    """
    text = request.header("content-length")
    if text and (not text.isascii() or not text.isdigit()):
        raise invalid("Content-Length is no number")
    if text and int(text) > limit_bytes + around_bytes:
        raise too_large(what, limit_bytes)


async def read_json(request: Request, kind: type[Parsed]) -> Parsed:
    """The body as JSON of a certain form; an empty one is an empty object.

    Raises:
        StorageError: it is another form, or too large.
    """
    limit = request.limits.json_bytes_max
    check_length(request, limit, "body")
    held = bytearray()
    async for chunk in chunks(request):
        held += chunk
        if len(held) > limit:
            raise too_large("body", limit)
    try:
        return msgspec.json.decode(bytes(held) or b"{}", type=kind, strict=False)
    except (msgspec.DecodeError, RecursionError) as error:
        said = str(error) if isinstance(error, msgspec.ValidationError) else "it is no JSON"
        raise invalid(f"the body cannot be read: {said}") from None
