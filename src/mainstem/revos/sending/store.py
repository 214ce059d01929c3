"""The only module of sending that runs SQL of its own: over all agencies, as the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.db.queries import load_queries
from mainstem.revos.accounts.model import ABANDONED_AFTER

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from mainstem.revos.sending.model import Connection

QUERIES = load_queries("mainstem.revos.sending")


def agencies_due(connection: Connection, at: datetime, *, limit: int) -> list[UUID]:
    """Return the agencies with something to write, ids only."""
    values = {"at": at, "abandoned_before": at - ABANDONED_AFTER, "limit": limit}
    return [id_ for (id_,) in connection.execute(QUERIES["agencies_due"], values).fetchall()]
