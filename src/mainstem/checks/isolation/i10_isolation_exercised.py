"""The probe filled every table and view with rows of two agencies.

Nothing is proven about a table that stayed empty: it is a failure here, never silence. An owner's
own row must be accepted where the grants allow it, or refusing a foreign one would mean nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.checks.isolation import observed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.checks.registry import Row
    from mainstem.checks.session import Session

RULE = None


def find(session: Session) -> Iterator[Row]:
    """Yield each table, with what was possible."""
    return observed(session, "exercised")
