"""How far people get in a campaign."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from mainstem.errors import RefusedError
from mainstem.revos.campaigns import store

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.revos.sending import Moment


@dataclass(frozen=True)
class Funnel:
    """People, by how far they got; each number holds those of the later ones as well.

    Attributes:
        comments: comments under the campaign's posts, the account's own left out.
        leads: people who asked.
        messaged, replied, captured: who was written to, wrote back, gave an address.
        delivered: leads that a webhook took.
        downloaded: who followed their link.
        failed: whom nothing reaches any more.
    """

    comments: int
    leads: int
    messaged: int
    replied: int
    captured: int
    delivered: int
    downloaded: int
    failed: int


def funnel(moment: Moment, campaign_id: UUID) -> Funnel:
    """Count. A completed campaign answers with the numbers that were kept when it ended.

    Raises:
        RefusedError: there is no such campaign.
    """
    campaign = store.row(moment, "campaign", campaign_id=campaign_id)
    if campaign is None:
        raise RefusedError("not_found", "There is no such campaign.", status=404)
    if campaign["status"] == "completed":
        kept = campaign["metrics"].get("funnel")
        if isinstance(kept, dict) and kept.keys() == {each.name for each in fields(Funnel)}:
            return Funnel(**kept)
    found = store.row(moment, "funnel", campaign_id=campaign_id)
    assert found is not None, "an aggregate answers one row"
    return Funnel(**found)
