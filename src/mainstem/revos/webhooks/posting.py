"""The way out: one request, guarded, bounded in time and size, without redirects."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from mainstem.core.outward import ForbiddenAddressError, checked_url, guarded_socket
from mainstem.core.resolving import GuardedResolver
from mainstem.revos.webhooks.model import CONNECTIONS_MAX, Answer
from mainstem.revos.webhooks.pacing import retry_after_s

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mainstem.revos.webhooks.model import Request

CONNECT_LIMIT_S = 10.0
#: an answer's status decides; of its body so much is read, for so long, and the rest is cut off
BODY_BYTES_MAX = 16 * 1024
BODY_LIMIT_S = 3.0
CHUNK_BYTES = 4 * 1024
AGENT = "Mainstem-Webhooks/1"


@dataclass(frozen=True)
class Http:
    """Sends requests on an event loop."""

    session: aiohttp.ClientSession
    allow_loopback: bool

    async def send(self, request: Request, *, limit_s: float) -> Answer:
        """Send a request; whatever happens is an answer."""
        began = time.perf_counter()
        try:
            checked_url(request.url, allow_loopback=self.allow_loopback)
        except ValueError as error:
            return Answer(error=str(error))
        try:
            answer = await self._sent(request, limit_s)
        except TimeoutError:
            answer = Answer(error=f"it took longer than {limit_s:g} s to answer")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            answer = Answer(error=_described(error))
        spent_ms = round(1_000 * (time.perf_counter() - began))
        return Answer(answer.status, answer.body, answer.error, answer.retry_after_s, spent_ms)

    async def _sent(self, request: Request, limit_s: float) -> Answer:
        limits = aiohttp.ClientTimeout(total=limit_s, sock_connect=CONNECT_LIMIT_S)
        async with self.session.request(
            request.method,
            URL(request.url, encoded=True),
            data=request.body or None,
            headers=request.headers,
            allow_redirects=False,
            timeout=limits,
        ) as response:
            body = await _bounded(response)
            after_s = retry_after_s(response.headers.get("Retry-After"), datetime.now(UTC))
            return Answer(response.status, body, retry_after_s=after_s)


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    """Read the beginning of a body; what streams on is cut off with its connection."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_LIMIT_S):
            while chunk := await response.content.read(CHUNK_BYTES):
                body += chunk
                if len(body) >= BODY_BYTES_MAX:
                    response.close()
                    break
    except (TimeoutError, aiohttp.ClientError):
        response.close()  # the status came, and that is the answer
    return bytes(body[:BODY_BYTES_MAX])


def _described(error: BaseException) -> str:
    """An error for the log: the guard's own words, or the kind of failure, never an address."""
    seen: BaseException | None = error
    for _ in range(5):  # errors of the connector wrap each other
        if seen is None:
            break
        if isinstance(seen, ForbiddenAddressError):
            return str(seen)
        seen = getattr(seen, "os_error", None) or seen.__cause__ or seen.__context__
    kinds = {
        aiohttp.ClientConnectorDNSError: "its name is not known",
        aiohttp.ClientConnectorCertificateError: "its certificate is not valid",
        aiohttp.ClientSSLError: "no secure connection could be made",
        aiohttp.ClientConnectorError: "it cannot be reached",
        aiohttp.ServerDisconnectedError: "it ended the connection without an answer",
        aiohttp.ClientPayloadError: "its answer broke off",
        aiohttp.InvalidURL: "the address is malformed",
    }
    for kind, words in kinds.items():
        if isinstance(error, kind):
            return words
    return f"the request failed ({type(error).__name__})"


@asynccontextmanager
async def open_http(*, allow_loopback: bool) -> AsyncIterator[Http]:
    """Open what sends, for the block."""
    connector = aiohttp.TCPConnector(
        limit=CONNECTIONS_MAX,
        resolver=GuardedResolver(allow_loopback=allow_loopback),
        socket_factory=guarded_socket(allow_loopback=allow_loopback),
    )
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,  # a small answer may unpack to a large one
        headers={"User-Agent": AGENT, "Accept-Encoding": "identity"},
        trust_env=False,
    ) as session:
        yield Http(session, allow_loopback)
