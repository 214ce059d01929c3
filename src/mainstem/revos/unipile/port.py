"""What RevOS asks of its LinkedIn provider, whichever dialect answers.

Reads return, or raise `UnipileError` with its fault. Writes never raise for what the provider or
the line did: they return an `Outcome`. Nothing here repeats a write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mainstem.revos.unipile.model import Reaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mainstem.revos.unipile.model import (
        Account,
        AccountId,
        AuthLink,
        Chat,
        ChatId,
        Comment,
        CommentId,
        Invitation,
        InvitationId,
        Message,
        Page,
        PersonId,
        Post,
        Profile,
        Reacted,
        Relation,
        SocialId,
        Webhook,
    )
    from mainstem.revos.unipile.outcome import Outcome

#: what LinkedIn accepts, in characters
COMMENT_MAX = 1_250
NOTE_MAX = 300
PAGE_MAX = 100


@dataclass(frozen=True)
class Attachment:
    """A file to send along: at most 15 MB."""

    name: str
    content: bytes
    content_type: str


class Reads(Protocol):
    """Calls that change nothing. `cursor` continues a page; `limit` is at most 100."""

    async def accounts(self, *, cursor: str | None = None) -> Page[Account]:
        """All accounts of our key."""
        ...

    async def account(self, account: AccountId) -> Account:
        """One account."""
        ...

    async def owner(self, account: AccountId) -> Profile:
        """The account's own person."""
        ...

    async def profile(self, account: AccountId, person: PersonId | str) -> Profile:
        """A person, by id or public identifier. Counts against the profile limit."""
        ...

    async def post(self, account: AccountId, post_id: str) -> Post:
        """A post, by any id; keep its `social_id`."""
        ...

    async def posts(
        self, account: AccountId, person: PersonId, *, cursor: str | None = None, limit: int = 20
    ) -> Page[Post]:
        """A person's posts."""
        ...

    async def comments(
        self, account: AccountId, post: SocialId, *, cursor: str | None = None, limit: int = 100
    ) -> Page[Comment]:
        """A post's comments, newest first; new ones shift the pages."""
        ...

    async def replies(
        self,
        account: AccountId,
        post: SocialId,
        comment: CommentId,
        *,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Comment]:
        """The replies to a comment."""
        ...

    async def reactions(
        self, account: AccountId, post: SocialId, *, cursor: str | None = None, limit: int = 100
    ) -> Page[Reacted]:
        """Who reacted to a post."""
        ...

    async def chats(
        self,
        account: AccountId,
        *,
        after: datetime | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Chat]:
        """The account's chats, the last written first."""
        ...

    async def chats_with(self, account: AccountId, person: PersonId) -> Page[Chat]:
        """The chats with a person; none when they never wrote."""
        ...

    async def messages(
        self,
        account: AccountId,
        chat: ChatId,
        *,
        after: datetime | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Message]:
        """A chat's messages, newest first. They may lag a minute behind a write."""
        ...

    async def account_messages(
        self,
        account: AccountId,
        *,
        after: datetime | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Message]:
        """All messages of the account, newest first: all replies with one call."""
        ...

    async def relations(
        self, account: AccountId, *, cursor: str | None = None, limit: int = 100
    ) -> Page[Relation]:
        """The account's contacts, newest first. The second dialect has no such call (FEATURE)."""
        ...

    async def sent_invitations(
        self, account: AccountId, *, cursor: str | None = None, limit: int = 100
    ) -> Page[Invitation]:
        """Invitations that wait for an answer."""
        ...

    async def received_invitations(
        self, account: AccountId, *, cursor: str | None = None, limit: int = 100
    ) -> Page[Invitation]:
        """Invitations from others."""
        ...


class Writes(Protocol):
    """Calls that others see. Each is made once; its outcome may be indeterminate."""

    async def publish(
        self, account: AccountId, text: str, *, attachments: Sequence[Attachment] = ()
    ) -> Outcome:
        """Publish a post."""
        ...

    async def comment(self, account: AccountId, post: SocialId, text: str) -> Outcome:
        """Comment on a post."""
        ...

    async def reply(
        self, account: AccountId, post: SocialId, comment: CommentId, text: str
    ) -> Outcome:
        """Reply to a comment in public."""
        ...

    async def react(
        self,
        account: AccountId,
        post: SocialId,
        *,
        reaction: Reaction = Reaction.LIKE,
        comment: CommentId | None = None,
    ) -> Outcome:
        """React to a post, or to a comment of it."""
        ...

    async def start_chat(self, account: AccountId, person: PersonId, text: str) -> Outcome:
        """Write to a first-degree contact; an existing chat with the person is used."""
        ...

    async def send_message(self, account: AccountId, chat: ChatId, text: str) -> Outcome:
        """Write into a chat."""
        ...

    async def invite(
        self, account: AccountId, person: PersonId, *, note: str | None = None
    ) -> Outcome:
        """Ask a person to connect."""
        ...

    async def withdraw_invitation(self, account: AccountId, invitation: InvitationId) -> Outcome:
        """Take an invitation back."""
        ...

    async def accept_invitation(self, account: AccountId, invitation: Invitation) -> Outcome:
        """Accept an invitation from another."""
        ...


class Setup(Protocol):
    """Calls that arrange the service itself; they raise `UnipileError` like reads."""

    async def link_account(
        self,
        *,
        correlation: str,
        expires_at: datetime,
        notify_url: str | None = None,
        success_url: str | None = None,
        failure_url: str | None = None,
        reconnect: AccountId | None = None,
    ) -> AuthLink:
        """The provider's page on which a person links, or links again, their account."""
        ...

    async def restart_account(self, account: AccountId) -> None:
        """Let a frozen account try again."""
        ...

    async def delete_account(self, account: AccountId) -> None:
        """Forget an account at the provider."""
        ...

    async def create_webhooks(
        self, url: str, *, secret: str, accounts: Sequence[AccountId] = ()
    ) -> tuple[Webhook, ...]:
        """Have messages, new contacts and account states told to an address."""
        ...

    async def webhooks(self, *, cursor: str | None = None) -> Page[Webhook]:
        """What is told to whom."""
        ...

    async def delete_webhook(self, webhook_id: str) -> None:
        """Have it told no more."""
        ...


class Provider(Reads, Writes, Setup, Protocol):
    """The whole of it."""
