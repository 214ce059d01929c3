"""Who is asked to engage with a post, and when: a few, the least loaded, spread over the window."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from secrets import SystemRandom
from typing import TYPE_CHECKING, Any

import msgspec

from mainstem.revos import settings
from mainstem.revos.pods import store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from mainstem.revos.sending import Moment

#: about eight, never everyone: what a pod's settings may say otherwise
LIKES, COMMENTS = 8, 3
PEOPLE_MAX = 30
POSTS_MAX = 100
#: nobody reacts in the first moment
FIRST_AFTER = timedelta(minutes=1)
#: an account may have to rest from other work first
LAST_BEFORE = timedelta(minutes=5)
_DICE = SystemRandom()


@dataclass(frozen=True, kw_only=True)
class Activity:
    """What one member is asked for."""

    member_id: UUID
    engagement_type: str
    scheduled_for: datetime
    expires_at: datetime
    approved_at: datetime | None


def share(moment: Moment) -> None:
    """Ask members to engage with posts that are new."""
    for post in store.rows(moment, "posts_to_share", limit=POSTS_MAX):
        members = store.rows(moment, "members", pod_id=post["pod_id"], author_id=post["author_id"])
        if len(members) + 1 < post["min_members"]:
            continue
        activities = planned(post, members, moment.at)
        store.rows(
            moment,
            "add_activities",
            client_id=post["client_id"],
            pod_id=post["pod_id"],
            post_id=post["post_id"],
            post_url=post["post_url"] or post["social_id"],
            author_id=post["author_id"],
            activities=msgspec.json.encode([asdict(one) for one in activities]).decode(),
        )


def planned(
    post: Mapping[str, Any], members: Sequence[Mapping[str, Any]], at: datetime
) -> list[Activity]:
    """Plan a post's engagement.

    Args:
        post: a row of `posts_to_share`.
        members: the others, the least loaded first.
        at: the time it is.
    """
    said = post["settings"]
    likes = min(int(settings.number(said, "likes", LIKES, most=PEOPLE_MAX)), len(members))
    comments = min(int(settings.number(said, "comments", COMMENTS, most=PEOPLE_MAX)), likes)
    published_at = post["published_at"]
    like_until = published_at + timedelta(minutes=post["engagement_window_minutes"])
    comment_until = published_at + timedelta(minutes=post["comment_window_minutes"])
    asked = members[:likes]
    made = [
        _activity(post, one, "like", when, like_until, at)
        for one, when in zip(asked, _spread(likes, at, like_until), strict=True)
    ]
    made += [
        _activity(post, one, "comment", when, comment_until, at)
        for one, when in zip(
            _DICE.sample(list(asked), comments), _spread(comments, at, comment_until), strict=True
        )
    ]
    return [one for one in made if one.scheduled_for < one.expires_at]


def _activity(
    post: Mapping[str, Any],
    member: Mapping[str, Any],
    kind: str,
    when: datetime,
    until: datetime,
    at: datetime,
) -> Activity:
    engages_itself = (
        kind == "like"
        and post["mode"] == "auto"
        and post["auto_engage"]
        and member["consented_at"] is not None
    )
    return Activity(
        member_id=member["id"],
        engagement_type=kind,
        scheduled_for=when,
        expires_at=until,
        approved_at=at if engages_itself else None,
    )


def _spread(count: int, start: datetime, end: datetime) -> list[datetime]:
    """So many moments between start and end, one in each equal part of it, by chance within."""
    first, last = start + FIRST_AFTER, end - LAST_BEFORE
    if count == 0 or last <= first:
        return [end] * count
    part = (last - first) / count
    return [first + part * (number + _DICE.random()) for number in range(count)]


def tidy(moment: Moment) -> None:
    """Settle windows that closed, and count who ignored what."""
    members = {one["member_id"] for one in store.rows(moment, "expire")}
    if members:
        store.rows(moment, "score", members=list(members))
