"""Nobody gives a row of their own to another agency, app, client or person.

The key is guarded by grants and a trigger; the rest by the policy's check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.checks.isolation import observed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.checks.registry import Row
    from mainstem.checks.session import Session

RULE = 6


def find(session: Session) -> Iterator[Row]:
    """Yield each table, with what was possible."""
    return observed(session, "move")
