"""Reads what people wrote into the `settings` of a campaign or a pod, which is any JSON at all.

What is not of the kind that is meant counts as not said: one client's slip stops nobody's work.
`complaints` tells it to whoever can mend it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TypeGuard


def text(settings: object, key: str) -> str | None:
    """A text that says something; None when there is none."""
    value = _value(settings, key)
    return value if isinstance(value, str) and value.strip() else None


def number(settings: object, key: str, default: float, *, most: float) -> float:
    """A number from 0 to the most; else the default."""
    value = _value(settings, key)
    return float(value) if _is_number(value, most) else default


def numbers(
    settings: object, key: str, default: list[float], *, most: float, count_max: int
) -> list[float]:
    """A list of numbers from 0 to the most, of which the first few are taken; else the default."""
    value = _value(settings, key)
    if not isinstance(value, list) or not all(_is_number(each, most) for each in value):
        return default[:count_max]
    return [float(each) for each in value[:count_max]]


def complaints(
    settings: object, *, texts: tuple[str, ...], limits: Mapping[str, float], lists: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """What counts as not said, by key, in a sentence.

    Args:
        settings: the JSON.
        texts: keys of texts.
        limits: keys of numbers, and the most that each may be.
        lists: those of them that are lists of such numbers.
    """
    if not isinstance(settings, Mapping):
        yield "", "the settings are no object, and nothing of them counts"
        return
    for key in texts:
        if settings.get(key) is not None and not isinstance(settings[key], str):
            yield key, f"{key} is no text, and does not count"
    for key, most in limits.items():
        value = settings.get(key)
        given = value if key in lists and isinstance(value, list) else [value]
        if value is not None and not all(_is_number(each, most) for each in given):
            yield key, f"{key} is no number from 0 to {most:g}, and does not count"


def _value(settings: object, key: str) -> object:
    return settings.get(key) if isinstance(settings, Mapping) else None


def _is_number(value: object, most: float) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and 0 <= value <= most
