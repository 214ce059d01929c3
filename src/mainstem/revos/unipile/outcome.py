"""What became of a write: it was done, it was not, or nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from mainstem.revos.unipile.faults import Fault
    from mainstem.revos.unipile.model import ChatId


@dataclass(frozen=True)
class Sent:
    """It was done.

    Attributes:
        id: of what was made: message, comment, post, invitation; None where the provider names
            none (a reaction; now and then a comment or a message).
        chat_id: of a message, its chat.
        quota_percent: of an invitation, how much of LinkedIn's quota is used, when it says so.
    """

    id: str | None
    chat_id: ChatId | None = None
    quota_percent: int | None = None


@dataclass(frozen=True)
class Refused:
    """It was not done, surely; the fault says why and whether trying again makes sense."""

    fault: Fault


@dataclass(frozen=True)
class Indeterminate:
    """It may have been done: no answer, or none that makes sense.

    Never repeat the call. Read what is there (chat, comments, invitations), and leave to a person
    what that does not settle.
    """

    reason: str


Outcome: TypeAlias = Sent | Refused | Indeterminate
