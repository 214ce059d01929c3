"""Bodies of webhooks as objects that a jsonb column can hold, whatever is in them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mainstem.revos.unipile import reading
from mainstem.revos.unipile.reading import MalformedError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEPTH_MAX = 50


def decoded(body: bytes) -> dict[str, object]:
    """The object that a body holds, whatever content type it came under.

    Raises:
        MalformedError: it is no JSON object, or nests too deep to be one that anybody meant.
    """
    return _object(reading.decoded(body), DEPTH_MAX)


def _object(given: Mapping[str, object], depth: int) -> dict[str, object]:
    return {reading.clean(name): _value(value, depth) for name, value in given.items()}


def _value(value: object, depth: int) -> object:
    if depth == 0:
        raise MalformedError(f"it nests deeper than {DEPTH_MAX}")
    if isinstance(value, str):
        return reading.clean(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return _object(value, depth - 1)
    if isinstance(value, list):
        return [_value(each, depth - 1) for each in value]
    return value
