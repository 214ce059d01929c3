"""The second dialect: `https://api.unipile.com/v2`, the account a part of the path."""

from __future__ import annotations

import base64
from datetime import UTC
from typing import TYPE_CHECKING, TypeVar

from mainstem.revos.unipile import reading as json
from mainstem.revos.unipile import v2_shapes as shapes
from mainstem.revos.unipile.answers import arrange, read, unsupported, write
from mainstem.revos.unipile.model import AuthLink, ChatId, Page, Reacted, Reaction
from mainstem.revos.unipile.outcome import Outcome, Refused, Sent
from mainstem.revos.unipile.port import PAGE_MAX
from mainstem.revos.unipile.texts import normalised
from mainstem.revos.unipile.v1 import done_already
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
        Relation,
        SocialId,
        Webhook,
    )
    from mainstem.revos.unipile.port import Attachment
    from mainstem.revos.unipile.wire import Line

    Given = Mapping[str, object]

Item = TypeVar("Item")

ACCOUNTS_PAGE = 20
#: of one chat, when all messages of an account are asked for
CHAT_PAGES_MAX = 5
EVENTS = (
    "message.new", "message.read", "relation.new", "account.add", "account.reconnect",
    "account.status",
)  # fmt: skip
#: this dialect takes an emoji
REACTIONS = {
    Reaction.LIKE: "\N{THUMBS UP SIGN}",
    Reaction.CELEBRATE: "\N{CLAPPING HANDS SIGN}",
    Reaction.SUPPORT: "\N{HEART HANDS}",
    Reaction.LOVE: "\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}",
    Reaction.INSIGHTFUL: "\N{ELECTRIC LIGHT BULB}",
    Reaction.FUNNY: "\N{SMILING FACE WITH OPEN MOUTH AND SMILING EYES}",
}


class V2:
    """The provider by its second dialect."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def accounts(self, *, cursor: str | None = None) -> Page[Account]:
        """All accounts of our key; their list goes by offset."""
        offset = int(cursor) if cursor and cursor.isdigit() else 0
        query = {"limit": ACCOUNTS_PAGE, "offset": offset}
        request = Request(method="GET", path="/v2/accounts/", query=query)

        def whole(given: Given) -> Page[Account]:
            found = json.page(given, shapes.account, items="data", cursor="next_cursor")
            more = json.flag(given, "has_more") and found.items
            seen = offset + len(found.items) + len(found.unreadable)
            return Page(
                found.items, cursor=str(seen) if more else None, unreadable=found.unreadable
            )

        return await read(self._line, request, whole)

    async def account(self, account: AccountId) -> Account:
        """One account."""
        request = Request(method="GET", path="/v2/accounts/{}", parts=[account])
        return await read(self._line, request, shapes.account)

    async def owner(self, account: AccountId) -> Profile:
        """The account's own person."""
        return await read(self._line, _get("/users/me", account), shapes.profile)

    async def profile(self, account: AccountId, person: PersonId | str) -> Profile:
        """A person, by id or public identifier."""
        return await read(self._line, _get("/users/{}", account, person), shapes.profile)

    async def post(self, account: AccountId, post_id: str) -> Post:
        """A post."""
        return await read(self._line, _get("/posts/{}", account, post_id), shapes.post)

    async def posts(
        self, account: AccountId, person: PersonId, *, cursor: str | None = None, limit: int = 20
    ) -> Page[Post]:
        """A person's posts."""
        return await self._page(
            "/users/{}/posts", shapes.post, account, person, cursor=cursor, limit=limit
        )

    async def comments(
        self, account: AccountId, post: SocialId, *, cursor: str | None = None, limit: int = 100
    ) -> Page[Comment]:
        """A post's comments, newest first."""
        return await self._page(
            "/posts/{}/comments",
            shapes.comment,
            account,
            post,
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
            "/posts/{}/comments/{}/replies",
            shapes.comment,
            account,
            post,
            comment,
            cursor=cursor,
            limit=limit,
        )

    async def reactions(
        self, account: AccountId, post: SocialId, *, cursor: str | None = None, limit: int = 100
    ) -> Page[Reacted]:
        """No call of this dialect lists them; a post's counter is all there is."""
        del account, post, cursor, limit
        raise unsupported("the reactions to a post")

    async def chats(
        self,
        account: AccountId,
        *,
        after: datetime | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Chat]:
        """The account's chats. Older ones than asked for are left out here, not there."""
        found = await self._page("/chats", shapes.chat, account, cursor=cursor, limit=limit)
        return _since(found, after, lambda chat: chat.last_message_at)

    async def chats_with(self, account: AccountId, person: PersonId) -> Page[Chat]:
        """The chats with a person."""
        return await self._page("/users/{}/chat", shapes.chat, account, person, limit=PAGE_MAX)

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
        found = await self._page(
            "/chats/{}/messages", shapes.message, account, chat, cursor=cursor, limit=limit
        )
        return _since(found, after, lambda message: message.sent_at)

    async def account_messages(
        self,
        account: AccountId,
        *,
        after: datetime | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Message]:
        """All messages of the account, chat by chat: this dialect has no one call for them.

        A page is a page of chats, with the messages of each; its cursor is that of the chats.
        """
        chats = await self.chats(account, after=after, cursor=cursor, limit=min(limit, 20))
        found: list[Message] = []
        unreadable = list(chats.unreadable)
        for chat in chats.items:
            page = await self._whole_chat(account, chat.id, after=after)
            found += page.items
            unreadable += page.unreadable
        return Page(tuple(found), cursor=chats.cursor, unreadable=tuple(unreadable))

    async def relations(
        self, account: AccountId, *, cursor: str | None = None, limit: int = 100
    ) -> Page[Relation]:
        """No call of this dialect lists them; an invitation that is gone, or a profile, tells."""
        del account, cursor, limit
        raise unsupported("an account's contacts")

    async def sent_invitations(
        self, account: AccountId, *, cursor: str | None = None, limit: int = 100
    ) -> Page[Invitation]:
        """Invitations that wait for an answer."""
        return await self._invitations(account, "sent", cursor=cursor, limit=limit)

    async def received_invitations(
        self, account: AccountId, *, cursor: str | None = None, limit: int = 100
    ) -> Page[Invitation]:
        """Invitations from others."""
        return await self._invitations(account, "received", cursor=cursor, limit=limit)

    async def publish(
        self, account: AccountId, text: str, *, attachments: Sequence[Attachment] = ()
    ) -> Outcome:
        """Publish a post."""
        given: dict[str, object] = {"text": normalised(text)}
        if attachments:
            given["attachments"] = [
                {
                    "content": base64.b64encode(file.content).decode(),
                    "content_type": file.content_type,
                    "filename": file.name,
                }
                for file in attachments
            ]
        return await self._write("/posts", account, given=given, id_field="id")

    async def comment(self, account: AccountId, post: SocialId, text: str) -> Outcome:
        """Comment on a post."""
        given = {"text": normalised(text)}
        return await self._write("/posts/{}/comments", account, post, given=given, id_field="id")

    async def reply(
        self, account: AccountId, post: SocialId, comment: CommentId, text: str
    ) -> Outcome:
        """Reply to a comment in public."""
        given = {"text": normalised(text)}
        path = "/posts/{}/comments/{}"
        return await self._write(path, account, post, comment, given=given, id_field="id")

    async def react(
        self,
        account: AccountId,
        post: SocialId,
        *,
        reaction: Reaction = Reaction.LIKE,
        comment: CommentId | None = None,
    ) -> Outcome:
        """React to a post; of a comment, this dialect has no call."""
        if comment is not None:
            return Refused(unsupported("a reaction to a comment").fault)
        given = {"reaction": REACTIONS[reaction]}
        return done_already(await self._write("/posts/{}/reactions", account, post, given=given))

    async def start_chat(self, account: AccountId, person: PersonId, text: str) -> Outcome:
        """Write to a first-degree contact."""
        given = {"users_ids": [person], "text": normalised(text)}
        return await self._write("/chats/send", account, given=given, id_field="message_id")

    async def send_message(self, account: AccountId, chat: ChatId, text: str) -> Outcome:
        """Write into a chat."""
        given = {"text": normalised(text)}
        path = "/chats/{}/messages/send"
        return await self._write(path, account, chat, given=given, id_field="message_id", chat=chat)

    async def invite(
        self, account: AccountId, person: PersonId, *, note: str | None = None
    ) -> Outcome:
        """Ask a person to connect."""
        given = {"user_id": person} | ({"message": normalised(note)} if note else {})
        return await self._write("/users/me/relation-requests", account, given=given, id_field="id")

    async def withdraw_invitation(self, account: AccountId, invitation: InvitationId) -> Outcome:
        """Take an invitation back."""
        path = "/users/me/relation-requests/{}/cancel"
        return await self._write(path, account, invitation, given={})

    async def accept_invitation(self, account: AccountId, invitation: Invitation) -> Outcome:
        """Accept an invitation from another."""
        path = "/users/me/relation-requests/{}/accept"
        return await self._write(path, account, invitation.id, given={})

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
        """The provider's page on which a person links, or links again, their account.

        This dialect tells the outcome by webhook, with the correlation as `state`, and leads back
        to one address, whatever came of it.
        """
        del notify_url, failure_url
        given: dict[str, object] = {
            "expires_on": expires_at.astimezone(UTC).isoformat(timespec="milliseconds"),
            "providers": ["LINKEDIN"],
            "state": correlation,
        }
        given |= {"redirect_uri": success_url} if success_url else {}
        given |= {"account_id": reconnect} if reconnect else {}
        request = Request(method="POST", path="/v2/auth/link", json=given)
        return await arrange(
            self._line, request, lambda found: AuthLink(url=json.needed(found, "link", "url"))
        )

    async def restart_account(self, account: AccountId) -> None:
        """No such call; the account is linked again instead."""
        del account
        raise unsupported("restarting an account")

    async def delete_account(self, account: AccountId) -> None:
        """Forget an account at the provider."""
        request = Request(method="DELETE", path="/v2/accounts/{}", parts=[account])
        await arrange(self._line, request, lambda _: None)

    async def create_webhooks(
        self, url: str, *, secret: str, accounts: Sequence[AccountId] = ()
    ) -> tuple[Webhook, ...]:
        """Have events told to an address. The secret is the provider's: it is in what returns."""
        del secret
        given: dict[str, object] = {"url": url, "trigger_events": list(EVENTS)}
        given |= {"account_ids": list(accounts)} if accounts else {}
        request = Request(method="POST", path="/v2/webhooks/endpoints/", json=given)
        return (await arrange(self._line, request, shapes.webhook),)

    async def webhooks(self, *, cursor: str | None = None) -> Page[Webhook]:
        """What is told to whom."""
        query = {"cursor": cursor} if cursor else {}
        request = Request(method="GET", path="/v2/webhooks/endpoints/", query=query)
        return await read(self._line, request, _pages(shapes.webhook))

    async def delete_webhook(self, webhook_id: str) -> None:
        """Have it told no more."""
        request = Request(method="DELETE", path="/v2/webhooks/endpoints/{}", parts=[webhook_id])
        await arrange(self._line, request, lambda _: None)

    async def _whole_chat(
        self, account: AccountId, chat: ChatId, *, after: datetime | None
    ) -> Page[Message]:
        found: list[Message] = []
        unreadable: list[str] = []
        cursor = None
        for _ in range(CHAT_PAGES_MAX):
            page = await self.messages(account, chat, after=after, cursor=cursor)
            found += page.items
            unreadable += page.unreadable
            cursor = page.cursor
            if cursor is None:
                break
        else:
            unreadable.append(f"a chat has more than {len(found)} new messages; read it alone")
        return Page(tuple(found), unreadable=tuple(unreadable))

    async def _invitations(
        self, account: AccountId, kind: str, *, cursor: str | None, limit: int
    ) -> Page[Invitation]:
        return await self._page(
            "/users/me/relation-requests",
            shapes.invitation,
            account,
            cursor=cursor,
            limit=limit,
            type=kind,
        )

    async def _page(
        self,
        path: str,
        parse: Callable[[Given], Item],
        account: AccountId,
        *parts: str,
        cursor: str | None = None,
        limit: int = PAGE_MAX,
        **more: str,
    ) -> Page[Item]:
        query: dict[str, str | int] = {"limit": max(1, min(limit, PAGE_MAX)), **more}
        query |= {"cursor": cursor} if cursor else {}
        request = Request(
            method="GET", path=f"/v2/{{}}{path}", parts=[account, *parts], query=query
        )
        return await read(self._line, request, _pages(parse))

    async def _write(
        self,
        path: str,
        account: AccountId,
        *parts: str,
        given: Mapping[str, object],
        id_field: str = "",
        chat: ChatId | None = None,
    ) -> Outcome:
        request = Request(
            method="POST", path=f"/v2/{{}}{path}", parts=[account, *parts], json=given
        )
        return await write(self._line, request, _sent(id_field, chat))


def _pages(parse: Callable[[Given], Item]) -> Callable[[Given], Page[Item]]:
    def whole(given: Given) -> Page[Item]:
        return json.page(given, parse, items="data", cursor="next_cursor", total="total_count")

    return whole


def _get(path: str, account: AccountId, *parts: str) -> Request:
    return Request(method="GET", path=f"/v2/{{}}{path}", parts=[account, *parts])


def _sent(id_field: str, chat: ChatId | None) -> Callable[[Given], Sent]:
    """Reads what a write answers. An error that comes as a success is no success."""

    def parse(given: Given) -> Sent:
        if json.text(given, "object") == "Error":
            raise json.MalformedError("it is an error")
        if id_field == "id":
            json.needed(given, "id")
        chat_id = chat or json.identifier(given, "chat_id")
        return Sent(
            json.identifier(given, id_field) if id_field else None,
            chat_id=ChatId(chat_id) if chat_id else None,
        )

    return parse


def _since(
    page: Page[Item], after: datetime | None, when: Callable[[Item], datetime | None]
) -> Page[Item]:
    """The items after a time; the last page is the one on which older ones begin."""
    if after is None:
        return page
    kept = []
    is_over = False
    for item in page.items:
        moment = when(item)
        if moment is not None and moment <= after:
            is_over = True
        else:
            kept.append(item)
    cursor = None if is_over else page.cursor
    return Page(tuple(kept), cursor=cursor, total=page.total, unreadable=page.unreadable)
