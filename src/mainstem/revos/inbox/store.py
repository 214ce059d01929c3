"""The only module of the inbox that runs SQL; as the service, for one agency unless it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.db.queries import load_queries
from mainstem.revos.sending import Queries

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.revos.sending.model import Connection

PACKAGE = "mainstem.revos.inbox"
_QUERIES = Queries(PACKAGE)
_TEXTS = load_queries(PACKAGE)
rows = _QUERIES.rows


def agencies_due(connection: Connection, **times: object) -> list[UUID]:
    """Return the agencies with an account to look into, of all agencies; ids only."""
    return [id_ for (id_,) in connection.execute(_TEXTS["agencies_due"], times).fetchall()]
