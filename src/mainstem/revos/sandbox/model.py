"""What there is in the sandbox besides people. Held in memory, changed only by `world`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import deque
    from datetime import datetime

    from mainstem.revos.sandbox.people import Person


@dataclass(slots=True, eq=False)
class Account:
    """A linked account, by its id in each dialect."""

    index: int
    id: str
    id_v2: str
    person: Person
    created_at: datetime
    #: OK, CREDENTIALS, ERROR, STOPPED, CONNECTING, PERMISSIONS
    status: str = "OK"
    is_restricted: bool = False
    #: people whose distance has changed since the start
    distances: dict[str, int] = field(default_factory=dict)
    #: contacts since the start, with when
    contacts: list[tuple[Person, datetime]] = field(default_factory=list)
    chats: list[Chat] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    chat_of: dict[str, Chat] = field(default_factory=dict)
    invitations: dict[str, Invitation] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    #: what was not told while the account was not connected
    untold: list[Message] = field(default_factory=list)
    #: per route, when its calls were made
    calls: dict[str, deque[datetime]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Post:
    """A post of an account."""

    id: str
    account: Account
    text: str
    at: datetime
    word: str | None
    comments: list[Comment] = field(default_factory=list)
    reactions: dict[str, tuple[Person, str]] = field(default_factory=dict)
    is_deleted: bool = False
    is_closed: bool = False

    @property
    def social_id(self) -> str:
        """The urn."""
        return f"urn:li:activity:{self.id}"


@dataclass(slots=True, eq=False)
class Comment:
    """A comment or a reply; an author that nobody sees has no id."""

    id: str
    post: Post
    author: Person | None
    text: str
    at: datetime
    parent: Comment | None = None
    replies: list[Comment] = field(default_factory=list)
    reactions: dict[str, str] = field(default_factory=dict)
    is_deleted: bool = False


@dataclass(slots=True, eq=False)
class Chat:
    """A conversation of an account with one person."""

    id: str
    account: Account
    person: Person
    messages: list[Message] = field(default_factory=list)
    unread: int = 0
    asked: int = 0


@dataclass(slots=True, eq=False)
class Message:
    """A message in either direction."""

    id: str
    chat: Chat
    is_own: bool
    text: str
    at: datetime


@dataclass(slots=True, eq=False)
class Invitation:
    """An invitation that an account sent, or got."""

    id: str
    account: Account
    person: Person
    note: str | None
    at: datetime
    is_received: bool = False
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that webhooks tell of."""

    kind: str
    account: Account
    at: datetime
    message: Message | None = None
    person: Person | None = None
    #: of an account's state; of a linked account, the caller's own word for it
    word: str = ""
