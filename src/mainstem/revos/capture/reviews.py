"""Comments that a person decides about: do they ask for the offer, or not?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.errors import RefusedError
from mainstem.revos import sequence
from mainstem.revos.capture import store
from mainstem.revos.sequence.beginning import Commenter

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.revos.sending import Moment


def decide(moment: Moment, trigger_id: UUID, *, asks: bool) -> None:
    """Make a lead of whoever asks, or leave it.

    Raises:
        RefusedError: it was decided already.
    """
    found = store.row(moment, "trigger_of", trigger_id=trigger_id)
    if found is None:
        raise RefusedError(
            "not_open", "This comment was decided already; load the page again.", status=409
        )
    status, reason = "declined", "a person read it: no request"
    if asks:
        who = Commenter(
            client_id=found["client_id"],
            campaign_id=found["campaign_id"],
            comment_id=found["comment_id"],
            account_id=found["linkedin_account_id"],
            person_id=found["author_linkedin_id"],
            name=found["author_name"],
            headline=found["author_headline"],
            profile_url=found["author_profile_url"],
        )
        begun = sequence.begin(moment, [who])
        status = "queued" if begun else "skipped"
        reason = "a person read it: a request"
    store.rows(moment, "decide_trigger", trigger_id=trigger_id, status=status, reason=reason)
