"""Addresses that a person confirms, corrects or rejects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.errors import RefusedError
from mainstem.revos.sequence import store

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.revos.sending import Moment
    from mainstem.revos.sequence.replies import Replies


def decide(
    replies: Replies, moment: Moment, review_id: UUID, *, email: str | None, user_id: UUID
) -> None:
    """Take the address that a person says is meant; None: the message holds none.

    Raises:
        RefusedError: the review is decided already, or the address is none.
    """
    review = store.row(moment, "review_of", review_id=review_id)
    if review is None:
        raise RefusedError(
            "not_open", "This message was decided already; load the page again.", status=409
        )
    confirmed = None if email is None else _valid(email)
    status = (
        "rejected"
        if confirmed is None
        else "approved"
        if confirmed == review["candidate_email"]
        else "corrected"
    )
    store.rows(
        moment,
        "decide_review",
        review_id=review_id,
        status=status,
        email=confirmed,
        user_id=user_id,
    )
    if confirmed is not None:
        replies.capture(moment, review, confirmed, confidence=1.0)


def _valid(email: str) -> str:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - slow to import

    try:
        return validate_email(email.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise RefusedError("not_an_address", str(error), status=422) from None
