"""What waits for a person, on one page; and the states of campaigns and posts."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from mainstem.db.queries import load_queries
from mainstem.errors import RefusedError
from mainstem.revos.desk import Desk
from mainstem.web import AnyVisit, Field, Form, local_path, rows, see_other

APP = "revos"
QUERIES = load_queries("mainstem.revos.pages", "work.sql")
WHEN = Form((Field("when", "When", "moment"),))
Decisions = NamedDependency[SkipValidation[Desk]]
REVIEW = "/revos/review"


@get(REVIEW, app=APP)
async def review(visit: AnyVisit) -> Response[bytes]:
    """Comments, addresses and sends that nobody but a person can decide; 50 of each."""
    visit.require("lead", "update")
    bound = {"agency_id": visit.agency_id, "client_id": visit.client_id}
    async with visit.reading() as connection:
        comments = await rows(connection, QUERIES["unclear_comments"], **bound)
        emails = await rows(connection, QUERIES["unclear_emails"], **bound)
        sends = await rows(connection, QUERIES["unclear_sends"], **bound)
    return visit.page("review.html", comments=comments, emails=emails, sends=sends)


@post("/revos/review/comments/{trigger_id:uuid}", app=APP)
async def decide_comment(
    visit: AnyVisit, decisions: Decisions, trigger_id: FromPath[UUID]
) -> Response[bytes]:
    """Make a lead of who asks, or leave it."""
    visit.require("triggered_comment", "update")
    sent = await visit.request.form()
    await decisions.decide_comment(visit.tenant, trigger_id, asks=sent.get("asks") == "yes")
    return see_other(REVIEW)


@post("/revos/review/emails/{review_id:uuid}", app=APP)
async def decide_email(
    visit: AnyVisit, decisions: Decisions, review_id: FromPath[UUID]
) -> Response[bytes]:
    """Take the address, or none."""
    visit.require("email_extraction_review", "update")
    sent = await visit.request.form()
    email = None if sent.get("none") else str(sent.get("email") or "")
    await decisions.decide_email(visit.tenant, review_id, email=email)
    return see_other(REVIEW)


@post("/revos/review/sends/{step_id:uuid}", app=APP)
async def resolve_send(
    visit: AnyVisit, decisions: Decisions, step_id: FromPath[UUID]
) -> Response[bytes]:
    """Say whether the message stands in the conversation."""
    visit.require("dm_step", "update")
    sent = await visit.request.form()
    await decisions.resolve_send(visit.tenant, step_id, was_sent=sent.get("sent") == "yes")
    return see_other(REVIEW)


@post("/revos/campaigns/{campaign_id:uuid}/state", app=APP)
async def change_campaign(
    visit: AnyVisit, decisions: Decisions, campaign_id: FromPath[UUID]
) -> Response[bytes]:
    """Let a campaign run, rest, or end."""
    visit.require("campaign", "publish")
    sent = await visit.request.form()
    match sent.get("state"):
        case "active":
            await decisions.activate(visit.tenant, campaign_id)
        case "paused":
            await decisions.pause(visit.tenant, campaign_id)
        case _:
            await decisions.complete(visit.tenant, campaign_id)
    return see_other(f"/revos/campaigns/{campaign_id}")


@post("/revos/posts/{post_id:uuid}/publish", app=APP)
async def publish(
    visit: AnyVisit, decisions: Decisions, post_id: FromPath[UUID]
) -> Response[bytes]:
    """Publish a post, now or at a time in UTC."""
    visit.require("post", "publish")
    sent = dict(await visit.request.form())
    filled = WHEN.read(sent)
    if not filled.is_good:
        raise RefusedError("validation_failed", filled.problems["when"], status=422)
    when = filled.value("when")
    at = datetime.fromisoformat(when).replace(tzinfo=UTC) if when else None
    await decisions.publish(visit.tenant, post_id, when=at)
    return see_other(local_path(str(sent.get("next", "")), "/revos/posts"))


HANDLERS = (
    review, decide_comment, decide_email, resolve_send, change_campaign, publish,
)  # fmt: skip
