"""Whether a due message is sent: one order of checks, the same for every message.

Suppression, already handled, relationship, content, account health; budget is asked last, where
accounts are claimed (`revos.accounts`). The order matters: who opted out is never even invited,
and a message that was sent is never judged again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.revos.sequence.model import (
    Decision,
    Distance,
    Fail,
    Hold,
    Invite,
    Purpose,
    Send,
    Skip,
    Wait,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mainstem.revos.sequence.model import Facts

#: what may still be sent once a person has answered: what was promised to them
AFTER_REPLY = frozenset({Purpose.CONFIRM, Purpose.BACKUP})
#: of an invitation that may still be answered
OPEN_INVITATIONS = frozenset({"queued", "reserved", "invitation_sent", "waiting", "unknown"})
#: of an account that can be written with again once somebody or time has mended it
RESTING_ACCOUNTS = frozenset({"connecting", "paused", "expired", "error"})


def decide(facts: Facts) -> Decision:
    """Return what becomes of a due message."""
    for check in CHECKS:
        decision = check(facts)
        if decision is not None:
            return decision
    assert facts.text is not None, "content was checked"
    return Send(facts.text)


def _suppression(facts: Facts) -> Decision | None:
    if facts.is_suppressed:
        return Skip("the person asked not to be written to")
    if not facts.person_id:
        return Fail("the comment names no person to write to")
    if facts.person_id == facts.own_person_id or facts.distance is Distance.SELF:
        return Skip("the account's own comment")
    return None


def _already_handled(facts: Facts) -> Decision | None:
    if facts.ledger_status not in {None, "failed"}:  # failed is surely not sent
        return Skip(f"the ledger holds this message already, as {facts.ledger_status}")
    if facts.sequence_status not in {"in_progress", "paused"}:
        return Skip(f"the sequence is {facts.sequence_status}")
    if facts.has_email and facts.purpose not in AFTER_REPLY:
        return Skip("the address is known already")
    if facts.has_replied and facts.purpose not in AFTER_REPLY:
        return Skip("the person has replied")
    return None


def _campaign(facts: Facts) -> Decision | None:
    match facts.campaign_status:
        case "active":
            return Wait("the sequence is paused") if facts.sequence_status == "paused" else None
        case "completed" if facts.purpose not in AFTER_REPLY:
            return Skip("the campaign is completed")
        case "completed":
            return None
        case status:
            return Wait(f"the campaign is {status}")


def _relationship(facts: Facts) -> Decision | None:
    if facts.distance is Distance.FIRST or facts.invitation_status == "accepted":
        return None
    if facts.purpose is not Purpose.ASK:
        return None  # whoever got the first message can be written to
    if facts.invitation_status in OPEN_INVITATIONS:
        return _waiting(facts)
    if facts.invitation_status is not None:
        return Skip(f"the invitation is {facts.invitation_status}")
    if facts.distance is None:
        return None  # not told (the second dialect never does): who is no contact is refused
    return Invite()


def _waiting(facts: Facts) -> Decision:
    expires_at = facts.invitation_expires_at
    if expires_at is not None and expires_at <= facts.at:
        return Skip("the invitation was not accepted in time")
    return Hold("the invitation is not accepted yet")


def _content(facts: Facts) -> Decision | None:
    """Whoever mends the words, or the lead, need not ask for the message as well."""
    return Wait(facts.problem or "the message is empty") if not facts.text else None


def _account(facts: Facts) -> Decision | None:
    if facts.account_status == "restricted":
        return Wait("the account is restricted by LinkedIn")
    if facts.account_status in RESTING_ACCOUNTS:
        return Wait(f"the account is {facts.account_status}")
    if facts.account_paused_until is not None and facts.account_paused_until > facts.at:
        return Wait("the account rests", facts.account_paused_until)
    return None


CHECKS: tuple[Callable[[Facts], Decision | None], ...] = (
    _suppression,
    _already_handled,
    _campaign,
    _relationship,
    _content,
    _account,
)
