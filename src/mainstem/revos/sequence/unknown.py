"""Sends of which nobody knows whether they happened: a person says which it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.errors import RefusedError
from mainstem.revos.sequence import after, store
from mainstem.revos.unipile import Fault, Kind, Refused, Sent

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.revos.sending import Moment


def resolve(moment: Moment, step_id: UUID, *, was_sent: bool) -> None:
    """Settle a send as a person saw it in the conversation.

    One that was not sent is planned again: the person who says so answers for it.

    Raises:
        RefusedError: there is no such send, or it is settled already.
    """
    step = store.row(moment, "step_of", step_id=step_id)
    if step is None or step["status"] != "unknown":
        raise RefusedError(
            "not_unknown",
            "It is known what became of this message; load the page again.",
            status=409,
        )
    outcome = (
        Sent(None)
        if was_sent
        else Refused(Fault(Kind.UNAVAILABLE, "not_sent", message="a person saw that it is missing"))
    )
    after.settled(moment, step, step["linkedin_account_id"], outcome)
