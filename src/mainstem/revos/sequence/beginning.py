"""The start of a sequence: a person who asked in a comment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from secrets import SystemRandom
from typing import TYPE_CHECKING

import msgspec

from mainstem.revos.sequence import after, store
from mainstem.revos.sequence.model import STEP, Purpose

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from mainstem.revos.sending import Moment

#: nobody answers in the second of the comment
ASK_AFTER = timedelta(minutes=1)
ASK_WITHIN = timedelta(minutes=4)
NAME_CHARACTERS_MAX = 200
_DICE = SystemRandom()


@dataclass(frozen=True, kw_only=True)
class Commenter:
    """Who commented, under which campaign's post."""

    client_id: UUID
    campaign_id: UUID
    comment_id: UUID
    account_id: UUID
    person_id: str
    name: str
    headline: str | None = None
    profile_url: str | None = None


def begin(moment: Moment, people: Sequence[Commenter]) -> dict[UUID, UUID]:
    """Make leads and plan their first messages.

    Returns:
        The leads, by their comments; of a person who is in the campaign already there is none.
    """
    if not people:
        return {}
    made = store.rows(
        moment,
        "begin_leads",
        step=STEP[Purpose.ASK],
        purpose=Purpose.ASK,
        people=msgspec.json.encode([_person(moment, who) for who in people]).decode(),
    )
    return {lead["comment_id"]: lead["id"] for lead in made}


def _person(moment: Moment, who: Commenter) -> dict[str, object]:
    first, _, last = who.name.strip()[:NAME_CHARACTERS_MAX].partition(" ")
    return {
        "client_id": who.client_id,
        "campaign_id": who.campaign_id,
        "comment_id": who.comment_id,
        "account_id": who.account_id,
        "person_id": who.person_id,
        "first_name": first or None,
        "last_name": last.strip() or None,
        "headline": who.headline,
        "profile_url": who.profile_url,
        "scheduled_for": moment.at + ASK_AFTER + _DICE.random() * ASK_WITHIN,
    }


def invited(moment: Moment, lead_id: UUID | None) -> None:
    """Note that a lead was invited first."""
    if lead_id is not None:
        store.move_lead(moment, lead_id, "invited")


def give_up(moment: Moment, step_id: UUID, reason: str) -> None:
    """End the sequence that a first message belongs to."""
    step = store.row(moment, "step_of", step_id=step_id)
    if step is not None:
        after.give_up(moment, step, reason)


def forget_chats(moment: Moment, account_id: UUID) -> None:
    """Go on without the chats of an account that the provider knows by another name from now on."""
    store.rows(moment, "forget_chats", account_id=account_id)
