"""How messages count and list things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.naming import plural

if TYPE_CHECKING:
    from collections.abc import Iterable

_LISTED_MAX = 6


def counted(number: int, noun: str) -> str:
    """`1 place`, `3 places`, `2 foreign keys`; the noun is in the singular."""
    head, space, tail = noun.rpartition(" ")
    return f"{number:,} {noun if number == 1 else head + space + plural(tail)}"


def listed(names: Iterable[object], most: int = _LISTED_MAX) -> str:
    """`a`, `a and b`, `a, b and 3 more`, in the order given."""
    texts = [str(name) for name in names]
    shown = texts if len(texts) <= most else [*texts[: most - 1], f"{len(texts) - most + 1} more"]
    if not shown[1:]:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
