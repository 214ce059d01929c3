"""Taking a file in: its bytes go to a temporary file first, counted, hashed and looked at.

Nothing is ever unpacked: a file that says it is compressed is kept as it came.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import msgspec
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from mainstem.storage.bodies import check_length, chunks
from mainstem.storage.model import Content
from mainstem.storage.problem import StorageError, invalid, too_large
from mainstem.storage.sniffing import HEAD_BYTES, UNKNOWN, declared_type, sniffed_type

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mainstem.storage.requests import Request

#: what stays in memory; the rest of a larger file is on disk
MEMORY_BYTES = 1024 * 1024
#: so much is written and hashed at once, in a thread
BATCH_BYTES = 256 * 1024
FORM = "multipart/form-data"
#: of a form: its fields and its file, and what stands around them
FORM_PARTS_MAX = 10
FORM_BYTES_MAX = 256 * 1024
_FIELD_BYTES_MAX = 64 * 1024
CACHE_S = 3600
_CACHE_S_MAX = 365 * 24 * 3600
_SECONDS = re.compile(r"(?:.*\bmax-age=)?(\d{1,9})\b.*")


@dataclass(frozen=True)
class Upload:
    """A file that was taken in, and what it is."""

    file: IO[bytes]
    content: Content


@asynccontextmanager
async def received(request: Request, *, limit_bytes: int) -> AsyncIterator[Upload]:
    """The file of a request, from a form or as it is, for as long as the block runs.

    Raises:
        StorageError: it is too large, too slow, or no form.
        GoneError: the sender is gone.
    """
    if request.header("content-encoding").strip().lower() not in {"", "identity"}:
        raise StorageError(
            415, "InvalidRequest", "send the file as it is, without Content-Encoding"
        )
    with tempfile.SpooledTemporaryFile(MEMORY_BYTES) as file:
        spool = _Spool(file, limit_bytes)
        mime_type, options = parse_options_header(request.header("content-type"))
        if mime_type == FORM:
            check_length(request, limit_bytes, "object", around_bytes=FORM_BYTES_MAX)
            content = await _from_form(request, spool, options.get("boundary", ""))
        else:
            check_length(request, limit_bytes, "object")
            content = await _plain(request, spool)
        file.seek(0)
        yield Upload(file, content)


class _Spool:
    """The bytes of one file."""

    def __init__(self, file: IO[bytes], limit_bytes: int) -> None:
        self._file, self._limit_bytes = file, limit_bytes
        self._head, self._held, self._size_bytes = b"", bytearray(), 0
        self._sums = hashlib.sha256()

    async def add(self, chunk: bytes) -> None:
        """Take more of it."""
        self._size_bytes += len(chunk)
        if self._size_bytes > self._limit_bytes:
            raise too_large("object", self._limit_bytes)
        if len(self._head) < HEAD_BYTES:
            self._head += chunk[: HEAD_BYTES - len(self._head)]
        self._held += chunk
        if len(self._held) >= BATCH_BYTES:
            await self._write()

    async def done(self, *, declared: str, cache: str, metadata: dict[str, object]) -> Content:
        """All of it is there."""
        await self._write()
        return Content(
            mime_type=sniffed_type(self._head, declared_type(declared)),
            size_bytes=self._size_bytes,
            sha256=self._sums.digest(),
            cache_s=cache_seconds(cache),
            metadata=metadata,
        )

    async def _write(self) -> None:
        part, self._held = bytes(self._held), bytearray()
        await asyncio.to_thread(self._write_now, part)

    def _write_now(self, part: bytes) -> None:
        self._file.write(part)
        self._sums.update(part)


async def _plain(request: Request, spool: _Spool) -> Content:
    """The body is the file; its metadata is base64 in a header."""
    async for chunk in chunks(request):
        await spool.add(chunk)
    text = request.header("x-metadata")
    try:
        metadata = base64.b64decode(text, validate=True)
    except ValueError:
        raise invalid("x-metadata is no base64") from None
    return await spool.done(
        declared=request.header("content-type") or UNKNOWN,
        cache=request.header("cache-control"),
        metadata=_metadata(metadata, request.limits.metadata_bytes_max),
    )


async def _from_form(request: Request, spool: _Spool, boundary: str) -> Content:
    """One part has a file, by any name; `cacheControl` and `metadata` are fields."""
    form = _Form(spool)
    try:
        with PushMultipartParser(
            boundary, max_segment_count=FORM_PARTS_MAX, header_charset="utf8"
        ) as parser:
            async for chunk in chunks(request):
                for event in parser.parse(chunk):
                    await form.take(event)
    except MultipartError as error:
        raise invalid(f"the form cannot be read: {error}") from None
    if not form.has_file:
        raise invalid("the form has no file")
    metadata = form.fields.get("metadata") or form.fields.get("userMetadata") or b""
    return await spool.done(
        declared=form.text("contentType") or form.declared,
        cache=form.text("cacheControl"),
        metadata=_metadata(bytes(metadata), request.limits.metadata_bytes_max),
    )


class _Form:
    """The parts of a form as they come."""

    def __init__(self, spool: _Spool) -> None:
        self._spool = spool
        self._part: MultipartSegment | None = None
        self.fields: dict[str, bytearray] = {}
        self.has_file = False
        self.declared = UNKNOWN

    def text(self, name: str) -> str:
        """A field's text."""
        return bytes(self.fields.get(name, b"")).decode("utf-8", "replace")

    async def take(self, event: object) -> None:
        """The beginning of a part, some bytes of it, or (None) its end."""
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif isinstance(event, bytes | bytearray):
            assert self._part is not None, "bytes follow the beginning of a part"
            await self._fill(self._part, bytes(event))

    def _begin(self, part: MultipartSegment) -> None:
        self._part = part
        if part.filename is None:
            self.fields[part.name or ""] = bytearray()
            return
        if self.has_file:
            raise invalid("the form has more than one file")
        self.has_file = True
        kind = part.header("Content-Type") or UNKNOWN
        self.declared = kind

    async def _fill(self, part: MultipartSegment, chunk: bytes) -> None:
        if part.filename is not None:
            await self._spool.add(chunk)
            return
        held = self.fields[part.name or ""]
        held += chunk
        if len(held) > _FIELD_BYTES_MAX:
            raise too_large("field of the form", _FIELD_BYTES_MAX)


def cache_seconds(text: str) -> int:
    """How long a file may be kept by who read it: `3600`, `max-age=3600`; an hour if nothing."""
    plain = text.strip().lower()
    if not plain:
        return CACHE_S
    found = _SECONDS.fullmatch(plain)
    return min(int(found[1]), _CACHE_S_MAX) if found is not None else 0


def _metadata(text: bytes, limit_bytes: int) -> dict[str, object]:
    if len(text) > limit_bytes:
        raise too_large("metadata", limit_bytes)
    try:
        return msgspec.json.decode(text or b"{}", type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        raise invalid("the metadata is no JSON object") from None
