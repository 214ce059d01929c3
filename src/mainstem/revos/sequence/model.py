"""What a sequence is made of, and what may be decided about one of its messages."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime


class Purpose(enum.StrEnum):
    """What a message is for, as `dm_step.purpose` has it."""

    ASK = "request_email"
    REMIND = "follow_up"
    CONFIRM = "confirm"
    BACKUP = "backup_link"


#: The number of each message, which with agency, campaign and person makes a send happen once.
#: Reminders are counted from REMIND_FIRST on.
STEP = {Purpose.ASK: 1, Purpose.CONFIRM: 2, Purpose.BACKUP: 3}
REMIND_FIRST = 4
#: clocks of ours and the provider's differ
CLOCK_SLACK = timedelta(minutes=2)


class Distance(enum.StrEnum):
    """How a person stands to an account, as the provider says it with a comment."""

    SELF = "SELF"
    FIRST = "FIRST_DEGREE"
    SECOND = "SECOND_DEGREE"
    THIRD = "THIRD_DEGREE"
    OUTSIDE = "OUT_OF_NETWORK"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that decides about one due message; read in one transaction with the ledger row.

    Attributes:
        person_id: the person's private id at the provider; empty when the comment had none.
        own_person_id: that of the account which would write.
        ledger_status: of the send of this step to this person in this campaign; None is none yet.
        distance: None when the provider did not say.
        invitation_status: of `pending_connection`; None when nobody was invited.
        has_replied: the person wrote after the first message.
        text: the message with every variable filled in; None when one could not be.
        problem: why it could not be.
    """

    at: datetime
    purpose: Purpose
    person_id: str
    own_person_id: str | None
    is_suppressed: bool
    ledger_status: str | None
    campaign_status: str
    sequence_status: str
    has_replied: bool
    has_email: bool
    distance: Distance | None
    invitation_status: str | None
    invitation_expires_at: datetime | None
    account_status: str
    account_paused_until: datetime | None
    text: str | None
    problem: str | None = None


@dataclass(frozen=True)
class Send:
    """Write it, if the account's budget allows one more."""

    text: str


@dataclass(frozen=True)
class Invite:
    """Reply in public and invite; the message waits until the invitation is accepted."""


@dataclass(frozen=True)
class Hold:
    """The person is invited already, for whichever campaign: their answer lets it go on."""

    reason: str


@dataclass(frozen=True)
class Wait:
    """Not now."""

    reason: str
    until: datetime | None = None


@dataclass(frozen=True)
class Skip:
    """This message is no longer wanted; the reason stays with it."""

    reason: str


@dataclass(frozen=True)
class Fail:
    """It cannot be sent as it is: a person has to mend something."""

    reason: str


Decision: TypeAlias = Send | Invite | Hold | Wait | Skip | Fail
