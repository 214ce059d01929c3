"""What the probe saw when it tried, as every kind of person, to cross every border."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.checks.registry import Row
    from mainstem.checks.session import Session

_FIX = (
    "compare its policy and grants with app.table_class; `call app.add_policy(...)` makes it again"
)


def observed(session: Session, aspect: str) -> Iterator[Row]:
    """Yield one row for each table: the first thing seen there, and how many more there were."""
    seen = [found for found in session.observations if found.aspect == aspect]
    for label, group in groupby(sorted(seen, key=lambda f: f.object), key=lambda f: f.object):
        first, *others = dict.fromkeys(found.message for found in group)
        more = f" (and {len(others)} more ways)" if others else ""
        yield label, first + more, None if aspect == "exercised" else _FIX
