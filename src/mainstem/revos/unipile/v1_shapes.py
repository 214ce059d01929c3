"""The objects of the first dialect, as our types."""

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
    Reacted,
    Relation,
    SocialId,
    Webhook,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    Given = Mapping[str, object]

_STATES = {
    "OK": AccountState.CONNECTED,
    "CONNECTING": AccountState.CONNECTING,
    "CREDENTIALS": AccountState.DISCONNECTED,
    "STOPPED": AccountState.FAILED,
    "ERROR": AccountState.FAILED,
    "PERMISSIONS": AccountState.FAILED,
}
#: of several sources the worst one decides
_WORST_FIRST = (
    AccountState.DISCONNECTED,
    AccountState.FAILED,
    AccountState.CONNECTING,
    AccountState.CONNECTED,
)


def account(given: Given) -> Account:
    """An account; its state is that of its worst source."""
    statuses = [json.text(source, "status") or "" for source in json.listed(given, "sources")]
    states = {state_of(status): status for status in statuses or ["CONNECTING"]}
    worst = next(state for state in _WORST_FIRST if state in states)
    owner = json.nested(json.nested(given, "connection_params"), "im")
    person = json.identifier(owner, "id")
    return Account(
        id=AccountId(json.needed(given, "id")),
        network=json.text(given, "type") or "",
        name=json.text(given, "name") or "",
        state=worst,
        status=states[worst],
        person_id=PersonId(person) if person else None,
        public_identifier=json.text(owner, "publicIdentifier"),
        premium_features=json.texts(owner, "premiumFeatures"),
        created_at=json.instant(given, "created_at"),
    )


def state_of(status: str) -> AccountState:
    """What a source's status means; an unknown one does not work."""
    return _STATES.get(status.upper(), AccountState.FAILED)


def profile(given: Given) -> Profile:
    """A person, or the account's own."""
    first, last = json.text(given, "first_name"), json.text(given, "last_name")
    invitation = json.nested(given, "invitation")
    jobs = json.listed(given, "work_experience")
    current = next((job for job in jobs if json.flag(job, "current")), {})
    return Profile(
        id=PersonId(json.needed(given, "provider_id")),
        public_identifier=json.text(given, "public_identifier"),
        name=" ".join(part for part in (first, last) if part),
        first_name=first,
        last_name=last,
        headline=json.text(given, "headline"),
        profile_url=json.text(given, "public_profile_url"),
        picture_url=json.text(given, "profile_picture_url"),
        distance=json.distance(given),
        company=json.text(current, "company"),
        emails=json.texts(json.nested(given, "contact_info"), "emails"),
        has_pending_invitation=json.text(invitation, "status") == "PENDING",
    )


def post(given: Given) -> Post:
    """A post."""
    return Post(
        id=json.needed(given, "id"),
        social_id=SocialId(json.needed(given, "social_id")),
        text=json.text(given, "text") or "",
        author=author(json.nested(given, "author")),
        share_url=json.text(given, "share_url"),
        published_at=json.instant(given, "parsed_datetime", "date"),
        reactions=json.count(given, "reaction_counter"),
        comments=json.count(given, "comment_counter"),
        reposts=json.count(given, "repost_counter"),
        impressions=json.optional_count(given, "impressions_counter"),
        can_comment=json.nested(given, "permissions").get("can_post_comments") is not False,
    )


def author(given: Given) -> Author:
    """Who wrote a post, or reacted to one."""
    person = json.identifier(given, "id")
    return Author(
        id=PersonId(person) if person else None,
        name=json.text(given, "name") or "",
        public_identifier=json.text(given, "public_identifier"),
        headline=json.text(given, "headline"),
        profile_url=json.text(given, "profile_url"),
        picture_url=json.text(given, "profile_picture_url"),
        distance=json.distance(given),
    )


def comment(given: Given) -> Comment:
    """A comment; this dialect gives its author in two places."""
    details = json.nested(given, "author_details")
    person = json.identifier(details, "id")
    return Comment(
        id=CommentId(json.needed(given, "id")),
        text=json.text(given, "text") or "",
        author=Author(
            id=PersonId(person) if person else None,
            name=json.text(given, "author") or "",
            headline=json.text(details, "headline"),
            profile_url=json.text(details, "profile_url"),
            picture_url=json.text(details, "profile_picture_url"),
            distance=json.distance(details),
        ),
        commented_at=json.instant(given, "date"),
        reactions=json.count(given, "reaction_counter"),
        replies=json.count(given, "reply_counter"),
    )


def reacted(given: Given) -> Reacted:
    """A reaction."""
    return Reacted(
        value=json.text(given, "value") or "", author=author(json.nested(given, "author"))
    )


def chat(given: Given) -> Chat:
    """A conversation."""
    person = json.identifier(given, "attendee_provider_id")
    return Chat(
        id=ChatId(json.needed(given, "id")),
        person_id=PersonId(person) if person else None,
        name=json.text(given, "name"),
        last_message_at=json.instant(given, "timestamp"),
        unread=json.count(given, "unread_count"),
        is_group=json.count(given, "type") > 0,
    )


def message(given: Given) -> Message:
    """A message."""
    sender = json.identifier(given, "sender_id")
    return Message(
        id=MessageId(json.needed(given, "id")),
        chat_id=ChatId(json.needed(given, "chat_id")),
        sender_id=PersonId(sender) if sender else None,
        text=json.text(given, "text") or "",
        sent_at=json.instant(given, "timestamp"),
        is_own=json.flag(given, "is_sender"),
        kind=json.text(given, "message_type") or "MESSAGE",
        is_event=json.flag(given, "is_event"),
        is_deleted=json.flag(given, "deleted"),
        is_read=json.flag(given, "seen"),
    )


def relation(given: Given) -> Relation:
    """A contact."""
    names = (json.text(given, "first_name"), json.text(given, "last_name"))
    return Relation(
        person_id=PersonId(json.needed(given, "member_id")),
        name=" ".join(part for part in names if part),
        public_identifier=json.text(given, "public_identifier"),
        headline=json.text(given, "headline"),
        connected_at=json.instant(given, "created_at"),
    )


def sent_invitation(given: Given) -> Invitation:
    """An invitation that waits for an answer."""
    person = json.identifier(given, "invited_user_id")
    return Invitation(
        id=InvitationId(json.needed(given, "id")),
        person_id=PersonId(person) if person else None,
        name=json.text(given, "invited_user") or "",
        invited_at=json.instant(given, "parsed_datetime", "date"),
        note=json.text(given, "invitation_text"),
    )


def received_invitation(given: Given) -> Invitation:
    """An invitation from another."""
    inviter = json.nested(given, "inviter")
    person = json.identifier(inviter, "inviter_id", "id")
    return Invitation(
        id=InvitationId(json.needed(given, "id")),
        person_id=PersonId(person) if person else None,
        name=json.text(inviter, "inviter_name", "name") or "",
        invited_at=json.instant(given, "parsed_datetime", "date"),
        note=json.text(given, "invitation_text"),
        shared_secret=json.text(json.nested(given, "specifics"), "shared_secret"),
    )


def webhook(given: Given) -> Webhook:
    """What is told to whom."""
    return Webhook(
        id=json.needed(given, "id"),
        url=json.text(given, "request_url") or "",
        events=json.texts(given, "events"),
        is_enabled=given.get("enabled") is not False,
    )
