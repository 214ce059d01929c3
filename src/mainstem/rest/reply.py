"""The answer to a request: status, headers, body."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from mainstem.rest.problem import RequestError

if TYPE_CHECKING:
    from mainstem.rest.model import Send

JSON = "application/json; charset=utf-8"
OBJECT = "application/vnd.pgrst.object+json"
ARRAY = "application/vnd.pgrst.array+json"
OPENAPI = "application/openapi+json"
CSV = "text/csv"

_EXPOSED = (
    b"Content-Encoding, Content-Location, Content-Profile, Content-Range, Content-Type, Date, "
    b"ETag, Location, Preference-Applied, Range-Unit, Retry-After, Server, Transfer-Encoding"
)
_ALLOWED = (
    b"Authorization, apikey, x-client-info, Accept, Accept-Profile, Content-Profile, "
    b"Content-Type, If-None-Match, Prefer, Range, Range-Unit, x-retry-count, "
    b"x-supabase-api-version"
)
#: what clients of other origins may send and read; no cookie goes with it
CORS = (
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        _EXPOSED,
    ),
)
PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
    (
        b"access-control-allow-headers",
        _ALLOWED,
    ),
    (b"access-control-max-age", b"86400"),
)


@dataclass
class Reply:
    """What goes back."""

    status: int
    body: bytes = b""
    media_type: str = JSON
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)

    def add(self, name: str, value: str) -> None:
        """Add a header; what could break the line of a header is left out of it."""
        safe = value.encode("ascii", "backslashreplace").replace(b"\r", b"").replace(b"\n", b"")
        self.headers.append((name.encode(), safe))

    async def send(self, send: Send, *, has_body: bool = True) -> None:
        """Send it."""
        headers = [*CORS, *self.headers]
        if self.status not in {204, 304}:
            headers.append((b"content-type", self.media_type.encode()))
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body if has_body else b""})


def refusal(problem: RequestError, retry_after_s: int | None = None) -> Reply:
    """A problem as an answer."""
    reply = Reply(problem.status, problem.body())
    if problem.status == 401:  # noqa: PLR2004 - unauthorized
        reply.add("www-authenticate", "Bearer")
    if problem.status == 503:  # noqa: PLR2004 - unavailable
        reply.add("retry-after", "1")
    elif retry_after_s is not None:
        reply.add("retry-after", str(retry_after_s))
    return reply


@dataclass(frozen=True)
class Shape:
    """The form that the client asked for in `Accept`."""

    media_type: str
    is_single: bool = False
    has_nulls: bool = True

    @property
    def is_csv(self) -> bool:
        """Whether rows become lines."""
        return self.media_type == CSV


def shape_of(accept: str) -> Shape:
    """The first form of an `Accept` header that can be given.

    Raises:
        RequestError: none of them can.
    """
    for part in accept.split(","):
        name, *options = (one.strip().lower() for one in part.split(";"))
        has_nulls = "nulls=stripped" not in options
        if name == OBJECT:
            return Shape(f"{OBJECT}; charset=utf-8", is_single=True, has_nulls=has_nulls)
        if name == ARRAY:
            return Shape(f"{ARRAY}; charset=utf-8", has_nulls=has_nulls)
        if name in {"", "*/*", "application/*", "application/json", OPENAPI}:
            return Shape(JSON)
        if name in {CSV, "text/*"}:
            return Shape(CSV)
    raise RequestError(406, "PGRST107", f"None of these media types are available: {accept[:200]}")


def as_csv(rows: bytes) -> bytes:
    """The rows of a JSON array as lines below a line of names; values stay as they are written."""
    objects = msgspec.json.decode(rows, type=list[dict[str, msgspec.Raw]])
    if not objects:
        return b""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(objects[0])
    writer.writerows([_cell(bytes(value)) for value in one.values()] for one in objects)
    return lines.getvalue().encode()


def _cell(value: bytes) -> str:
    if value == b"null":
        return ""
    return msgspec.json.decode(value, type=str) if value[:1] == b'"' else value.decode()


def content_range(offset: int, count: int, total: int | None) -> str:
    """Which rows of how many these are."""
    rows = f"{offset}-{offset + count - 1}" if count else "*"
    return f"{rows}/{'*' if total is None else total}"


def etag(body: bytes) -> str:
    """A name for the content: the same for the same bytes."""
    return f'W/"{blake2b(body, digest_size=12).hexdigest()}"'


def not_single(count: int) -> RequestError:
    """An object was asked for, and there is not exactly one row."""
    return RequestError(
        406,
        "PGRST116",
        "Cannot coerce the result to a single JSON object",
        details=f"The result contains {count} rows",
    )
