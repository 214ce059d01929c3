"""What may be asked of the provider in an account's name, and how often."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from mainstem.revos.unipile import AccountId, PersonId


class Route(enum.StrEnum):
    """What counts together against a limit, as `provider_call.route` has it."""

    DM = "dm"
    INVITATION = "invitation"
    COMMENT = "comment"
    REACTION = "reaction"
    POST = "post"
    PROFILE = "profile"
    READ_COMMENTS = "read_comments"
    READ_POST = "read_post"
    READ_RELATIONS = "read_relations"


#: others see these; an account makes one at a time, and rests after each
WRITES = frozenset({Route.DM, Route.INVITATION, Route.COMMENT, Route.REACTION, Route.POST})
READS = frozenset(Route) - WRITES
#: the provider's guide: about 100 calls a day and route; the rest is left to the owner's own use
READS_PER_DAY = 90
#: relations are looked at a few times a day only
RELATIONS_PER_DAY = 6
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
WARMTH_AT_FIRST = 0.2
#: between two writes: at least this, and up to SPACING_JITTER more
SPACING = timedelta(seconds=90)
SPACING_JITTER = timedelta(seconds=60)
#: a call that nobody finished in so long is nobody's any more
ABANDONED_AFTER = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class FreeAccount:
    """An account that may be written with right now.

    Attributes:
        id, client_id: ours.
        provider_id, dialect: the provider's name for it, and the API that knows it.
        person_id: its own person.
        left: how many more calls each route allows, by every window; the caps are those of its
            warm-up.
    """

    id: UUID
    client_id: UUID
    provider_id: AccountId
    dialect: str
    person_id: PersonId | None
    left: Mapping[Route, int] = field(default_factory=dict)


@dataclass(frozen=True)
class BegunCall:
    """A call of the ledger whose job goes on.

    Attributes:
        called_at: when it was, or is, made.
        is_fresh: it is made now, and was not before.
        has_to_wait: it was not made, and cannot be now: the account is stopped, or its day over.
    """

    called_at: datetime
    is_fresh: bool
    has_to_wait: bool


@dataclass(frozen=True, kw_only=True)
class NewCall:
    """A call about to be made: a row of the ledger. Of a write the account's rest is added."""

    account_id: UUID
    client_id: UUID
    route: Route
    sender: str | None
    subject_id: UUID | None
    called_at: datetime
