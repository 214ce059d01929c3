"""What the provider tells, in one shape for both of its dialects.

Texts are as the provider gave them, at whatever length it allows: markup in a name is a name.
What a dialect does not tell is None, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, NewType, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

#: an account as the provider calls it; `linkedin_account.unipile_account_id`
AccountId = NewType("AccountId", str)
#: a person's private id at LinkedIn (`ACo...`)
PersonId = NewType("PersonId", str)
#: of a post: the urn that calls about comments and reactions want
SocialId = NewType("SocialId", str)
CommentId = NewType("CommentId", str)
ChatId = NewType("ChatId", str)
MessageId = NewType("MessageId", str)
InvitationId = NewType("InvitationId", str)

Item = TypeVar("Item")


class Distance(StrEnum):
    """How far a person is from the account."""

    SELF = "SELF"
    FIRST = "FIRST_DEGREE"
    SECOND = "SECOND_DEGREE"
    THIRD = "THIRD_DEGREE"
    OUT = "OUT_OF_NETWORK"


class Reaction(StrEnum):
    """How one may react, by the names of the first dialect."""

    LIKE = "like"
    CELEBRATE = "celebrate"
    SUPPORT = "support"
    LOVE = "love"
    INSIGHTFUL = "insightful"
    FUNNY = "funny"


class AccountState(StrEnum):
    """Whether an account can work.

    Attributes:
        CONNECTED: it can.
        CONNECTING: not yet.
        DISCONNECTED: its owner has to sign in again.
        FAILED: the provider has stopped it, or it lacks a right.
    """

    CONNECTED = "connected"
    CONNECTING = "connecting"
    DISCONNECTED = "disconnected"
    FAILED = "failed"


@dataclass(frozen=True)
class Page(Generic[Item]):
    """A page of a list. `cursor` leads to the next one; None: this was the last.

    `unreadable` says of items that made no sense where they stood and what they lack: they are not
    among `items`, and whoever reads a page writes them down.
    """

    items: tuple[Item, ...]
    cursor: str | None = None
    total: int | None = None
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account at the provider. `person_id` is its own person: what it wrote is known by it."""

    id: AccountId
    network: str
    name: str
    state: AccountState
    #: the provider's own word for the state
    status: str
    person_id: PersonId | None = None
    public_identifier: str | None = None
    premium_features: tuple[str, ...] = ()
    created_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A person."""

    id: PersonId
    public_identifier: str | None
    name: str
    first_name: str | None = None
    last_name: str | None = None
    headline: str | None = None
    profile_url: str | None = None
    picture_url: str | None = None
    distance: Distance | None = None
    company: str | None = None
    emails: tuple[str, ...] = ()
    has_pending_invitation: bool = False


@dataclass(frozen=True, kw_only=True)
class Author:
    """Who wrote. A deleted or hidden person has no id, sometimes no name."""

    id: PersonId | None
    name: str
    public_identifier: str | None = None
    headline: str | None = None
    profile_url: str | None = None
    picture_url: str | None = None
    distance: Distance | None = None


@dataclass(frozen=True, kw_only=True)
class Post:
    """A post with its numbers."""

    id: str
    social_id: SocialId
    text: str
    author: Author
    share_url: str | None = None
    published_at: datetime | None = None
    reactions: int = 0
    comments: int = 0
    reposts: int = 0
    impressions: int | None = None
    can_comment: bool = True


@dataclass(frozen=True, kw_only=True)
class Comment:
    """A comment or a reply. `is_own` is None where the dialect does not say: compare the author."""

    id: CommentId
    text: str
    author: Author
    commented_at: datetime | None = None
    reactions: int = 0
    replies: int = 0
    is_own: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Reacted:
    """Who reacted to a post, and how (the provider's word)."""

    value: str
    author: Author


@dataclass(frozen=True, kw_only=True)
class Chat:
    """A conversation; `person_id` is the other one's, where there is just one."""

    id: ChatId
    person_id: PersonId | None
    name: str | None = None
    last_message_at: datetime | None = None
    unread: int = 0
    is_group: bool = False


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message of a conversation."""

    id: MessageId
    chat_id: ChatId
    sender_id: PersonId | None
    text: str
    sent_at: datetime | None
    is_own: bool
    #: MESSAGE, INVITATION, INMAIL, ...
    kind: str = "MESSAGE"
    is_event: bool = False
    is_deleted: bool = False
    is_read: bool = False


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A first-degree contact, newest first in lists."""

    person_id: PersonId
    name: str
    public_identifier: str | None = None
    headline: str | None = None
    connected_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """A pending invitation. `shared_secret` is what answering a received one takes."""

    id: InvitationId
    person_id: PersonId | None
    name: str
    invited_at: datetime | None = None
    note: str | None = None
    shared_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class AuthLink:
    """The provider's own page on which an account's owner signs in. Make one for each click."""

    url: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """What the provider tells to whom. `secret` is there only when it was just made, in v2."""

    id: str
    url: str
    events: tuple[str, ...]
    is_enabled: bool = True
    secret: str | None = field(default=None, repr=False)
