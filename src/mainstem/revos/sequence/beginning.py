"""The start of a sequence: a person who asked in a comment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from secrets import SystemRandom
from typing import TYPE_CHECKING

from mainstem.revos.sequence import after, store
from mainstem.revos.sequence.model import STEP, Purpose

if TYPE_CHECKING:
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


def begin(moment: Moment, who: Commenter) -> UUID | None:
    """Make a lead and plan the first message; None when the person is in the campaign already."""
    first, _, last = who.name.strip()[:NAME_CHARACTERS_MAX].partition(" ")
    lead = store.row(
        moment,
        "begin_lead",
        step=STEP[Purpose.ASK],
        purpose=Purpose.ASK,
        scheduled_for=moment.at + ASK_AFTER + _DICE.random() * ASK_WITHIN,
        client_id=who.client_id,
        campaign_id=who.campaign_id,
        comment_id=who.comment_id,
        account_id=who.account_id,
        person_id=who.person_id,
        first_name=first or None,
        last_name=last.strip() or None,
        headline=who.headline,
        profile_url=who.profile_url,
    )
    return None if lead is None else lead["id"]


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
