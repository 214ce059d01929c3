"""The first dialect: `https://{DSN}/api/v1`, accounts named in query or body."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, TypeVar

from mainstem.revos.unipile import reading as json
from mainstem.revos.unipile import v1_shapes as shapes
from mainstem.revos.unipile.answers import arrange, expect, read, write
from mainstem.revos.unipile.faults import Kind
from mainstem.revos.unipile.model import AuthLink, ChatId, Page, Reaction, Webhook
from mainstem.revos.unipile.outcome import Outcome, Refused, Sent
from mainstem.revos.unipile.port import PAGE_MAX
from mainstem.revos.unipile.texts import normalised
from mainstem.revos.unipile.wire import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from mainstem.revos.unipile.model import (
        Account,
        AccountId,
        Chat,
        Comment,
        CommentId,
        Invitation,
        InvitationId,
        Message,
        PersonId,
        Post,
        Profile,
        Reacted,
        Relation,
        SocialId,
    )
    from mainstem.revos.unipile.port import Attachment
    from mainstem.revos.unipile.wire import Line

    Given = Mapping[str, object]

Item = TypeVar("Item")

#: what the provider tells, by its source
WEBHOOK_EVENTS = {
    "messaging": ["message_received", "message_read", "message_edited", "message_deleted"],
    "users": ["new_relation"],
    "account_status": [],
}
SECRET_HEADER = "Unipile-Auth"  # noqa: S105 - a header's name


class V1:
    """The provider by its first dialect."""

    def __init__(self, line: Line, *, base_url: str) -> None:
        """Speak on a line; the base address is told to hosted pages."""
        self._line = line
        self._base_url = base_url

    async def accounts(self, *, cursor: str | None = None) -> Page[Account]:
        """All accounts of our key."""
        return await self._page("/accounts", shapes.account, cursor=cursor)

    async def account(self, account: AccountId) -> Account:
        """One account."""
        request = Request(method="GET", path="/api/v1/accounts/{}", parts=[account])
        return await read(self._line, request, lambda given: shapes.account(_of(given, "Account")))

    async def owner(self, account: AccountId) -> Profile:
        """The account's own person."""
        request = _get("/users/me", account)
        return await read(
            self._line,
            request,
            lambda given: shapes.profile(_of(given, "AccountOwnerProfile", "UserProfile")),
        )

    async def profile(self, account: AccountId, person: PersonId | str) -> Profile:
        """A person, by id or public identifier."""
        request = _get("/users/{}", account, person)
        return await read(
            self._line, request, lambda given: shapes.profile(_of(given, "UserProfile"))
        )

    async def post(self, account: AccountId, post_id: str) -> Post:
        """A post, by any id."""
        request = _get("/posts/{}", account, post_id)
        return await read(self._line, request, lambda given: shapes.post(_of(given, "Post")))

    async def posts(
        self, account: AccountId, person: PersonId, *, cursor: str | None = None, limit: int = 20
    ) -> Page[Post]:
        """A person's posts."""
        return await self._page(
            "/users/{}/posts", shapes.post, person, account=account, cursor=cursor, limit=limit
        )

    async def comments(
        self, account: AccountId, post: SocialId, *, cursor: str | None = None, limit: int = 100
    ) -> Page[Comment]:
        """A post's comments, newest first."""
        return await self._page(
            "/posts/{}/comments",
            shapes.comment,
            post,
            account=account,
            cursor=cursor,
            limit=limit,
            sort_by="MOST_RECENT",
        )

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
        return await self._page(
            "/posts/{}/comments",
            shapes.comment,
            post,
            account=account,
            cursor=cursor,
            limit=limit,
            comment_id=comment,
        )

    async def reactions(
        self, account: AccountId, post: SocialId, *, cursor: str | None = None, limit: int = 100
    ) -> Page[Reacted]:
        """Who reacted to a post."""
        return await self._page(
            "/posts/{}/reactions",
            shapes.reacted,
            post,
            account=account,
            cursor=cursor,
            limit=limit,
        )

    async def chats(
        self,
        account: AccountId,
        *,
        after: datetime | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Chat]:
        """The account's chats."""
        return await self._page(
            "/chats",
            shapes.chat,
            account=account,
            cursor=cursor,
            limit=limit,
            after=_time(after),
        )

    async def chats_with(self, account: AccountId, person: PersonId) -> Page[Chat]:
        """The chats with a person."""
        return await self._page(
            "/chat_attendees/{}/chats", shapes.chat, person, account=account, limit=PAGE_MAX
        )

    async def messages(
        self,
        account: AccountId,
        chat: ChatId,
        *,
        after: datetime | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Message]:
        """A chat's messages, newest first."""
        return await self._page(
            "/chats/{}/messages",
            shapes.message,
            chat,
            account=account,
            cursor=cursor,
            limit=limit,
            after=_time(after),
        )

    async def account_messages(
        self,
        account: AccountId,
        *,
        after: datetime | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Message]:
        """All messages of the account, newest first."""
        return await self._page(
            "/messages",
            shapes.message,
            account=account,
            cursor=cursor,
            limit=limit,
            after=_time(after),
        )

    async def relations(
        self, account: AccountId, *, cursor: str | None = None, limit: int = 100
    ) -> Page[Relation]:
        """The account's contacts, newest first."""
        return await self._page(
            "/users/relations", shapes.relation, account=account, cursor=cursor, limit=limit
        )

    async def sent_invitations(
        self, account: AccountId, *, cursor: str | None = None, limit: int = 100
    ) -> Page[Invitation]:
        """Invitations that wait for an answer."""
        return await self._page(
            "/users/invite/sent",
            shapes.sent_invitation,
            account=account,
            cursor=cursor,
            limit=limit,
        )

    async def received_invitations(
        self, account: AccountId, *, cursor: str | None = None, limit: int = 100
    ) -> Page[Invitation]:
        """Invitations from others."""
        return await self._page(
            "/users/invite/received",
            shapes.received_invitation,
            account=account,
            cursor=cursor,
            limit=limit,
        )

    async def publish(
        self, account: AccountId, text: str, *, attachments: Sequence[Attachment] = ()
    ) -> Outcome:
        """Publish a post."""
        request = Request(
            method="POST",
            path="/api/v1/posts",
            form=[("account_id", account), ("text", normalised(text))],
            files=attachments,
        )
        return await write(self._line, request, _sent("PostCreated", "post_id"))

    async def comment(self, account: AccountId, post: SocialId, text: str) -> Outcome:
        """Comment on a post."""
        return await self._comment(account, post, text)

    async def reply(
        self, account: AccountId, post: SocialId, comment: CommentId, text: str
    ) -> Outcome:
        """Reply to a comment in public."""
        return await self._comment(account, post, text, comment_id=comment)

    async def react(
        self,
        account: AccountId,
        post: SocialId,
        *,
        reaction: Reaction = Reaction.LIKE,
        comment: CommentId | None = None,
    ) -> Outcome:
        """React to a post, or to a comment of it; one that is there already counts as done."""
        given = {"account_id": account, "post_id": post, "reaction_type": reaction.value}
        if comment is not None:
            given["comment_id"] = comment
        request = Request(method="POST", path="/api/v1/posts/reaction", json=given)
        return done_already(await write(self._line, request, _sent("ReactionAdded")))

    async def start_chat(self, account: AccountId, person: PersonId, text: str) -> Outcome:
        """Write to a first-degree contact."""
        request = Request(
            method="POST",
            path="/api/v1/chats",
            form=[
                ("account_id", account),
                ("attendees_ids", person),
                ("text", normalised(text)),
                ("linkedin[api]", "classic"),
            ],
        )
        return await write(self._line, request, _sent("ChatStarted", "message_id"))

    async def send_message(self, account: AccountId, chat: ChatId, text: str) -> Outcome:
        """Write into a chat. The account goes along: a chat of another account is refused."""
        request = Request(
            method="POST",
            path="/api/v1/chats/{}/messages",
            parts=[chat],
            form=[("account_id", account), ("text", normalised(text))],
        )
        return await write(self._line, request, _sent("MessageSent", "message_id", chat=chat))

    async def invite(
        self, account: AccountId, person: PersonId, *, note: str | None = None
    ) -> Outcome:
        """Ask a person to connect."""
        given: dict[str, object] = {"account_id": account, "provider_id": person}
        if note:
            given["message"] = normalised(note)
        request = Request(method="POST", path="/api/v1/users/invite", json=given)
        return await write(self._line, request, _sent("UserInvitationSent", "invitation_id"))

    async def withdraw_invitation(self, account: AccountId, invitation: InvitationId) -> Outcome:
        """Take an invitation back."""
        request = Request(
            method="DELETE",
            path="/api/v1/users/invite/sent/{}",
            parts=[invitation],
            query={"account_id": account},
        )
        return await write(self._line, request, _sent("InvitationCanceled"))

    async def accept_invitation(self, account: AccountId, invitation: Invitation) -> Outcome:
        """Accept an invitation from another."""
        request = Request(
            method="POST",
            path="/api/v1/users/invite/received/{}",
            parts=[invitation.id],
            json={
                "provider": "LINKEDIN",
                "account_id": account,
                "shared_secret": invitation.shared_secret or "",
                "action": "accept",
            },
        )
        return await write(self._line, request, _sent("UserInvitationHandled"))

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
        given: dict[str, object] = {
            "type": "reconnect" if reconnect else "create",
            "api_url": self._base_url,
            "expiresOn": _time(expires_at),
            "name": correlation,
        }
        given |= {"reconnect_account": reconnect} if reconnect else {"providers": ["LINKEDIN"]}
        optional = {
            "notify_url": notify_url,
            "success_redirect_url": success_url,
            "failure_redirect_url": failure_url,
        }
        given |= {name: address for name, address in optional.items() if address}
        request = Request(method="POST", path="/api/v1/hosted/accounts/link", json=given)
        return await arrange(
            self._line, request, lambda found: AuthLink(url=json.needed(found, "url"))
        )

    async def restart_account(self, account: AccountId) -> None:
        """Let a frozen account try again."""
        request = Request(method="POST", path="/api/v1/accounts/{}/restart", parts=[account])
        await arrange(self._line, request, lambda _: None)

    async def delete_account(self, account: AccountId) -> None:
        """Forget an account at the provider."""
        request = Request(method="DELETE", path="/api/v1/accounts/{}", parts=[account])
        await arrange(self._line, request, lambda given: _of(given, "AccountDeleted"))

    async def create_webhooks(
        self, url: str, *, secret: str, accounts: Sequence[AccountId] = ()
    ) -> tuple[Webhook, ...]:
        """Have messages, new contacts and account states told to an address."""
        made = [
            await self._create_webhook(url, source=source, secret=secret, accounts=accounts)
            for source in WEBHOOK_EVENTS
        ]
        return tuple(made)

    async def webhooks(self, *, cursor: str | None = None) -> Page[Webhook]:
        """What is told to whom."""
        return await self._page("/webhooks", shapes.webhook, cursor=cursor)

    async def delete_webhook(self, webhook_id: str) -> None:
        """Have it told no more."""
        request = Request(method="DELETE", path="/api/v1/webhooks/{}", parts=[webhook_id])
        await arrange(self._line, request, lambda given: _of(given, "WebhookDeleted"))

    async def _create_webhook(
        self, url: str, *, source: str, secret: str, accounts: Sequence[AccountId]
    ) -> Webhook:
        events = WEBHOOK_EVENTS[source]
        headers = {SECRET_HEADER: secret, "Content-Type": "application/json"}
        given: dict[str, object] = {
            "source": source,
            "request_url": url,
            "name": "mainstem",
            "format": "json",
            "enabled": True,
            "headers": [{"key": name, "value": text} for name, text in headers.items()],
        }
        given |= {"account_ids": list(accounts)} if accounts else {}
        given |= {"events": events} if events else {}
        request = Request(method="POST", path="/api/v1/webhooks", json=given)
        id_ = await arrange(
            self._line,
            request,
            lambda found: json.needed(_of(found, "WebhookCreated"), "webhook_id"),
        )
        return Webhook(id=id_, url=url, events=tuple(events))

    async def _comment(self, account: AccountId, post: SocialId, text: str, **more: str) -> Outcome:
        request = Request(
            method="POST",
            path="/api/v1/posts/{}/comments",
            parts=[post],
            json={"account_id": account, "text": normalised(text), **more},
        )
        return await write(self._line, request, _sent("CommentSent", "comment_id"))

    async def _page(
        self,
        path: str,
        parse: Callable[[Given], Item],
        *parts: str,
        account: AccountId | None = None,
        cursor: str | None = None,
        limit: int = PAGE_MAX,
        **more: str | None,
    ) -> Page[Item]:
        query: dict[str, str | int] = {"limit": max(1, min(limit, PAGE_MAX))}
        asked = {"account_id": account, "cursor": cursor, **more}
        query |= {name: text for name, text in asked.items() if text is not None}
        request = Request(method="GET", path=f"/api/v1{path}", parts=parts, query=query)

        def whole(given: Given) -> Page[Item]:
            return json.page(given, parse, items="items", cursor="cursor", total="total_items")

        return await read(self._line, request, whole)


def done_already(outcome: Outcome) -> Outcome:
    """What is there already was done."""
    if isinstance(outcome, Refused) and outcome.fault.kind is Kind.ALREADY_DONE:
        return Sent(None)
    return outcome


def _get(path: str, account: AccountId, *parts: str) -> Request:
    query = {"account_id": account}
    return Request(method="GET", path=f"/api/v1{path}", parts=parts, query=query)


def _of(given: Given, *names: str) -> Given:
    return expect(given, *names)


def _sent(name: str, id_field: str = "", *, chat: ChatId | None = None) -> Callable[[Given], Sent]:
    """Reads what a write answers: an object of that name, with an id that may be missing."""

    def parse(given: Given) -> Sent:
        expect(given, name)
        chat_id = chat or json.identifier(given, "chat_id")
        return Sent(
            json.identifier(given, id_field) if id_field else None,
            chat_id=ChatId(chat_id) if chat_id else None,
            quota_percent=json.optional_count(given, "usage"),
        )

    return parse


def _time(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with milliseconds, which is what this provider reads."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
