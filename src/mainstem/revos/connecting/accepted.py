"""An invitation's answer: a contact, or silence for fifteen days."""

from __future__ import annotations

from datetime import timedelta
from secrets import SystemRandom
from typing import TYPE_CHECKING

from mainstem.revos import sequence
from mainstem.revos.connecting import store

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.revos.sending import Moment

EXPIRES_AFTER = timedelta(days=15)
#: nobody writes in the second that they are accepted
WRITE_AFTER = timedelta(minutes=2)
WRITE_WITHIN = timedelta(minutes=18)
_DICE = SystemRandom()


def accepted(moment: Moment, account_id: UUID, person_id: str) -> None:
    """Let the messages go that waited for a person to become a contact."""
    store.rows(moment, "accept_invitation", account_id=account_id, person_id=person_id)
    release(moment, account_id, person_id)


def release(moment: Moment, account_id: UUID, person_id: str) -> None:
    """Plan the first messages that waited."""
    due = moment.at + WRITE_AFTER + _DICE.random() * WRITE_WITHIN
    store.rows(
        moment, "release_steps", account_id=account_id, person_id=person_id, scheduled_for=due
    )


def expire(moment: Moment) -> None:
    """Give up on invitations that nobody answered in time."""
    for one in store.rows(moment, "expire_invitations"):
        give_up(
            moment,
            one["linkedin_account_id"],
            one["provider_person_id"],
            "the invitation was not accepted in time",
        )


def give_up(moment: Moment, account_id: UUID, person_id: str, reason: str) -> None:
    """End the sequences that waited for a person."""
    for one in store.rows(moment, "waiting_leads", account_id=account_id, person_id=person_id):
        sequence.give_up(moment, one["step_id"], reason)
