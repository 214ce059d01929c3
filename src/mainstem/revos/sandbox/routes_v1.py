"""The routes of the first dialect."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from mainstem.revos.sandbox import hosted
from mainstem.revos.sandbox import shapes_v1 as shapes
from mainstem.revos.sandbox.call import Body, Call, Route, Routes, instant, paged
from mainstem.revos.sandbox.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mainstem.revos.sandbox.model import Message
    from mainstem.revos.sandbox.people import Person

Item = TypeVar("Item")

CREATED = 201
MESSAGES_PAGE_MAX = 250
RELATIONS_MAX = 1_000


def routes() -> Routes:
    """Every route: method and path, `*` for what varies."""
    stored = {"is_counted": False}
    apart = {"is_counted": False, "needs_account": False}
    return {
        ("GET", ("accounts",)): Route("accounts", accounts, **apart),
        ("GET", ("accounts", "*")): Route("account", account, **apart),
        ("DELETE", ("accounts", "*")): Route("account_delete", delete_account, **apart),
        ("POST", ("accounts", "*", "restart")): Route("account_restart", account, **apart),
        ("POST", ("hosted", "accounts", "link")): Route("link", link, **apart),
        ("POST", ("webhooks",)): Route("webhook_create", create_webhook, **apart),
        ("GET", ("webhooks",)): Route("webhooks", webhooks, **apart),
        ("DELETE", ("webhooks", "*")): Route("webhook_delete", delete_webhook, **apart),
        ("GET", ("users", "me")): Route("owner", owner),
        ("GET", ("users", "relations")): Route("relations", relations),
        ("POST", ("users", "invite")): Route("invite", invite),
        ("GET", ("users", "invite", "sent")): Route("invitations", sent),
        ("GET", ("users", "invite", "received")): Route("invitations", received),
        ("DELETE", ("users", "invite", "sent", "*")): Route("withdraw", withdraw),
        ("POST", ("users", "invite", "received", "*")): Route("answer_invitation", answer),
        ("GET", ("users", "*")): Route("profile", profile),
        ("GET", ("users", "*", "posts")): Route("posts", posts),
        ("POST", ("posts",)): Route("publish", publish),
        ("POST", ("posts", "reaction")): Route("react", react),
        ("GET", ("posts", "*")): Route("post", post),
        ("GET", ("posts", "*", "comments")): Route("comments", comments),
        ("POST", ("posts", "*", "comments")): Route("comment", comment),
        ("GET", ("posts", "*", "reactions")): Route("reactions", reactions),
        ("POST", ("chats",)): Route("message", start_chat),
        ("GET", ("chats",)): Route("chats", chats, **stored),
        ("GET", ("chats", "*")): Route("chat", chat, **stored),
        ("GET", ("chats", "*", "messages")): Route("messages", chat_messages, **stored),
        ("POST", ("chats", "*", "messages")): Route("message", send),
        ("GET", ("messages",)): Route("messages", messages, **stored),
        ("GET", ("chat_attendees", "*", "chats")): Route("chats", chats_with, **stored),
    }


def accounts(call: Call) -> Body:
    """All accounts."""
    found = call.sandbox.linked()
    items, cursor, _ = paged(call, found, maximum=250)
    return _list("AccountList", [shapes.account(each) for each in items], cursor)


def account(call: Call) -> Body:
    """One account."""
    return shapes.account(call.sandbox.account(call.parts[0]))


def delete_account(call: Call) -> Body:
    """Forget an account."""
    call.sandbox.unlink(call.sandbox.account(call.parts[0]))
    return {"object": "AccountDeleted"}


def link(call: Call) -> Body:
    """The address of the page on which an account is linked."""
    kind = call.text("type")
    for name in ("api_url", "expiresOn"):
        call.text(name)
    again = call.sandbox.account(call.text("reconnect_account")) if kind == "reconnect" else None
    call.status = CREATED
    page = hosted.Page(
        account=again,
        name=call.optional("name") or "",
        notify_url=call.sandbox.loopback(call.optional("notify_url")),
        success_url=call.optional("success_redirect_url"),
        failure_url=call.optional("failure_redirect_url"),
    )
    return {"object": "HostedAuthUrl", "url": call.sandbox.offer(page)}


def create_webhook(call: Call) -> Body:
    """Have something told to an address."""
    call.status = CREATED
    return {"object": "WebhookCreated", "webhook_id": call.sandbox.hooks.add_v1(call)}


def webhooks(call: Call) -> Body:
    """What is told to whom."""
    items, cursor, _ = paged(call, call.sandbox.hooks.of("v1"), maximum=250)
    return _list("WebhookList", [each.shape_v1() for each in items], cursor)


def delete_webhook(call: Call) -> Body:
    """Have it told no more."""
    call.sandbox.hooks.remove(call.parts[0])
    return {"object": "WebhookDeleted"}


def owner(call: Call) -> Body:
    """The account's own person."""
    return shapes.owner(call.account)


def profile(call: Call) -> Body:
    """A person."""
    return shapes.profile(call.world, call.account, call.world.person(call.parts[0]))


def relations(call: Call) -> Body:
    """The account's contacts, the newest first."""
    items, cursor, _ = paged(call, contacts(call), maximum=RELATIONS_MAX)
    made = [shapes.relation(person, int(at.timestamp() * 1000)) for person, at in items]
    return _list("UserRelationsList", made, cursor)


def contacts(call: Call) -> list[tuple[Person, datetime]]:
    """New contacts, then those that were there at the start, so many at most."""
    world, asker = call.world, call.account
    new = {person.id for person, _ in asker.contacts}
    began = asker.created_at - timedelta(days=30)
    old = (
        (person, began)
        for person in world.people
        if person.id not in new and world.distance(asker, person) == 1
    )
    return [*reversed(asker.contacts), *islice(old, RELATIONS_MAX)]


def invite(call: Call) -> Body:
    """Ask a person to connect."""
    person = call.world.person(call.text("provider_id"))
    invitation, usage = call.world.invite(call.account, person, call.optional("message"))
    call.wrote("invitation", person.id, invitation.id, invitation.note or "")
    call.status = CREATED
    body: Body = {"object": "UserInvitationSent", "invitation_id": invitation.id}
    return body if usage is None else body | {"usage": usage}


def sent(call: Call) -> Body:
    """Invitations that wait for an answer."""
    return _invitations(call, is_received=False)


def received(call: Call) -> Body:
    """Invitations from others."""
    return _invitations(call, is_received=True)


def withdraw(call: Call) -> Body:
    """Take an invitation back."""
    found = call.world.invitation(call.account, call.parts[0], is_received=False)
    del call.account.invitations[found.id]
    call.wrote("withdrawal", found.person.id, found.id)
    return {"object": "InvitationCanceled"}


def answer(call: Call) -> Body:
    """Accept or decline an invitation."""
    found = call.world.invitation(call.account, call.parts[0], is_received=True)
    action = call.text("action")
    if action not in {"accept", "decline"} or call.text("shared_secret") != found.secret:
        raise Refusal("invalid_parameters", "action, shared_secret")
    del call.account.invitations[found.id]
    call.wrote("acceptance" if action == "accept" else "refusal", found.person.id, found.id)
    if action == "accept":
        call.world.connect(call.account, found.person)
    status = "ACCEPTED" if action == "accept" else "DECLINED"
    return {"object": "UserInvitationHandled", "status": status}


def posts(call: Call) -> Body:
    """A person's posts, the newest first."""
    person = call.world.person(call.parts[0])
    found = [
        each
        for account_ in call.sandbox.linked()
        if account_.person is person
        for each in reversed(account_.posts)
        if not each.is_deleted
    ]
    items, cursor, _ = paged(call, found, default=20)
    return _list(
        "PostList", [shapes.post(call.world, call.account, each) for each in items], cursor
    )


def publish(call: Call) -> Body:
    """Publish a post."""
    made = call.world.publish(call.account, call.text("text"))
    call.wrote("post", made.social_id, made.id, made.text)
    call.status = CREATED
    return {"object": "PostCreated", "post_id": made.id}


def post(call: Call) -> Body:
    """A post."""
    return shapes.post(call.world, call.account, call.world.post(call.parts[0]))


def comments(call: Call) -> Body:
    """Comments, or the replies to one, the newest first."""
    found = call.world.post(call.parts[0])
    thread = call.query.get("comment_id")
    every = call.world.comment(found, thread).replies if thread else found.comments
    if call.query.get("sort_by", "MOST_RECENT") not in {"MOST_RECENT", "MOST_RELEVANT"}:
        raise Refusal("invalid_parameters", "sort_by")
    seen = [each for each in reversed(every) if not each.is_deleted]
    items, cursor, start = paged(call, seen, post_id=found.id)
    made = [shapes.comment(call.world, call.account, each) for each in items]
    paging = {"start": start, "page_count": len(items), "total_count": len(seen)}
    return _list("CommentList", made, cursor) | {"total_items": len(seen), "paging": paging}


def comment(call: Call) -> Body:
    """Comment on a post, or reply to a comment."""
    found = call.world.post(call.parts[0])
    thread = call.optional("comment_id")
    parent = call.world.comment(found, thread) if thread else None
    made = call.world.write_comment(call.account, found, call.text("text"), parent=parent)
    call.wrote("reply" if parent else "comment", thread or found.social_id, made.id, made.text)
    call.status = CREATED
    return {"object": "CommentSent", "comment_id": made.id}


def react(call: Call) -> Body:
    """React to a post, or to a comment."""
    found = call.world.post(call.text("post_id"))
    kind = call.optional("reaction_type") or "like"
    if kind not in shapes.REACTIONS:
        raise Refusal("invalid_parameters", "reaction_type")
    thread = call.optional("comment_id")
    me = call.account.person
    if thread:
        call.world.comment(found, thread).reactions[me.id] = kind
    else:
        if me.id in found.reactions:
            raise Refusal("action_already_performed", status=422)
        found.reactions[me.id] = (me, kind)
    call.wrote("reaction", thread or found.social_id, "", kind)
    call.status = CREATED
    return {"object": "ReactionAdded"}


def reactions(call: Call) -> Body:
    """Who reacted to a post."""
    found = list(call.world.post(call.parts[0]).reactions.values())
    items, cursor, _ = paged(call, found)
    made: list[Body] = [
        {
            "value": shapes.REACTIONS[kind],
            "author": shapes.author(call.world, call.account, person),
        }
        for person, kind in items
    ]
    return _list("ReactionList", made, cursor)


def start_chat(call: Call) -> Body:
    """Write to a person."""
    call.status = CREATED
    return {"object": "ChatStarted"} | written_to(call, people="attendees_ids")


def written_to(call: Call, *, people: str) -> Body:
    """Write to the one person of a field; the conversation with them goes on when there is one."""
    given = call.given.get(people)
    named = given if isinstance(given, list) else [given] if given else []
    if len(named) != 1:
        raise Refusal("invalid_parameters", f"{people}: one person")
    person = call.world.person(str(named[0]))
    text = call.text("text")
    if call.world.distance(call.account, person) > 1:
        raise Refusal("no_connection_with_recipient")
    chat_ = call.world.chat_with(call.account, person)
    made = call.world.send(chat_, text)
    call.wrote("message", person.id, made.id, text)
    return {"chat_id": chat_.id, "message_id": made.id}


def send(call: Call) -> Body:
    """Write into a conversation."""
    call.status = CREATED
    return written(call)


def written(call: Call) -> Body:
    """Write into the conversation that the path names."""
    chat_ = call.world.chat(call.account, call.parts[0])
    made = call.world.send(chat_, call.text("text"))
    call.wrote("message", chat_.person.id, made.id, made.text)
    return {"object": "MessageSent", "message_id": made.id}


def chats(call: Call) -> Body:
    """The account's conversations, the last written first."""
    after = instant(call, "after")
    before = instant(call, "before")
    found = [
        each
        for each in call.account.chats
        if each.messages
        and (after is None or each.messages[-1].at > after)
        and (before is None or each.messages[-1].at < before)
    ]
    found.sort(key=lambda each: each.messages[-1].at, reverse=True)
    items, cursor, _ = paged(call, found, maximum=MESSAGES_PAGE_MAX)
    return _list("ChatList", [shapes.chat(each) for each in items], cursor)


def chat(call: Call) -> Body:
    """One conversation."""
    found = call.world.chat(call.account, call.parts[0])
    return shapes.chat(found) | {"lastMessage": shapes.message(found.messages[-1])}


def chats_with(call: Call) -> Body:
    """The conversations with a person."""
    found = call.account.chat_of.get(call.world.person(call.parts[0]).id)
    items, cursor, _ = paged(call, [found] if found else [], maximum=MESSAGES_PAGE_MAX)
    return _list("ChatList", [shapes.chat(each) for each in items], cursor)


def chat_messages(call: Call) -> Body:
    """A conversation's messages, the newest first."""
    return _messages(call, call.world.chat(call.account, call.parts[0]).messages)


def messages(call: Call) -> Body:
    """All messages of the account, the newest first."""
    return _messages(call, call.account.messages)


def newest(call: Call, every: Sequence[Message]) -> list[Message]:
    """The messages that are asked for, the newest first."""
    after, before = instant(call, "after"), instant(call, "before")
    sender = call.query.get("sender_id")
    found = []
    for each in reversed(every):
        if after is not None and each.at <= after:
            break
        who = each.chat.account.person.id if each.is_own else each.chat.person.id
        if (before is None or each.at < before) and sender in {None, who}:
            found.append(each)
    return found


def _messages(call: Call, every: Sequence[Message]) -> Body:
    items, cursor, _ = paged(call, newest(call, every), maximum=MESSAGES_PAGE_MAX)
    return _list("MessageList", [shapes.message(each) for each in items], cursor)


def _invitations(call: Call, *, is_received: bool) -> Body:
    pending = call.account.invitations.values()
    found = [each for each in reversed(pending) if each.is_received is is_received]
    items, cursor, _ = paged(call, found, default=10)
    return _list("InvitationList", [shapes.invitation(each) for each in items], cursor)


def _list(name: str, items: list[Body], cursor: str | None) -> Body:
    return {"object": name, "items": items, "cursor": cursor}
