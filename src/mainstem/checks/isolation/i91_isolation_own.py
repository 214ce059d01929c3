"""Everybody reads all the rows that they should.

Isolation that hides a tenant's own rows loses data as surely as a leak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.checks.isolation import observed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.checks.registry import Row
    from mainstem.checks.session import Session

RULE = 9


def find(session: Session) -> Iterator[Row]:
    """Yield each table, with what was possible."""
    return observed(session, "own")
