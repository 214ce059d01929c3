"""`/api/revos`: what is more than a row of RevOS: states of campaigns, and what people decide."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - structs are decoded by their annotations
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from mainstem.core import people
from mainstem.errors import RefusedError
from mainstem.revos.desk import Desk
from mainstem.revos.inbound import Linking
from mainstem.server.api_door import access_of, session_of
from mainstem.server.api_people import AnyRequest
from mainstem.server.problem import PROVIDER_RESPONSES, RESPONSES

if TYPE_CHECKING:
    from mainstem.db.tenant import Tenant

APP = "revos"
Decisions = NamedDependency[SkipValidation[Desk]]
Links = NamedDependency[SkipValidation[Linking]]
#: what is done, and answers nothing
deed = partial(post, status_code=HTTP_204_NO_CONTENT, responses=RESPONSES)


class Finding(msgspec.Struct, frozen=True):
    """One thing that a campaign misses, by field; with errors it cannot run."""

    field: Annotated[str, msgspec.Meta(examples=["lead_magnet_id"])]
    message: Annotated[str, msgspec.Meta(examples=["it offers nothing; choose a lead magnet"])]
    is_error: bool


class Numbers(msgspec.Struct, frozen=True):
    """How far a campaign's people got."""

    comments: int
    leads: int
    messaged: int
    replied: int
    captured: int
    delivered: int
    downloaded: int
    failed: int


class Publication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a post is published; null is now."""

    when: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class CommentDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a comment asks for the campaign's offer."""

    asks: bool


class EmailDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The address that a message means; null: it holds none."""

    email: Annotated[str, msgspec.Meta(max_length=320, examples=["kim@acme.example"])] | None = None


class SendDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the message stands in the conversation."""

    was_sent: bool


class Agreement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of a comment; none for a like."""

    text: Annotated[str, msgspec.Meta(max_length=1_250)] | None = None


class KeptRow(msgspec.Struct, frozen=True):
    """A row that is kept of a person."""

    table: Annotated[str, msgspec.Meta(examples=["dm_message"])]
    row: dict[str, Any]


class LeadExport(msgspec.Struct, frozen=True):
    """What is kept of a lead's person; `is_cut`: there is more than fits."""

    rows: list[KeptRow]
    is_cut: bool


class LinkPage(msgspec.Struct, frozen=True):
    """Where an account's owner signs in at the provider; good for one visit within an hour."""

    url: Annotated[str, msgspec.Meta(examples=["https://account.unipile.example/AbC"])]


def _who(request: AnyRequest, table: str, verb: str) -> Tenant:
    """The one who asks, in RevOS.

    Raises:
        RefusedError: their role may not do that.
    """
    if not access_of(request).rights.may(table, verb):
        raise RefusedError("not_allowed", "Your role may not do this.", status=403)
    return people.tenant_of(session_of(request).person, app=APP)


@get(
    "/campaigns/{campaign_id:uuid}/preflight", summary="What a campaign misses", responses=RESPONSES
)
async def preflight(
    request: AnyRequest, decisions: Decisions, campaign_id: FromPath[UUID]
) -> list[Finding]:
    """Errors first; without one, it can be activated."""
    tenant = _who(request, "campaign", "update")
    found = await decisions.preflight(tenant, campaign_id)
    return [Finding(each.field, each.message, each.is_error) for each in found]


@get(
    "/campaigns/{campaign_id:uuid}/funnel",
    summary="How far a campaign's people got",
    responses=RESPONSES,
)
async def funnel(request: AnyRequest, decisions: Decisions, campaign_id: FromPath[UUID]) -> Numbers:
    """From the comment to the download; of a completed campaign, what it came to."""
    tenant = _who(request, "campaign", "read")
    return msgspec.convert(
        await decisions.funnel(tenant, campaign_id), Numbers, from_attributes=True
    )


@deed("/campaigns/{campaign_id:uuid}/activate", summary="Let a campaign run")
async def activate(request: AnyRequest, decisions: Decisions, campaign_id: FromPath[UUID]) -> None:
    """409 while its preflight has errors."""
    tenant = _who(request, "campaign", "publish")
    await decisions.activate(tenant, campaign_id)


@deed("/campaigns/{campaign_id:uuid}/pause", summary="Let a campaign rest")
async def pause(request: AnyRequest, decisions: Decisions, campaign_id: FromPath[UUID]) -> None:
    """What waits keeps waiting."""
    tenant = _who(request, "campaign", "publish")
    await decisions.pause(tenant, campaign_id)


@deed("/campaigns/{campaign_id:uuid}/complete", summary="End a campaign for good")
async def complete(request: AnyRequest, decisions: Decisions, campaign_id: FromPath[UUID]) -> None:
    """Its numbers are kept; whoever gave an address still gets what was promised."""
    tenant = _who(request, "campaign", "publish")
    await decisions.complete(tenant, campaign_id)


@deed("/posts/{post_id:uuid}/publish", summary="Publish a post")
async def publish(
    request: AnyRequest,
    decisions: Decisions,
    post_id: FromPath[UUID],
    data: JSONBody[Publication],
) -> None:
    """Now, or at a time."""
    tenant = _who(request, "post", "publish")
    await decisions.publish(tenant, post_id, when=data.when)


@get("/leads/{lead_id:uuid}/export", summary="Hand out what is kept of a lead", responses=RESPONSES)
async def export_lead(
    request: AnyRequest, decisions: Decisions, lead_id: FromPath[UUID]
) -> LeadExport:
    """Everything that happened to them with this client, in its order."""
    found = await decisions.export_lead(_who(request, "lead", "update"), lead_id)
    return LeadExport([KeptRow(table, row) for table, row in found.rows], is_cut=found.is_cut)


@delete("/leads/{lead_id:uuid}", summary="Erase a lead", responses=RESPONSES)
async def erase_lead(request: AnyRequest, decisions: Decisions, lead_id: FromPath[UUID]) -> None:
    """With all their messages, in every campaign of the client; they are never written to again."""
    await decisions.erase_lead(_who(request, "lead", "update"), lead_id)


@deed("/comments/{trigger_id:uuid}/decision", summary="Say whether a comment asks")
async def decide_comment(
    request: AnyRequest,
    decisions: Decisions,
    trigger_id: FromPath[UUID],
    data: JSONBody[CommentDecision],
) -> None:
    """Of a comment that waits for a person; who asks becomes a lead."""
    tenant = _who(request, "triggered_comment", "update")
    await decisions.decide_comment(tenant, trigger_id, asks=data.asks)


@deed("/emails/{review_id:uuid}/decision", summary="Say which address is meant")
async def decide_email(
    request: AnyRequest,
    decisions: Decisions,
    review_id: FromPath[UUID],
    data: JSONBody[EmailDecision],
) -> None:
    """Of a reply that was read with too little certainty."""
    tenant = _who(request, "email_extraction_review", "update")
    await decisions.decide_email(tenant, review_id, email=data.email)


@deed("/sends/{step_id:uuid}/decision", summary="Say whether a message was sent")
async def resolve_send(
    request: AnyRequest,
    decisions: Decisions,
    step_id: FromPath[UUID],
    data: JSONBody[SendDecision],
) -> None:
    """Of a send that nobody is sure of; one that is missing is planned again."""
    tenant = _who(request, "dm_step", "update")
    await decisions.resolve_send(tenant, step_id, was_sent=data.was_sent)


@post(
    "/accounts/{account_id:uuid}/link",
    status_code=HTTP_200_OK,
    summary="Link an account",
    responses=RESPONSES | PROVIDER_RESPONSES,
)
async def link(request: AnyRequest, linking: Links, account_id: FromPath[UUID]) -> LinkPage:
    """Make the page of the provider on which an account's owner signs in."""
    return LinkPage(await linking.begin(access_of(request), account_id))


@deed("/accounts/{account_id:uuid}/resume", summary="Let an account go on")
async def resume_account(
    request: AnyRequest, decisions: Decisions, account_id: FromPath[UUID]
) -> None:
    """Of an account that was stopped, once its owner has mended it."""
    tenant = _who(request, "linkedin_account", "update")
    await decisions.resume_account(tenant, account_id)


@deed("/pod-activities/{activity_id:uuid}/agree", summary="Agree to what one's pod asks for")
async def agree(
    request: AnyRequest,
    decisions: Decisions,
    activity_id: FromPath[UUID],
    data: JSONBody[Agreement],
) -> None:
    """A comment needs words of one's own, and no two on a post are alike."""
    tenant = _who(request, "pod_activity", "update")
    await decisions.agree(tenant, activity_id, text=data.text)


@deed("/pod-activities/{activity_id:uuid}/done", summary="Say that one did it by hand")
async def did(request: AnyRequest, decisions: Decisions, activity_id: FromPath[UUID]) -> None:
    """Nothing is done by itself then."""
    tenant = _who(request, "pod_activity", "update")
    await decisions.did(tenant, activity_id)


@deed("/pod-activities/{activity_id:uuid}/decline", summary="Say no to what one's pod asks for")
async def decline(request: AnyRequest, decisions: Decisions, activity_id: FromPath[UUID]) -> None:
    """That is an answer, and counts against nobody."""
    tenant = _who(request, "pod_activity", "update")
    await decisions.decline(tenant, activity_id)


HANDLERS = (
    preflight, funnel, activate, pause, complete, publish, export_lead, erase_lead,
    decide_comment, decide_email, resolve_send, link, resume_account, agree, did, decline,
)  # fmt: skip
