"""The sender of posts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mainstem.revos.accounts import FreeAccount, Route
from mainstem.revos.capture.pace import STOP_AFTER
from mainstem.revos.posts import store
from mainstem.revos.sending import Moment, Wanted
from mainstem.revos.sequence import AGAIN_AFTER
from mainstem.revos.unipile import (
    AccountId,
    Indeterminate,
    Outcome,
    PersonId,
    Provider,
    Refused,
    Sent,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

FIRST_LOOK_AFTER = timedelta(minutes=3)
POSTS_LOOKED_AT = 20


@dataclass(frozen=True, kw_only=True)
class PostRequest:
    """A post to publish."""

    account: AccountId
    owner: PersonId | None
    text: str
    scheduled_for: datetime
    is_wanted: bool
    taken: frozenset[str]

    async def make(self, provider: Provider) -> Outcome:
        """Publish it."""
        return await provider.publish(self.account, self.text)

    async def look(self, provider: Provider) -> Sent | None:
        """Look for the same words among the account's newest posts, other rows' own left out."""
        if self.owner is None:
            return None
        page = await provider.posts(self.account, self.owner, limit=POSTS_LOOKED_AT)
        for post in page.items:
            is_new = post.published_at is None or post.published_at >= self.scheduled_for
            if is_new and post.id not in self.taken and post.text.strip() == self.text.strip():
                return Sent(post.id)
        return None


@dataclass(frozen=True)
class Publications:
    """The sender. Its subjects are rows of post."""

    name: str = "post"

    def due(self, moment: Moment) -> set[UUID]:
        """Return the accounts that have a post due."""
        return {one["linkedin_account_id"] for one in store.rows(moment, "accounts_due")}

    def take(self, moment: Moment, accounts: Mapping[UUID, FreeAccount]) -> list[Wanted]:
        """Take the post that is longest due, of each account that may publish one more."""
        able = [account.id for account in accounts.values() if account.left[Route.POST] > 0]
        if able:
            store.rows(moment, "published_before", accounts=able)
        return [
            Wanted(
                account=accounts[one["linkedin_account_id"]],
                route=Route.POST,
                subject_id=one["id"],
            )
            for one in store.rows(moment, "take_posts", accounts=able)
        ]

    def load(self, moment: Moment, subject_ids: Sequence[UUID]) -> dict[UUID, PostRequest]:
        """Return the posts to publish."""
        return {
            one["id"]: PostRequest(
                account=one["unipile_account_id"],
                owner=one["provider_person_id"],
                text=one["content"],
                scheduled_for=one["scheduled_for"] or moment.at,
                is_wanted=one["is_wanted"],
                taken=frozenset(one["taken"]),
            )
            for one in store.rows(
                moment, "requests", ids=list(subject_ids), taken_max=POSTS_LOOKED_AT
            )
        }

    def settle(
        self, moment: Moment, subject_id: UUID, account_id: UUID, outcome: Outcome | None
    ) -> None:
        """Write down what became of a post; one that may be out is not published again."""
        del account_id
        match outcome:
            case Sent(id=post_id):
                store.rows(
                    moment,
                    "published",
                    id=subject_id,
                    post_id=post_id,
                    first_look_at=moment.at + FIRST_LOOK_AFTER,
                    stop_at=moment.at + STOP_AFTER,
                )
            case Refused(fault) if fault.kind in AGAIN_AFTER:
                again_at = moment.at + AGAIN_AFTER[fault.kind]
                _set(moment, subject_id, "scheduled", str(fault), again_at=again_at)
            case Refused(fault):
                _set(moment, subject_id, "failed", str(fault))
            case Indeterminate():
                said = "LinkedIn gave no answer: see whether the post is there before trying again"
                _set(moment, subject_id, "failed", said)
            case None:
                _set(moment, subject_id, "scheduled", None)


def _set(
    moment: Moment,
    subject_id: UUID,
    status: str,
    reason: str | None,
    *,
    again_at: datetime | None = None,
) -> None:
    store.rows(moment, "set_status", id=subject_id, status=status, reason=reason, again_at=again_at)
