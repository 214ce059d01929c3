"""What a member says to what they were asked for; nobody says it for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainstem.errors import RefusedError
from mainstem.revos.pods import store
from mainstem.revos.unipile import COMMENT_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from mainstem.revos.sending import Moment


def agree(moment: Moment, activity_id: UUID, *, user_id: UUID, text: str | None = None) -> None:
    """Agree to a like, or to a comment in these words.

    Raises:
        RefusedError: it is another member's, over, or the words are missing, too long, or the same
            as another's on that post.
    """
    activity = _own(moment, activity_id, user_id)
    if activity["engagement_type"] == "comment":
        text = _words(text)
        store.rows(moment, "lock_post", post_id=activity["post_id"])
        same = store.row(
            moment, "same_words", post_id=activity["post_id"], activity_id=activity_id, text=text
        )
        if same is not None:
            raise RefusedError(
                "same_words",
                "Another member comments on this post in the same words; write your own.",
                status=409,
            )
    else:
        text = None
    store.rows(moment, "approve", activity_id=activity_id, text=text)


def did(moment: Moment, activity_id: UUID, *, user_id: UUID) -> None:
    """Say that one did it by hand.

    Raises:
        RefusedError: it is another member's, or over.
    """
    activity = _own(moment, activity_id, user_id)
    _end(moment, activity_id, "completed", None)
    store.rows(moment, "score", members=[activity["member_id"]])


def decline(moment: Moment, activity_id: UUID, *, user_id: UUID) -> None:
    """Say no. That is an answer, and counts against nobody.

    Raises:
        RefusedError: it is another member's, or over.
    """
    _own(moment, activity_id, user_id)
    _end(moment, activity_id, "skipped", "declined")


def _own(moment: Moment, activity_id: UUID, user_id: UUID) -> Mapping[str, Any]:
    activity = store.row(moment, "activity", activity_id=activity_id)
    if activity is None or activity["user_id"] != user_id:
        raise RefusedError("not_found", "There is nothing of that id that you owe.", status=404)
    if activity["status"] != "pending" or activity["expires_at"] <= moment.at:
        raise RefusedError("over", "This is done or over; load the page again.", status=409)
    return activity


def _words(text: str | None) -> str:
    words = (text or "").strip()
    if not any(sign.isalnum() for sign in words):
        raise RefusedError("no_words", "A comment needs words of your own.", status=422)
    if len(words) > COMMENT_MAX:
        raise RefusedError(
            "too_long", f"A comment takes at most {COMMENT_MAX:,} characters.", status=422
        )
    return words


def _end(moment: Moment, activity_id: UUID, status: str, reason: str | None) -> None:
    store.rows(
        moment,
        "done_by_hand",
        activity_id=activity_id,
        status=status,
        executed_at=moment.at if status == "completed" else None,
        reason=reason,
    )
