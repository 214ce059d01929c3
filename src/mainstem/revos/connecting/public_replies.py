"""The sender of public replies: a person who is no contact learns why they are invited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.revos.accounts import FreeAccount, Route
from mainstem.revos.connecting import store
from mainstem.revos.sending import Moment, Wanted
from mainstem.revos.sequence import AGAIN_AFTER, Wording
from mainstem.revos.templates_text import Kind
from mainstem.revos.unipile import (
    AccountId,
    CommentId,
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


@dataclass(frozen=True, kw_only=True)
class ReplyRequest:
    """A comment to answer."""

    account: AccountId
    person: PersonId | None
    post: SocialId
    comment: CommentId
    text: str
    is_wanted: bool

    async def make(self, provider: Provider) -> Outcome:
        """Answer it."""
        return await provider.reply(self.account, self.post, self.comment, self.text)

    async def look(self, provider: Provider) -> Sent | None:
        """Look for the same words of ours among the comment's replies."""
        page = await provider.replies(self.account, self.post, self.comment)
        for reply in page.items:
            is_own = reply.is_own or reply.author.id == self.person
            if is_own and reply.text.strip() == self.text.strip():
                return Sent(reply.id)
        return None


@dataclass(frozen=True)
class PublicReplies:
    """The sender. Its subjects are rows of pending_connection, whose lead has the comment."""

    wording: Wording
    name: str = "public_reply"

    def due(self, moment: Moment) -> set[UUID]:
        """Return the accounts that have a comment to answer."""
        return {one["linkedin_account_id"] for one in store.rows(moment, "accounts_replying")}

    def take(self, moment: Moment, accounts: Mapping[UUID, FreeAccount]) -> list[Wanted]:
        """Take the oldest comment of each account that may comment once more."""
        able = [account.id for account in accounts.values() if account.left[Route.COMMENT] > 0]
        found = store.rows(moment, "next_replies", accounts=able)
        store.rows(moment, "mark_replied", ids=[one["id"] for one in found])
        return [
            Wanted(
                account=accounts[one["linkedin_account_id"]],
                route=Route.COMMENT,
                subject_id=one["id"],
            )
            for one in found
        ]

    def load(self, moment: Moment, subject_ids: Sequence[UUID]) -> dict[UUID, ReplyRequest]:
        """Return the comments to answer, and in which words; without any, none is given."""
        requests = {}
        for one in store.rows(moment, "reply_requests", ids=list(subject_ids)):
            text = self.wording.fill(one["public_reply_template"], one, Kind.COMMENT).text
            requests[one["id"]] = ReplyRequest(
                account=one["unipile_account_id"],
                person=one["provider_person_id"],
                post=one["social_id"],
                comment=one["unipile_comment_id"],
                text=text or "",
                is_wanted=one["is_wanted"] and bool(text),
            )
        return requests

    def settle(
        self, moment: Moment, subject_id: UUID, account_id: UUID, outcome: Outcome | None
    ) -> None:
        """Note the answer; one that was surely not given, and may be, is tried again."""
        del account_id
        match outcome:
            case Sent():
                store.rows(moment, "comment_replied", id=subject_id)
            case Refused(fault) if fault.kind in AGAIN_AFTER:
                store.rows(moment, "reply_again", id=subject_id)
            case None if self._has_words(moment, subject_id):
                store.rows(moment, "reply_again", id=subject_id)
            case _:
                pass

    def _has_words(self, moment: Moment, subject_id: UUID) -> bool:
        """Whether there is an answer, which its campaign did not want at that moment."""
        request = self.load(moment, [subject_id]).get(subject_id)
        return request is not None and bool(request.text)
