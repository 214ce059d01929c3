"""Reads the body of a request: JSON or CSV, limited in size and in rows."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from mainstem.rest.problem import BODY_TOO_LARGE, RequestError, too_much

if TYPE_CHECKING:
    from mainstem.rest.model import Limits, Receive

JSON_TYPES = frozenset({"", "application/json", "application/vnd.pgrst.object+json"})
CSV_TYPE = "text/csv"


@dataclass(frozen=True)
class Payload:
    """Rows to write, as the text of a JSON array of objects, with the keys of the first."""

    text: str
    rows: int
    columns: tuple[str, ...]


async def read_body(receive: Receive, headers: dict[bytes, bytes], limits: Limits) -> bytes:
    """The whole body.

    Raises:
        RequestError: it is larger than allowed, or compressed.
    """
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise RequestError(415, "PGRST107", "a compressed body is not taken; send it as it is")
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > limits.body_bytes_max:
        raise _too_large(limits)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestError(400, "PGRST102", "the body ended before it was complete")
        part = message.get("body", b"")
        size += len(part)
        if size > limits.body_bytes_max:
            raise _too_large(limits)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _too_large(limits: Limits) -> RequestError:
    return RequestError(
        413,
        BODY_TOO_LARGE,
        f"the body is too large: the limit is {limits.body_bytes_max} bytes",
        details=f"limit body_bytes_max = {limits.body_bytes_max}",
        hint="write the rows in several requests",
    )


def rows_of(body: bytes, media_type: str, limits: Limits, *, is_checked: bool) -> Payload:
    """The rows of a body.

    Args:
        body: as it came.
        media_type: JSON or CSV.
        limits: how many rows.
        is_checked: whether all rows must have the keys of the first.
    """
    if media_type == CSV_TYPE:
        text, rows = _from_csv(body)
    elif media_type in JSON_TYPES:
        text, rows = _from_json(body)
    else:
        raise media_refused(media_type)
    if len(rows) > limits.written_rows_max:
        raise too_much(
            "the body has many rows", limit=limits.written_rows_max, setting="written_rows_max"
        )
    keys = rows[0].keys() if rows else {}.keys()
    if is_checked and any(row.keys() != keys for row in rows):
        raise RequestError(400, "PGRST102", "All object keys must match")
    return Payload(text, len(rows), tuple(keys))


def media_refused(media_type: str) -> RequestError:
    """A type of body that is not taken."""
    return RequestError(415, "PGRST107", f"Content-Type not acceptable: {media_type[:80]}")


def parse_json(body: bytes) -> object:
    """The value of a JSON text.

    Raises:
        RequestError: it is none.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RequestError(400, "PGRST102", "Empty or invalid json") from None


def _from_json(body: bytes) -> tuple[str, list[dict[str, object]]]:
    value = parse_json(body)
    every = value if isinstance(value, list) else [value]
    rows = [row for row in every if isinstance(row, dict)]
    if len(rows) != len(every):
        raise RequestError(400, "PGRST102", "the body must be an object or an array of objects")
    text = body.decode()
    return (text if isinstance(value, list) else f"[{text}]"), rows


def _from_csv(body: bytes) -> tuple[str, list[dict[str, object]]]:
    """Rows below a line of names; a bare NULL is null."""
    try:
        lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
    except (csv.Error, UnicodeDecodeError):
        raise RequestError(400, "PGRST102", "the body is no CSV in UTF-8") from None
    if not lines or len(set(lines[0])) != len(lines[0]):
        raise RequestError(400, "PGRST102", "the first line of a CSV names its columns, each once")
    names, *records = lines
    records = [record for record in records if record]
    if any(len(record) != len(names) for record in records):
        raise RequestError(400, "PGRST102", "All lines must have same number of fields")
    rows: list[dict[str, object]] = [
        {name: None if text == "NULL" else text for name, text in zip(names, record, strict=True)}
        for record in records
    ]
    return msgspec.json.encode(rows).decode(), rows
