"""A campaign's states, and when its posts are published."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from mainstem.errors import RefusedError
from mainstem.revos.accounts import store as accounts_store
from mainstem.revos.campaigns import store
from mainstem.revos.campaigns.funnel import funnel
from mainstem.revos.campaigns.preflight import preflight, read
from mainstem.revos.capture.pace import STOP_AFTER

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from mainstem.revos.sending import Moment

MAY_BECOME = {
    "active": frozenset({"draft", "paused"}),
    "paused": frozenset({"active"}),
    "completed": frozenset({"active", "paused"}),
}
ENDED_MAX = 100
PUBLISHABLE = frozenset({"draft", "scheduled", "failed"})


def activate(moment: Moment, campaign_id: UUID) -> None:
    """Let a campaign run.

    Raises:
        RefusedError: there is no such campaign, it runs already, is completed, or something is
            missing.
    """
    _require(moment, campaign_id, "active")
    missing = [one.message for one in preflight(moment, campaign_id) if one.is_error]
    if missing:
        raise RefusedError(
            "preflight", "The campaign cannot run yet: " + "; ".join(missing) + ".", status=409
        )
    store.rows(moment, "set_status", campaign_id=campaign_id, status="active")
    read_posts(moment)


def pause(moment: Moment, campaign_id: UUID) -> None:
    """Send and read nothing more in a campaign for now; what waits keeps waiting.

    Raises:
        RefusedError: there is no such campaign, or it does not run.
    """
    _require(moment, campaign_id, "paused")
    store.rows(moment, "set_status", campaign_id=campaign_id, status="paused")


def complete(moment: Moment, campaign_id: UUID) -> None:
    """End a campaign for good. Whoever gave an address still gets what was promised.

    Raises:
        RefusedError: there is no such campaign, or it never ran, or is completed already.
    """
    _require(moment, campaign_id, "completed")
    numbers = {"funnel": asdict(funnel(moment, campaign_id)), "completed_at": str(moment.at)}
    store.rows(moment, "set_status", campaign_id=campaign_id, status="completed")
    store.rows(moment, "stop_reading", campaign_id=campaign_id)
    store.rows(moment, "keep_numbers", campaign_id=campaign_id, numbers=json.dumps(numbers))


def tend(moment: Moment) -> None:
    """Complete the campaigns whose end has come, and read what those that run have published."""
    for one in store.rows(moment, "ended", limit=ENDED_MAX):
        complete(moment, one["id"])
        if one["created_by"] is not None:
            accounts_store.notify(
                moment.connection,
                moment.agency_id,
                one["created_by"],
                kind="campaign_completed",
                title=f"{one['name']} has come to its end",
                body="It is completed, and its numbers are kept. Whoever gave an address still "
                "gets what was promised.",
                link=f"/revos/campaigns/{one['id']}",
            )
    read_posts(moment)


def read_posts(moment: Moment) -> None:
    """Have comments read of posts that are out, in campaigns that run, whoever let them run."""
    store.rows(moment, "read_posts", stop_at=moment.at + STOP_AFTER)


def publish(moment: Moment, post_id: UUID, *, when: datetime | None = None) -> None:
    """Publish a post, now or at a time.

    Raises:
        RefusedError: there is no such post, it is out already, or no account can publish it.
    """
    post = store.row(moment, "post", post_id=post_id)
    if post is None:
        raise RefusedError("not_found", "There is no such post.", status=404)
    if post["status"] not in PUBLISHABLE:
        raise RefusedError("post_state", f"The post is {post['status']} already.", status=409)
    if post["account_status"] != "active":
        raise RefusedError(
            "account_state",
            "The post's account cannot publish now; choose one that is connected.",
            status=409,
        )
    store.rows(moment, "plan_post", post_id=post_id, when=max(moment.at, when or moment.at))


def _require(moment: Moment, campaign_id: UUID, state: str) -> None:
    store.rows(moment, "lock", campaign_id=campaign_id)
    status = read(moment, campaign_id)["status"]
    if status not in MAY_BECOME[state]:
        raise RefusedError(
            "campaign_state",
            f"A campaign that is {status} cannot become {state}; "
            f"only one that is {' or '.join(sorted(MAY_BECOME[state]))} can.",
            status=409,
        )
