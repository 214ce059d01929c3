"""The only module of e-mails that runs SQL; as the service, for one agency unless it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.db.queries import load_queries
from mainstem.revos.sending import Queries

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from mainstem.revos.sending.model import Connection

PACKAGE = "mainstem.revos.emails"
_QUERIES = Queries(PACKAGE)
_TEXTS = load_queries(PACKAGE)
rows = _QUERIES.rows
row = _QUERIES.row


def agencies_due(connection: Connection, at: datetime) -> list[UUID]:
    """Return the agencies with e-mails to send, of all agencies; ids only."""
    return [id_ for (id_,) in connection.execute(_TEXTS["agencies_due"], {"at": at}).fetchall()]
