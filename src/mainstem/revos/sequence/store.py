"""The only module of sequences that runs SQL; in transactions of service_role, for one agency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.revos.sending import Queries

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from mainstem.revos.sending import Moment

#: the order in which a lead goes forward
LEAD_STATUSES = [
    "comment_detected", "invited", "dm_sent", "dm_replied", "email_captured", "webhook_sent",
    "backup_sent", "completed",
]  # fmt: skip


_QUERIES = Queries("mainstem.revos.sequence")
rows = _QUERIES.rows
row = _QUERIES.row


def suppressed(
    moment: Moment, clients: Iterable[UUID], hashes: Iterable[bytes]
) -> set[tuple[UUID, bytes]]:
    """Return which of the hashes stand on which client's list."""
    found = rows(moment, "suppressed", clients=list(set(clients)), hashes=list(set(hashes)))
    return {(one["client_id"], bytes(one["value_hash"])) for one in found}


def move_lead(moment: Moment, lead_id: UUID, status: str) -> None:
    """Let a lead go forward."""
    rows(moment, "move_lead", lead_id=lead_id, status=status, order=LEAD_STATUSES)


def end_sequence(
    moment: Moment, sequence_id: UUID, *, status: str, reason: str | None = None
) -> None:
    """Send nothing more in a sequence."""
    rows(moment, "end_sequence", sequence_id=sequence_id, status=status, reason=reason)
