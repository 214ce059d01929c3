"""Bodies of requests: JSON, or forms with and without parts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import msgspec

from mainstem.revos.sandbox.refusal import Refusal

if TYPE_CHECKING:
    from mainstem.revos.sandbox.call import Body

FIELDS_MAX = 1_000


def fields(raw: bytes, content_type: str) -> Body:
    """The fields of a body; a name that comes several times holds a list.

    Raises:
        Refusal: it cannot be read.
    """
    if not raw:
        return {}
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    if kind == "multipart/form-data":
        return _gathered(_parts(raw, parameters))
    if kind == "application/x-www-form-urlencoded":
        text = raw.decode("utf-8", "replace")
        return _gathered(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX))
    if kind not in {"application/json", ""}:
        raise Refusal("unsupported_media_type", kind[:100], status=415)
    try:
        found: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        raise Refusal("malformed_request", "the body is no JSON") from None
    if not isinstance(found, dict):
        raise Refusal("malformed_request", "the body is no object")
    return found


def _parts(raw: bytes, parameters: str) -> list[tuple[str, str]]:
    """Names and texts of a multipart form; of a file its name stands for it."""
    boundary = parameters.partition("boundary=")[2].partition(";")[0].strip().strip('"')
    if not boundary:
        raise Refusal("malformed_request", "no boundary")
    found: list[tuple[str, str]] = []
    for part in raw.split(b"--" + boundary.encode("latin-1"))[1:-1]:
        head, gap, content = part.strip(b"\r\n").partition(b"\r\n\r\n")
        if not gap:
            # an empty field: its head is all there is
            head, content = part.strip(b"\r\n"), b""
        text = head.decode("latin-1")
        name = text.partition('name="')[2].partition('"')[0]
        file = text.partition('filename="')[2].partition('"')[0]
        found.append((name, file or content.decode("utf-8", "replace")))
    return found[:FIELDS_MAX]


def _gathered(pairs: list[tuple[str, str]]) -> Body:
    made: Body = {}
    for name, text in pairs:
        if name in made:
            before = made[name]
            made[name] = [*before, text] if isinstance(before, list) else [before, text]
        else:
            made[name] = text
    return made
