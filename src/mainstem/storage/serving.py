"""Handing a file out: never as a page, in parts where that is asked, not again where it is known.

Only pictures, sound, film and plain text are shown in place. Everything else is a download, HTML
and SVG above all: whoever opens the address of one keeps a file, and runs nothing of it here. An
`img` shows an SVG all the same: it minds no disposition, and runs no script.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from mainstem.storage.problem import StorageError
from mainstem.storage.ranges import Span, UnsatisfiableError, matches, span_of
from mainstem.storage.reply import Reply, refusal
from mainstem.storage.shapes import http_date
from mainstem.storage.sniffing import essence_of

if TYPE_CHECKING:
    from mainstem.storage.model import Stored
    from mainstem.storage.requests import Request

#: what a browser may show in place
INLINE = frozenset(
    {
        "audio/flac",
        "audio/mp4",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "audio/webm",
        "image/avif",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/plain",
        "video/mp4",
        "video/ogg",
        "video/webm",
    }
)
#: what a browser would make a page of is called plain text, and is a download as well
_PAGES = re.compile(r"(text/html|application/xhtml.*|.*/xml|.*/mht.*|message/.*|multipart/.*)")
#: whatever is opened all the same runs nothing, loads nothing, and is of no origin
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
_FILE_NAME_MAX = 200


async def deliver(request: Request, stored: Stored, *, cache: str, download: str | None) -> Reply:
    """The file, or the part of it that is asked for, or that it is known already.

    Args:
        request: whose method and conditional headers count.
        stored: the file.
        cache: how long it may be kept, and by whom.
        download: what `download` said in the address; None when it is not there.

    Raises:
        StorageError: its bytes cannot be read.
    """
    known = request.header("if-none-match")
    if known and matches(known, stored.etag):
        return _with_headers(Reply(304), stored, cache)
    try:
        span = _span(request, stored)
    except UnsatisfiableError:
        reply = refusal(StorageError(416, "InvalidRange", "the range lies behind the file"))
        reply.add("content-range", f"bytes */{stored.size_bytes}")
        return reply
    reply = _with_headers(Reply(200 if span is None else 206), stored, cache)
    part = span or Span(0, stored.size_bytes)
    if span is not None:
        reply.add("content-range", span.shown(stored.size_bytes))
    reply.add("content-type", shown_type(stored.mime_type))
    reply.add("content-disposition", disposition(stored, download))
    reply.add("content-length", str(part.length))
    if request.scope["method"] != "HEAD":
        reply.blocks = await request.files.read(
            stored.agency_id, stored.version, start=part.start, length=part.length
        )
    return reply


def shown_type(mime_type: str) -> str:
    """The type that is told: none that makes a page of the file."""
    essence = essence_of(mime_type)
    if essence != "image/svg+xml" and _PAGES.fullmatch(essence) is not None:
        return "text/plain; charset=utf-8"
    return f"{mime_type}; charset=utf-8" if mime_type == "text/plain" else mime_type


def disposition(stored: Stored, download: str | None) -> str:
    """Whether the file may be shown, and what a download is called."""
    if download is None and essence_of(stored.mime_type) in INLINE:
        return "inline"
    name = _file_name(download or "") or stored.name.rpartition("/")[2]
    plain = re.sub(r"[^A-Za-z0-9_. -]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _file_name(text: str) -> str:
    """A name without what could lead out of a folder or end a line."""
    kept = "".join(one for one in text if one.isprintable() and one not in '/\\"')
    return kept.strip(". ")[:_FILE_NAME_MAX]


def _span(request: Request, stored: Stored) -> Span | None:
    """The part that is asked for; of another state of the file none is."""
    wanted, only_if = request.header("range"), request.header("if-range")
    if not wanted or (only_if and only_if.strip() != stored.etag):
        return None
    return span_of(wanted, stored.size_bytes)


def _with_headers(reply: Reply, stored: Stored, cache: str) -> Reply:
    reply.add("etag", stored.etag)
    reply.add("last-modified", http_date(stored.updated_at))
    reply.add("cache-control", cache)
    reply.add("accept-ranges", "bytes")
    reply.add("content-security-policy", FILE_POLICY)
    reply.add("x-content-type-options", "nosniff")
    reply.add("x-robots-tag", "none")
    # Pages of other origins show pictures by their address; what they may read is CORS's to say.
    reply.add("cross-origin-resource-policy", "cross-origin")
    return reply
