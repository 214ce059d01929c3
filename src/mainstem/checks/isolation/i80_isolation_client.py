"""A client's people read that client only, members only the clients granted to them.

The agency's own rows, without a client, are for its staff; with the claims alone and with the
plain setting beside them alike.
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
    return observed(session, "client")
