"""Lists of what RevOS works with: accounts, posts, conversations, webhook deliveries."""

from __future__ import annotations

import json
from uuid import UUID

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from mainstem.core.requests import CoreDependency
from mainstem.db.queries import load_queries
from mainstem.revos import webhooks
from mainstem.revos.pages import store
from mainstem.revos.webhooks import redacted_payload
from mainstem.web import (
    AnyVisit,
    Column,
    Filter,
    Kind,
    Listing,
    Section,
    list_page,
    row,
    rows,
    see_other,
)
from mainstem.web.wording import words

APP = "revos"
QUERIES = load_queries("mainstem.revos.pages", "work.sql")
ACCOUNT_STATES = ("active", "connecting", "paused", "expired", "restricted", "error")
POST_STATES = ("draft", "scheduled", "publishing", "published", "failed")
DELIVERY_STATES = ("pending", "success", "failed")


def _choices(states: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((state, words(state)) for state in states)


ACCOUNTS = Listing(
    page="accounts",
    path="/revos/accounts",
    title="LinkedIn accounts",
    many="accounts",
    query=QUERIES["accounts"],
    columns=(
        Column("name", "Account", link="/revos/accounts/{id}"),
        Column("client", "Client", link="/clients/{client_id}"),
        Column("status", "Status", Kind.STATE),
        Column("messages", "Messages today", Kind.NUMBER, is_sortable=False),
        Column("messages_max", "of", Kind.NUMBER, is_sortable=False),
        Column("invitations", "Invitations", Kind.NUMBER, is_sortable=False),
        Column("invitations_max", "of", Kind.NUMBER, is_sortable=False),
        Column("reads", "Reads", Kind.NUMBER, is_sortable=False),
        Column("hours", "Hours", is_sortable=False),
        Column("timezone", "Time zone", is_shown=False),
        Column("paused_until", "Rests until", Kind.MOMENT, is_shown=False),
    ),
    filters=(Filter("status", "Status", _choices(ACCOUNT_STATES)),),
    search=("name",),
    hint="An account is linked on the provider's own page; no password is ever here.",
)
POSTS = Listing(
    page="posts",
    path="/revos/posts",
    title="Posts",
    many="posts",
    query=QUERIES["posts"],
    columns=(
        Column("name", "Post"),
        Column("campaign", "Campaign", link="/revos/campaigns/{campaign_id}"),
        Column("client", "Client", link="/clients/{client_id}", is_shown=False),
        Column("status", "Status", Kind.STATE),
        Column("impressions", "Impressions", Kind.NUMBER, is_sortable=False),
        Column("reactions", "Reactions", Kind.NUMBER, is_sortable=False),
        Column("comments", "Comments", Kind.NUMBER, is_sortable=False),
        Column("scheduled_for", "Planned for", Kind.MOMENT),
        Column("published_at", "Published", Kind.MOMENT),
        Column("failure_reason", "What is wrong", is_shown=False),
    ),
    filters=(Filter("status", "Status", _choices(POST_STATES)),),
    search=("name", "campaign"),
    hint="A post asks its readers to comment a campaign's word.",
)
INBOX = Listing(
    page="inbox",
    path="/revos/inbox",
    title="Inbox",
    many="conversations",
    query=QUERIES["conversations"],
    columns=(
        Column("name", "Person", link="/revos/inbox/{id}"),
        Column("message", "Last message", is_sortable=False),
        Column("status", "Lead", Kind.STATE),
        Column("campaign", "Campaign", link="/revos/campaigns/{campaign_id}"),
        Column("client", "Client", link="/clients/{client_id}", is_shown=False),
        Column("last_inbound_at", "Received", Kind.MOMENT),
    ),
    filters=(Filter("campaign_id", "Campaign"),),
    search=("name", "message"),
    hint="Whoever answers a message is here.",
)
DELIVERIES = Listing(
    page="deliveries",
    path="/revos/webhooks",
    title="Webhook deliveries",
    many="deliveries",
    query=QUERIES["deliveries"],
    columns=(
        Column("name", "Event", link="/revos/webhooks/{id}"),
        Column("endpoint", "Endpoint", link="/revos/endpoints/{endpoint_id}"),
        Column("client", "Client", link="/clients/{client_id}"),
        Column("status", "Status", Kind.STATE),
        Column("status_code", "Answer", Kind.NUMBER),
        Column("attempt_count", "Attempts", Kind.NUMBER),
        Column("next_retry_at", "Next attempt", Kind.MOMENT),
        Column("created_at", "Since", Kind.MOMENT),
    ),
    filters=(
        Filter("status", "Status", _choices(DELIVERY_STATES)),
        Filter("endpoint_id", "Endpoint"),
    ),
    search=("name", "endpoint"),
    hint="A client's systems are told of each captured lead.",
)
LISTINGS = (ACCOUNTS, POSTS, INBOX, DELIVERIES)
SECTIONS = (
    Section("Inbox", "/revos/inbox", "message-square", "g i", needs=("lead", "read")),
    Section("To decide", "/revos/review", "circle-alert", "g d", needs=("lead", "update")),
    Section("Posts", "/revos/posts", "send", "g b", needs=("campaign", "read")),
    Section("Accounts", "/revos/accounts", "user", "g a", needs=("linkedin_account", "read")),
    Section("Pods", "/revos/pods", "users", "g u", needs=("pod", "read")),
    Section("Webhooks", "/revos/webhooks", "webhook", "g w", needs=("webhook_delivery", "read")),
    Section("Endpoints", "/revos/endpoints", "webhook", needs=("webhook_config", "update")),
)


@get("/revos/accounts", app=APP)
async def accounts(visit: AnyVisit) -> Response[bytes]:
    """The accounts, with what they wrote in the last day."""
    visit.require("linkedin_account", "read")
    return await list_page(visit, ACCOUNTS, template="accounts.html")


@get("/revos/posts", app=APP)
async def posts(visit: AnyVisit) -> Response[bytes]:
    """The posts."""
    visit.require("campaign", "read")
    return await list_page(visit, POSTS)


@get("/revos/inbox", app=APP)
async def inbox(visit: AnyVisit) -> Response[bytes]:
    """Conversations in which somebody wrote back."""
    visit.require("lead", "read")
    return await list_page(visit, INBOX, campaign_id=store.QUERIES["campaign_names"])


@get("/revos/inbox/{sequence_id:uuid}", app=APP)
async def conversation(visit: AnyVisit, sequence_id: FromPath[UUID]) -> Response[bytes]:
    """A conversation, from the first message on."""
    visit.require("lead", "read")
    bound = {"agency_id": visit.agency_id, "sequence_id": sequence_id}
    async with visit.reading() as connection:
        found = await row(connection, QUERIES["conversation"], **bound)
        messages = await rows(connection, QUERIES["messages"], **bound)
    if found is None:
        raise NotFoundException
    return visit.page("conversation.html", conversation=found, messages=messages)


@get("/revos/webhooks", app=APP)
async def deliveries(visit: AnyVisit) -> Response[bytes]:
    """What clients' systems were told."""
    visit.require("webhook_delivery", "read")
    return await list_page(visit, DELIVERIES, endpoint_id=QUERIES["endpoint_names"])


@get("/revos/webhooks/{delivery_id:uuid}", app=APP)
async def delivery(visit: AnyVisit, delivery_id: FromPath[UUID]) -> Response[bytes]:
    """One delivery with its attempts."""
    visit.require("webhook_delivery", "read")
    async with visit.reading() as connection:
        found = await row(
            connection, QUERIES["delivery"], agency_id=visit.agency_id, delivery_id=delivery_id
        )
    if found is None:
        raise NotFoundException
    payload = json.dumps(redacted_payload(found["payload"]), indent=2, ensure_ascii=False)
    return visit.page("delivery.html", delivery=found, payload=payload)


@post("/revos/webhooks/{delivery_id:uuid}/replay", app=APP)
async def replay(
    visit: AnyVisit, core: CoreDependency, delivery_id: FromPath[UUID]
) -> Response[bytes]:
    """Tell it once more."""
    visit.require("webhook_config", "update")
    await webhooks.endpoints.replay(core, visit.tenant, delivery_id)
    return see_other(f"/revos/webhooks/{delivery_id}")


HANDLERS = (accounts, posts, inbox, conversation, deliveries, delivery, replay)
