"""The sender of likes and comments that members agreed to; caps are those of all their work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.revos.accounts import FreeAccount, Route
from mainstem.revos.pods import store
from mainstem.revos.sending import Moment, Wanted
from mainstem.revos.sequence import AGAIN_AFTER
from mainstem.revos.unipile import (
    AccountId,
    Indeterminate,
    Kind,
    Outcome,
    PersonId,
    Provider,
    Refused,
    Sent,
    SocialId,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

LOOKED_AT = 100


@dataclass(frozen=True, kw_only=True)
class EngagementRequest:
    """A post to like, or to comment on in the member's own words."""

    account: AccountId
    person: PersonId | None
    post: SocialId
    text: str | None
    is_wanted: bool

    async def make(self, provider: Provider) -> Outcome:
        """Do it."""
        if self.text is None:
            return await provider.react(self.account, self.post)
        return await provider.comment(self.account, self.post, self.text)

    async def look(self, provider: Provider) -> Sent | None:
        """Look for it among the post's newest reactions or comments."""
        if self.text is None:
            reacted = await provider.reactions(self.account, self.post, limit=LOOKED_AT)
            if any(one.author.id == self.person for one in reacted.items):
                return Sent(None)
            return None
        page = await provider.comments(self.account, self.post, limit=LOOKED_AT)
        for comment in page.items:
            is_own = comment.is_own or comment.author.id == self.person
            if is_own and comment.text.strip() == self.text.strip():
                return Sent(comment.id)
        return None


@dataclass(frozen=True)
class Engagements:
    """The sender. Its subjects are rows of pod_activity."""

    name: str = "engagement"

    def due(self, moment: Moment) -> set[UUID]:
        """Return the accounts whose members agreed to something that is due."""
        return {one["linkedin_account_id"] for one in store.rows(moment, "accounts_due")}

    def take(self, moment: Moment, accounts: Mapping[UUID, FreeAccount]) -> list[Wanted]:
        """Take what has waited longest, of each account that may react or comment once more."""
        found = store.rows(
            moment,
            "take_activities",
            reacting=_able(accounts, Route.REACTION),
            commenting=_able(accounts, Route.COMMENT),
        )
        return [
            Wanted(
                account=accounts[one["linkedin_account_id"]],
                route=Route.REACTION if one["engagement_type"] == "like" else Route.COMMENT,
                subject_id=one["id"],
            )
            for one in found
        ]

    def load(self, moment: Moment, subject_ids: Sequence[UUID]) -> dict[UUID, EngagementRequest]:
        """Return what to do."""
        return {
            one["id"]: EngagementRequest(
                account=one["unipile_account_id"],
                person=one["provider_person_id"],
                post=one["social_id"],
                text=one["comment_text"] if one["engagement_type"] == "comment" else None,
                is_wanted=one["is_wanted"],
            )
            for one in store.rows(moment, "requests", ids=list(subject_ids))
        }

    def settle(
        self, moment: Moment, subject_id: UUID, account_id: UUID, outcome: Outcome | None
    ) -> None:
        """Write down what became of it; within its window a passing refusal is tried again."""
        del account_id
        match outcome:
            case Sent():
                status, reason = "completed", None
            case Refused(fault) if fault.kind is Kind.ALREADY_DONE:
                status, reason = "completed", None
            case Refused(fault) if fault.kind in AGAIN_AFTER:
                status, reason = "pending", str(fault)
            case Refused(fault):
                status, reason = "failed", str(fault)
            case Indeterminate(reason=said):
                status, reason = "failed", said
            case None:
                status, reason = "skipped", "no longer wanted when its turn came"
        store.rows(moment, "settle", id=subject_id, status=status, reason=reason)


def _able(accounts: Mapping[UUID, FreeAccount], route: Route) -> list[UUID]:
    return [account.id for account in accounts.values() if account.left[route] > 0]
