"""The only module of the personas that runs SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.db.queries import load_queries
from mainstem.web import row, rows

if TYPE_CHECKING:
    from mainstem.web import Row, Visit
    from mainstem.web.visit import Connection

QUERIES = load_queries("mainstem.persona")


async def overview(connection: Connection, visit: Visit, *, counted_max: int) -> Row:
    """The headline numbers, and campaigns and posts by state."""
    bound = {"agency_id": visit.agency_id, "client_id": visit.client_id}
    counted = {**bound, "counted_max": counted_max + 1}
    figures = await row(connection, QUERIES["figures"], **counted)
    assert figures is not None, "an aggregate gives a row"
    return {
        **figures,
        "campaigns_by_status": await rows(connection, QUERIES["campaigns_by_status"], **bound),
        "by_status": await rows(connection, QUERIES["posts_by_status"], **counted),
    }
