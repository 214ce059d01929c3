"""The objects of the second dialect, as our types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.revos.unipile import reading as json
from mainstem.revos.unipile.model import (
    Account,
    AccountId,
    AccountState,
    Author,
    Chat,
    ChatId,
    Comment,
    CommentId,
    Invitation,
    InvitationId,
    Message,
    MessageId,
    PersonId,
    Post,
    Profile,
    SocialId,
    Webhook,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    Given = Mapping[str, object]

_STATES = {
    "running": AccountState.CONNECTED,
    "connecting": AccountState.CONNECTING,
    "disconnected": AccountState.DISCONNECTED,
    "error": AccountState.FAILED,
    "paused": AccountState.FAILED,
}


def account(given: Given) -> Account:
    """An account."""
    status = json.text(given, "status") or ""
    person = json.identifier(given, "user_id")
    return Account(
        id=AccountId(json.needed(given, "id")),
        network=(json.text(given, "provider") or "").upper(),
        name=json.text(given, "name") or "",
        state=_STATES.get(status.lower(), AccountState.FAILED),
        status=status,
        person_id=PersonId(person) if person else None,
        created_at=json.instant(given, "created_at"),
    )


def profile(given: Given) -> Profile:
    """A person, or the account's own."""
    specifics = json.nested(given, "specifics")
    return Profile(
        id=PersonId(json.needed(given, "id")),
        public_identifier=json.text(given, "public_identifier"),
        name=json.text(given, "display_name", "name") or "",
        first_name=json.text(given, "first_name"),
        last_name=json.text(given, "last_name"),
        headline=json.text(given, "headline", "description"),
        profile_url=json.text(given, "profile_url"),
        picture_url=json.text(given, "picture_url", "profile_picture_url"),
        distance=json.distance(specifics) or json.distance(given),
        has_pending_invitation=json.text(specifics, "relation_request_status") == "PENDING",
    )


def post(given: Given) -> Post:
    """A post; its id is what every call wants."""
    id_ = json.needed(given, "id")
    counters = json.listed(given, "reactions_counter")
    analytics = json.nested(given, "analytics")
    return Post(
        id=id_,
        social_id=SocialId(id_),
        text=json.text(given, "text") or "",
        author=author(json.nested(given, "author")),
        share_url=json.text(given, "share_url"),
        published_at=json.instant(given, "created_at"),
        reactions=sum(json.count(each, "count") for each in counters),
        comments=json.count(given, "comments_counter"),
        reposts=json.count(given, "reposts_counter"),
        impressions=json.optional_count(analytics, "impressions"),
        can_comment=json.nested(given, "permissions").get("can_post_comments") is not False,
    )


def author(given: Given) -> Author:
    """Who wrote. How far they are is not told here."""
    person = json.identifier(given, "id")
    return Author(
        id=PersonId(person) if person else None,
        name=json.text(given, "display_name", "name") or "",
        public_identifier=json.text(given, "public_identifier"),
        headline=json.text(given, "description", "headline"),
        profile_url=json.text(given, "profile_url"),
        picture_url=json.text(given, "picture_url"),
        distance=json.distance(given),
    )


def comment(given: Given) -> Comment:
    """A comment or a reply."""
    counters = json.listed(given, "reactions_counter")
    is_own = given.get("is_sender")
    return Comment(
        id=CommentId(json.needed(given, "id")),
        text=json.text(given, "text") or "",
        author=author(json.nested(given, "author")),
        commented_at=json.instant(given, "created_at"),
        reactions=sum(json.count(each, "count") for each in counters),
        replies=json.count(given, "reply_counter"),
        is_own=is_own if isinstance(is_own, bool) else None,
    )


def chat(given: Given) -> Chat:
    """A conversation; the other person is told in one of several places, or not at all."""
    person = json.identifier(given, "user_id", "attendee_id", "attendee_provider_id")
    people = json.texts(given, "users_ids")
    if person is None and len(people) == 1:
        person = people[0]
    return Chat(
        id=ChatId(json.needed(given, "id")),
        person_id=PersonId(person) if person else None,
        name=json.text(given, "name"),
        last_message_at=json.instant(given, "last_message_at", "timestamp", "updated_at"),
        unread=json.count(given, "unread_count"),
        is_group=json.text(given, "type") in {"group", "channel"},
    )


def message(given: Given) -> Message:
    """A message."""
    sender = json.identifier(given, "sender_id")
    return Message(
        id=MessageId(json.needed(given, "id")),
        chat_id=ChatId(json.needed(given, "chat_id")),
        sender_id=PersonId(sender) if sender else None,
        text=json.text(given, "text") or "",
        sent_at=json.instant(given, "timestamp", "created_at"),
        is_own=json.flag(given, "is_sender"),
        kind=json.text(given, "message_type") or "MESSAGE",
        is_event=json.flag(given, "is_event"),
        is_deleted=json.flag(given, "is_deleted"),
        is_read=json.flag(given, "is_seen"),
    )


def invitation(given: Given) -> Invitation:
    """An invitation in either direction."""
    user = json.nested(given, "user")
    person = json.identifier(user, "id")
    return Invitation(
        id=InvitationId(json.needed(given, "id")),
        person_id=PersonId(person) if person else None,
        name=json.text(user, "display_name", "name") or "",
        invited_at=json.instant(given, "created_at"),
        note=json.text(given, "message"),
    )


def webhook(given: Given) -> Webhook:
    """What is told to whom."""
    return Webhook(
        id=json.needed(given, "id"),
        url=json.text(given, "url") or "",
        events=json.texts(given, "trigger_events"),
        is_enabled=given.get("enabled") is not False,
        secret=json.text(given, "secret"),
    )
