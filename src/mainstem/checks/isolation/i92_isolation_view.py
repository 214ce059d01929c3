"""Through views nobody reads or writes more than through the tables.

A view without security_invoker reads as its owner; one over the job queue must filter by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.checks.isolation import observed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.checks.registry import Row
    from mainstem.checks.session import Session

RULE = 15


def find(session: Session) -> Iterator[Row]:
    """Yield each table, with what was possible."""
    return observed(session, "view")
