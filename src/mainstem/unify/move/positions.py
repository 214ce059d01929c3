"""Where a reader stopped, as JSON for `unify.step.last_key`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from mainstem.unify.codec import BadText

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.unify.codec import SqliteValue


def encode_position(key: Sequence[SqliteValue]) -> list[object]:
    """A key as JSON that gives back exactly the same values."""
    return [_encode(value) for value in key]


def decode_position(stored: object) -> tuple[SqliteValue, ...]:
    """The key behind what `encode_position` gave."""
    return tuple(_decode(value) for value in cast("list[object]", stored))


def _encode(value: SqliteValue) -> object:
    if isinstance(value, float):
        return {"real": value.hex()}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, BadText):
        return {"bad_text": value.raw.hex()}
    if isinstance(value, str):
        # jsonb holds neither NUL nor lone surrogates; hex holds everything
        return {"text": value.encode("utf-8", "surrogatepass").hex()}
    return value


def _decode(stored: object) -> SqliteValue:
    if not isinstance(stored, dict):
        return cast("SqliteValue", stored)
    ((kind, text),) = cast("dict[str, str]", stored).items()
    if kind == "real":
        return float.fromhex(text)
    raw = bytes.fromhex(text)
    if kind == "text":
        return raw.decode("utf-8", "surrogatepass")
    return BadText(raw) if kind == "bad_text" else raw
