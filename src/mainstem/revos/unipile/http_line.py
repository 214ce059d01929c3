"""Requests to the provider over HTTP: bounded in time and size, not redirected, not repeated."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

import aiohttp
from yarl import URL

from mainstem.revos.unipile.wire import Answer, Silence

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mainstem.revos.unipile.wire import Endpoint, Line, Reply, Request

CONNECT_TIMEOUT_S = 10.0
CONNECTIONS_MAX = 200
KEPT_S = 15.0


class HttpLine:
    """Connections to one endpoint, within one event loop.

    Reads share kept connections. Each write has a connection of its own: one that the server had
    closed meanwhile would leave it unclear whether the write arrived.
    """

    def __init__(
        self, endpoint: Endpoint, reads: aiohttp.ClientSession, writes: aiohttp.ClientSession
    ) -> None:
        self._endpoint = endpoint
        self._reads = reads
        self._writes = writes
        self.retry_s = endpoint.retry_s

    async def ask(self, request: Request) -> Reply:
        """Make one request; what came of it."""
        session = self._reads if request.method == "GET" else self._writes
        try:
            async with session.request(
                request.method,
                address(self._endpoint.url, request),
                data=_form(request),
                json=request.json,
                allow_redirects=False,
            ) as response:
                return await self._answer(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Silence(f"no connection: {type(error).__name__}", may_have_landed=False)
        except TimeoutError:
            limit = f"{self._endpoint.timeout_s:g} s"
            return Silence(f"no whole answer within {limit}", may_have_landed=True)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # A ValueError is the HTTP parser's, about headers that are none.
            return Silence(f"no whole answer: {type(error).__name__}", may_have_landed=True)

    async def _answer(self, response: aiohttp.ClientResponse) -> Reply:
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > self._endpoint.answer_bytes_max:
                response.close()
                limit = self._endpoint.answer_bytes_max
                return Silence(f"an answer of over {limit:,} bytes", may_have_landed=True)
            chunks.append(chunk)
        return Answer(response.status, b"".join(chunks), _seconds(response))


@asynccontextmanager
async def opened_line(endpoint: Endpoint) -> AsyncIterator[Line]:
    """Connections for as long as the block runs, in its event loop."""
    reads, writes = _sessions(endpoint)
    async with reads, writes:
        yield HttpLine(endpoint, reads, writes)


class SharedLine:
    """Connections that outlive event loops: a thread of its own carries the requests.

    A worker runs a new event loop for each batch of jobs; connections belong to one loop.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.retry_s = endpoint.retry_s
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="unipile", daemon=True)
        self._thread.start()
        self._line, self._sessions = asyncio.run_coroutine_threadsafe(
            self._open(), self._loop
        ).result()

    async def ask(self, request: Request) -> Reply:
        """Make one request; what came of it."""
        asked = asyncio.run_coroutine_threadsafe(self._line.ask(request), self._loop)
        return await asyncio.wrap_future(asked)

    def close(self) -> None:
        """Close the connections and end the thread."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        self._loop.run_forever()

    async def _open(self) -> tuple[HttpLine, tuple[aiohttp.ClientSession, aiohttp.ClientSession]]:
        sessions = _sessions(self._endpoint)
        return HttpLine(self._endpoint, *sessions), sessions

    async def _close(self) -> None:
        for session in self._sessions:
            await session.close()
        await asyncio.sleep(0)


def _sessions(endpoint: Endpoint) -> tuple[aiohttp.ClientSession, aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(total=endpoint.timeout_s, sock_connect=CONNECT_TIMEOUT_S)
    headers = {"X-API-KEY": endpoint.key, "accept": "application/json"}
    reads = aiohttp.TCPConnector(limit=CONNECTIONS_MAX, keepalive_timeout=KEPT_S)
    writes = aiohttp.TCPConnector(limit=CONNECTIONS_MAX, force_close=True)
    return (
        aiohttp.ClientSession(
            connector=reads, timeout=timeout, headers=headers, cookie_jar=aiohttp.DummyCookieJar()
        ),
        aiohttp.ClientSession(
            connector=writes, timeout=timeout, headers=headers, cookie_jar=aiohttp.DummyCookieJar()
        ),
    )


def address(base: str, request: Request) -> URL:
    """The address; parts are quoted, so that none can lead to another route."""
    scheme, host, folder, fixed, _ = urlsplit(base)
    path = request.path.format(*(_quoted(part) for part in request.parts))
    asked = [f"{quote(name)}={quote(str(text), safe='')}" for name, text in request.query.items()]
    query = "&".join([*([fixed] if fixed else []), *asked])
    return URL(urlunsplit((scheme, host, folder.rstrip("/") + path, query, "")), encoded=True)


def _quoted(part: str) -> str:
    """A part of a path; one of dots only would be taken for a folder."""
    quoted = quote(part, safe="")
    return quoted if quoted.strip(".") else quoted.replace(".", "%2E")


def _form(request: Request) -> aiohttp.FormData | None:
    if request.form is None:
        return None
    form = aiohttp.FormData(default_to_multipart=True)
    for name, text in request.form:
        form.add_field(name, text)
    for file in request.files:
        form.add_field(
            "attachments", file.content, filename=file.name, content_type=file.content_type
        )
    return form


def _seconds(response: aiohttp.ClientResponse) -> float | None:
    """What Retry-After says, in seconds; its other form, a date, is not used by this provider."""
    said = response.headers.get("retry-after", "")
    return float(said) if said.isascii() and said.isdigit() and len(said) <= 6 else None  # noqa: PLR2004
