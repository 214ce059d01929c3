"""Reads a post's comments from the provider, page by page, until known ones appear."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mainstem.jobs import Done
from mainstem.revos.capture.pace import RECONCILE_EVERY
from mainstem.revos.unipile import (
    PAGE_MAX,
    AccountId,
    Comment,
    CommentId,
    Fault,
    Post,
    SocialId,
    UnipileError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.revos.unipile import Provider

#: pages of one look, and of the daily one that reads to the end
PAGES_MAX = 5
RECONCILE_PAGES_MAX = 30
MEASURE_EVERY = timedelta(hours=1)
#: comments of a page: of a look at what is new, few are
NEW_MAX = 25


@dataclass(frozen=True, kw_only=True)
class Request:
    """A post to read.

    Attributes:
        post_id, social_id: the provider's names; the second is found out once.
        known: the newest comments that were looked at before.
        pages_max: how many pages the account's budget allows.
        reads_to_end: the daily look, which finds what shifting pages hid.
        measures: whether the post's numbers are read as well.
    """

    account: AccountId
    post_id: str
    social_id: SocialId | None
    known: frozenset[str]
    pages_max: int
    reads_to_end: bool
    measures: bool


@dataclass(frozen=True)
class Found(Done):
    """What was read, of the comments the new ones; in memory until it is settled, never queued."""

    comments: tuple[Comment, ...] = ()
    post: Post | None = None
    pages: int = 0
    reached_end: bool = False
    fault: Fault | None = field(default=None)


def request_of(row: Mapping[str, Any], at: datetime, *, reads_left: int) -> Request:
    """The request of a row of `poll_requests`."""
    last_end, last_measure = row["last_reconciled_at"], row["measured_at"]
    to_end = last_end is None or at - last_end >= RECONCILE_EVERY
    return Request(
        account=row["unipile_account_id"],
        post_id=row["unipile_post_id"],
        social_id=row["social_id"],
        known=frozenset(row["known"]),
        pages_max=max(1, min(reads_left, RECONCILE_PAGES_MAX if to_end else PAGES_MAX)),
        reads_to_end=to_end,
        measures=last_measure is None or at - last_measure >= MEASURE_EVERY,
    )


async def read(provider: Provider, request: Request) -> Found:
    """Read what is new. A fault keeps what was read before it."""
    comments: dict[CommentId, Comment] = {}
    post, pages, reached_end = None, 0, False
    try:
        social_id = request.social_id
        if social_id is None or request.measures:
            post = await provider.post(request.account, request.post_id)
            social_id = social_id or post.social_id
        cursor: str | None = None
        while pages < request.pages_max:
            page = await provider.comments(
                request.account,
                social_id,
                cursor=cursor,
                limit=PAGE_MAX if request.reads_to_end else NEW_MAX,
            )
            pages += 1
            fresh = {one.id: one for one in page.items if one.id not in request.known}
            met = len(fresh) < len(page.items)
            comments |= fresh
            cursor = page.cursor
            reached_end = cursor is None
            if reached_end or (met and not request.reads_to_end):
                break
    except UnipileError as error:
        return Found(None, tuple(comments.values()), post, pages, fault=error.fault)
    return Found(None, tuple(comments.values()), post, pages, reached_end)
