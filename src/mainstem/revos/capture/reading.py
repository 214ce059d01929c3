"""Reads a post's comments from the provider, page by page, until known ones appear."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mainstem.jobs import Done
from mainstem.jobs.registry import CALL_LIMIT_S
from mainstem.revos.capture.pace import RECONCILE_EVERY
from mainstem.revos.unipile import (
    PAGE_MAX,
    AccountId,
    Comment,
    CommentId,
    Fault,
    Kind,
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
#: of a whole look; a job may take a little longer
LOOK_LIMIT_S = CALL_LIMIT_S - 10.0
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


async def read(provider: Provider, request: Request, *, limit_s: float = LOOK_LIMIT_S) -> Found:
    """Read what is new. What was read before a fault, or before the time was over, is kept.

    Args:
        provider: LinkedIn's.
        request: what to read.
        limit_s: how long it may take: a job that takes longer loses all of it.
    """
    seen = _Seen()
    fault: Fault | None = None
    try:
        async with asyncio.timeout(limit_s):
            await _read(provider, request, seen)
    except UnipileError as error:
        fault = error.fault
    except TimeoutError:
        if not seen.pages:
            fault = Fault(Kind.TIMEOUT, "no_answer", message=f"nothing came within {limit_s:g} s")
        seen.pages = min(seen.pages + 1, request.pages_max)  # the one that was asked for as well
    return Found(
        None, tuple(seen.comments.values()), seen.post, seen.pages, seen.reached_end, fault
    )


@dataclass
class _Seen:
    """What was read so far."""

    comments: dict[CommentId, Comment] = field(default_factory=dict)
    post: Post | None = None
    pages: int = 0
    reached_end: bool = False


async def _read(provider: Provider, request: Request, seen: _Seen) -> None:
    social_id = request.social_id
    if social_id is None or request.measures:
        seen.post = await provider.post(request.account, request.post_id)
        social_id = social_id or seen.post.social_id
    cursor: str | None = None
    while seen.pages < request.pages_max:
        page = await provider.comments(
            request.account,
            social_id,
            cursor=cursor,
            limit=PAGE_MAX if request.reads_to_end else NEW_MAX,
        )
        seen.pages += 1
        fresh = {one.id: one for one in page.items if one.id not in request.known}
        met = len(fresh) < len(page.items)
        seen.comments |= fresh
        cursor = page.cursor
        seen.reached_end = cursor is None
        if seen.reached_end or (met and not request.reads_to_end):
            return
