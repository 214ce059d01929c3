"""Reads `Prefer`: how to answer, how to count, what to do with conflicts (RFC 7240)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from mainstem.rest.problem import RequestError

_VALUES: Final = {
    "return": frozenset({"minimal", "headers-only", "representation"}),
    "count": frozenset({"exact", "planned", "estimated"}),
    "resolution": frozenset({"merge-duplicates", "ignore-duplicates"}),
    "missing": frozenset({"default", "null"}),
    "handling": frozenset({"strict", "lenient"}),
    "tx": frozenset({"commit", "rollback"}),
}
#: what `supabase-js` and old versions of the clients say, and what changes nothing here
_IGNORED: Final = frozenset({"params", "plurality", "timezone"})
_DIGITS_MAX = 9


@dataclass(frozen=True)
class Preferences:
    """What a request prefers. None where it says nothing."""

    returns: str = "minimal"
    count: str | None = None
    resolution: str | None = None
    is_missing_default: bool = False
    is_strict: bool = False
    affected_max: int | None = None
    rolls_back: bool = False
    #: as they stand in Preference-Applied
    applied: tuple[str, ...] = field(default=())


@lru_cache(maxsize=256)
def read_preferences(text: str) -> Preferences:
    """The preferences of a header.

    Raises:
        RequestError: strict handling was asked for, and one of them is unknown.
    """
    found: dict[str, str] = {}
    unknown: list[str] = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, value = part.partition("=")
        is_number = value.isascii() and value.isdigit() and len(value) <= _DIGITS_MAX
        if value in _VALUES.get(name, ()) or (name == "max-affected" and is_number):
            found.setdefault(name, value)
        elif name not in _IGNORED:
            unknown.append(part)
    is_strict = found.get("handling") == "strict"
    if is_strict and unknown:
        raise RequestError(
            400,
            "PGRST122",
            "Invalid preferences given with handling=strict",
            details=f"Invalid preferences: {', '.join(unknown)}",
        )
    if not is_strict:
        found.pop("max-affected", None)
    most = found.get("max-affected")
    return Preferences(
        returns=found.get("return", "minimal"),
        count=found.get("count"),
        resolution=found.get("resolution"),
        is_missing_default=found.get("missing") == "default",
        is_strict=is_strict,
        affected_max=int(most) if most is not None else None,
        rolls_back=found.get("tx") == "rollback",
        applied=tuple(f"{name}={value}" for name, value in found.items()),
    )
