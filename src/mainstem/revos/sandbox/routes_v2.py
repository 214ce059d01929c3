"""The routes of the second dialect, and how it writes things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.revos.sandbox import hosted
from mainstem.revos.sandbox import routes_v1 as v1
from mainstem.revos.sandbox.call import Body, Call, Route, Routes, iso, paged
from mainstem.revos.sandbox.refusal import Refusal
from mainstem.revos.sandbox.shapes_v1 import DISTANCES, url_of

if TYPE_CHECKING:
    from mainstem.revos.sandbox.model import (
        Account,
        Chat,
        Comment,
        Event,
        Invitation,
        Message,
        Post,
    )
    from mainstem.revos.sandbox.people import Person
    from mainstem.revos.sandbox.world import World

CREATED = 201
PAGE = 20
STATUSES = {"OK": "running", "CREDENTIALS": "disconnected", "CONNECTING": "connecting"}
REACTIONS = {
    "\N{THUMBS UP SIGN}": "like",
    "\N{CLAPPING HANDS SIGN}": "celebrate",
    "\N{HEART HANDS}": "support",
    "\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}": "love",
    "\N{ELECTRIC LIGHT BULB}": "insightful",
    "\N{SMILING FACE WITH OPEN MOUTH AND SMILING EYES}": "funny",
}
EVENTS = {"message_received": "message.new", "new_relation": "relation.new"}


def routes() -> Routes:
    """Every route; those of an account come after its id."""
    apart = {"is_counted": False, "needs_account": False}
    stored = {"is_counted": False}
    me = ("users", "me")
    asked = (*me, "relation-requests")
    return {
        ("POST", ("auth", "link")): Route("link", link, **apart),
        ("GET", ("accounts",)): Route("accounts", accounts, **apart),
        ("GET", ("accounts", "*")): Route("account", account, **apart),
        ("DELETE", ("accounts", "*")): Route("account_delete", delete_account, **apart),
        ("POST", ("webhooks", "endpoints")): Route("webhook_create", create_webhook, **apart),
        ("GET", ("webhooks", "endpoints")): Route("webhooks", webhooks, **apart),
        ("DELETE", ("webhooks", "endpoints", "*")): Route(
            "webhook_delete", delete_webhook, **apart
        ),
        ("POST", ("@", "posts")): Route("publish", publish),
        ("GET", ("@", "posts", "*")): Route("post", post),
        ("GET", ("@", "users", "*", "posts")): Route("posts", posts),
        ("GET", ("@", "posts", "*", "comments")): Route("comments", comments),
        ("POST", ("@", "posts", "*", "comments")): Route("comment", comment),
        ("GET", ("@", "posts", "*", "comments", "*", "replies")): Route("comments", comments),
        ("POST", ("@", "posts", "*", "comments", "*")): Route("comment", comment),
        ("POST", ("@", "posts", "*", "reactions")): Route("react", react),
        ("GET", ("@", *me)): Route("owner", owner),
        ("GET", ("@", "users", "*")): Route("profile", profile),
        ("GET", ("@", "users", "*", "chat")): Route("chats", chats_with, **stored),
        ("POST", ("@", "chats", "send")): Route("message", start_chat),
        ("GET", ("@", "chats")): Route("chats", chats, **stored),
        ("GET", ("@", "chats", "*", "messages")): Route("messages", messages, **stored),
        ("POST", ("@", "chats", "*", "messages", "send")): Route("message", send),
        ("POST", ("@", *asked)): Route("invite", invite),
        ("GET", ("@", *asked)): Route("invitations", invitations),
        ("POST", ("@", *asked, "*", "cancel")): Route("withdraw", withdraw),
        ("POST", ("@", *asked, "*", "accept")): Route("answer_invitation", accept),
    }


def link(call: Call) -> Body:
    """The address of the page on which an account is linked."""
    call.text("expires_on")
    key = call.optional("account_id")
    if not isinstance(call.given.get("providers"), (list, str)):
        raise Refusal("missing_parameters", "providers")
    page = hosted.Page(
        account=call.sandbox.account(key) if key else None,
        name=call.optional("state") or "",
        success_url=call.optional("redirect_uri"),
        failure_url=call.optional("redirect_uri"),
        is_v2=True,
    )
    return {"object": "AuthLink", "link": call.sandbox.offer(page)}


def accounts(call: Call) -> Body:
    """Accounts, by offset."""
    found = call.sandbox.linked()
    offset = call.query.get("offset", "0")
    if not offset.isdigit():
        raise Refusal("invalid_parameters", "offset")
    start, limit = int(offset), call.limit(100, PAGE)
    page = found[start : start + limit]
    return {"data": [_account(each) for each in page], "has_more": start + limit < len(found)}


def account(call: Call) -> Body:
    """One account."""
    return _account(call.sandbox.account(call.parts[0]))


def delete_account(call: Call) -> Body:
    """Forget an account."""
    call.sandbox.unlink(call.sandbox.account(call.parts[0]))
    return {"object": "AccountDeleted"}


def create_webhook(call: Call) -> Body:
    """Have something told to an address."""
    call.status = CREATED
    return call.sandbox.hooks.add_v2(call).shape_v2(with_secret=True)


def webhooks(call: Call) -> Body:
    """What is told to whom."""
    items, cursor, _ = paged(call, call.sandbox.hooks.of("v2"), default=PAGE)
    return _list([each.shape_v2() for each in items], cursor)


def delete_webhook(call: Call) -> Body:
    """Have it told no more."""
    call.sandbox.hooks.remove(call.parts[0])
    return {"object": "WebhookDeleted"}


def publish(call: Call) -> Body:
    """Publish a post."""
    made = call.world.publish(call.account, call.text("text"))
    call.wrote("post", made.social_id, made.id, made.text)
    call.status = CREATED
    return _post(made)


def post(call: Call) -> Body:
    """A post."""
    return _post(call.world.post(call.parts[0]))


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
    items, cursor, _ = paged(call, found, default=PAGE)
    return _list([_post(each) for each in items], cursor)


def comments(call: Call) -> Body:
    """Comments, or the replies to one, the newest first."""
    found = call.world.post(call.parts[0])
    is_thread = len(call.parts) > 1
    every = call.world.comment(found, call.parts[1]).replies if is_thread else found.comments
    seen = [each for each in reversed(every) if not each.is_deleted]
    items, cursor, _ = paged(call, seen, default=PAGE)
    made = [_comment(call.account, each) for each in items]
    return _list(made, cursor) | {"total_count": len(seen)}


def comment(call: Call) -> Body:
    """Comment on a post, or reply to a comment."""
    found = call.world.post(call.parts[0])
    parent = call.world.comment(found, call.parts[1]) if len(call.parts) > 1 else None
    made = call.world.write_comment(call.account, found, call.text("text"), parent=parent)
    target = parent.id if parent else found.social_id
    call.wrote("reply" if parent else "comment", target, made.id, made.text)
    call.status = CREATED
    return _comment(call.account, made)


def react(call: Call) -> Body:
    """React to a post."""
    found = call.world.post(call.parts[0])
    kind = REACTIONS.get(call.text("reaction"))
    if kind is None:
        raise Refusal("invalid_parameters", "reaction")
    me = call.account.person
    if me.id in found.reactions:
        raise Refusal("action_already_performed", status=422)
    found.reactions[me.id] = (me, kind)
    call.wrote("reaction", found.social_id, "", kind)
    return {"object": "ReactionAdded"}


def owner(call: Call) -> Body:
    """The account's own person."""
    return _profile(call.world, call.account, call.account.person)


def profile(call: Call) -> Body:
    """A person."""
    return _profile(call.world, call.account, call.world.person(call.parts[0]))


def chats_with(call: Call) -> Body:
    """The conversations with a person."""
    found = call.account.chat_of.get(call.world.person(call.parts[0]).id)
    items, cursor, _ = paged(call, [found] if found else [])
    return _list([_chat(each) for each in items], cursor)


def start_chat(call: Call) -> Body:
    """Write to a person."""
    return {"object": "MessageSent"} | v1.written_to(call, people="users_ids")


def chats(call: Call) -> Body:
    """The account's conversations, the last written first."""
    found = [each for each in call.account.chats if each.messages]
    found.sort(key=lambda each: each.messages[-1].at, reverse=True)
    items, cursor, _ = paged(call, found, default=PAGE)
    return _list([_chat(each) for each in items], cursor)


def messages(call: Call) -> Body:
    """A conversation's messages, the newest first."""
    found = v1.newest(call, call.world.chat(call.account, call.parts[0]).messages)
    items, cursor, _ = paged(call, found, default=PAGE)
    return _list([_message(each) for each in items], cursor)


def send(call: Call) -> Body:
    """Write into a conversation."""
    return v1.written(call)


def invite(call: Call) -> Body:
    """Ask a person to connect."""
    person = call.world.person(call.text("user_id"))
    made, _ = call.world.invite(call.account, person, call.optional("message"))
    call.wrote("invitation", person.id, made.id, made.note or "")
    call.status = CREATED
    return _invitation(made)


def invitations(call: Call) -> Body:
    """Pending invitations of one direction."""
    kind = call.query.get("type", "sent")
    if kind not in {"sent", "received"}:
        raise Refusal("invalid_parameters", "type")
    pending = call.account.invitations.values()
    found = [each for each in reversed(pending) if each.is_received is (kind == "received")]
    items, cursor, _ = paged(call, found, default=PAGE)
    return _list([_invitation(each) for each in items], cursor)


def withdraw(call: Call) -> Body:
    """Take an invitation back."""
    found = call.world.invitation(call.account, call.parts[0], is_received=False)
    del call.account.invitations[found.id]
    call.wrote("withdrawal", found.person.id, found.id)
    return {"object": "RelationRequestCanceled"}


def accept(call: Call) -> Body:
    """Accept an invitation."""
    found = call.world.invitation(call.account, call.parts[0], is_received=True)
    del call.account.invitations[found.id]
    call.wrote("acceptance", found.person.id, found.id)
    call.world.connect(call.account, found.person)
    return {"object": "RelationRequestAccepted"}


def event(found: Event, *, number: int) -> Body:
    """What a webhook tells."""
    kind = EVENTS.get(found.kind, "account.status")
    payload: Body = {"status": STATUSES.get(found.account.status, "error")}
    if found.message is not None:
        payload = _message(found.message)
    elif found.person is not None:
        payload = {"user": _user(found.person)}
    elif found.kind == "account_linked":
        kind, payload = found.word.split(":", 1)[0], {"state": found.word.split(":", 1)[1]}
    elif found.word == "RECONNECTED":
        kind, payload = "account.reconnect", {"state": None}
    return {
        "id": f"evt_{number:016d}",
        "type": kind,
        "created_at": iso(found.at),
        "account_id": found.account.id_v2,
        "payload": payload,
    }


def _account(found: Account) -> Body:
    return {
        "object": "Account",
        "id": found.id_v2,
        "application_id": "app_sandbox",
        "user_id": found.person.id,
        "name": found.person.name,
        "provider": "linkedin",
        "status": STATUSES.get(found.status, "error"),
        "created_at": iso(found.created_at),
        "metadata": {},
    }


def _user(person: Person) -> Body:
    return {
        "id": person.id,
        "type": "individual",
        "public_identifier": person.slug,
        "display_name": person.name,
        "profile_url": url_of(person),
        "description": person.headline,
    }


def _profile(world: World, asker: Account, person: Person) -> Body:
    is_pending = any(each.person is person for each in asker.invitations.values())
    return {
        **_user(person),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "specifics": {
            "network_distance": DISTANCES[world.distance(asker, person)],
            "can_send_inmail": False,
            "is_open_profile": False,
            "relation_request_status": "PENDING" if is_pending else None,
            "throttled_sections": [],
        },
    }


def _post(found: Post) -> Body:
    counts: dict[str, int] = {}
    for _, kind in found.reactions.values():
        counts[kind] = counts.get(kind, 0) + 1
    return {
        "id": found.social_id,
        "share_url": f"https://www.linkedin.com/posts/{found.account.person.slug}-activity-{found.id}",
        "created_at": iso(found.at),
        "text": found.text,
        "author": _user(found.account.person),
        "user_reacted": None,
        "permissions": {"can_post_comments": not found.is_closed},
        "reactions_counter": [{"reaction": kind, "count": count} for kind, count in counts.items()],
        "comments_counter": sum(not each.is_deleted for each in found.comments),
        "reposts_counter": len(found.reactions) // 10,
        "attachments": [],
        "analytics": {"impressions": 40 * (len(found.reactions) + len(found.comments))},
        "is_repost": False,
    }


def _comment(asker: Account, found: Comment) -> Body:
    hidden: Body = {"id": None, "type": "individual", "display_name": ""}
    return {
        "id": found.id,
        "author": _user(found.author) if found.author else hidden,
        "created_at": iso(found.at),
        "text": found.text,
        "is_sender": found.author is asker.person,
        "can_reply": True,
        "can_react": True,
        "reply_counter": sum(not each.is_deleted for each in found.replies),
        "reactions_counter": [],
    }


def _chat(found: Chat) -> Body:
    return {
        "id": found.id,
        "name": None,
        "type": "single",
        "users_ids": [found.person.id],
        "last_message_at": iso(found.messages[-1].at) if found.messages else None,
        "unread_count": found.unread,
    }


def _message(found: Message) -> Body:
    sender = found.chat.account.person if found.is_own else found.chat.person
    return {
        "id": found.id,
        "chat_id": found.chat.id,
        "sender_id": sender.id,
        "text": found.text,
        "timestamp": iso(found.at),
        "is_sender": found.is_own,
        "is_seen": False,
        "is_delivered": True,
        "is_deleted": False,
        "is_edited": False,
        "is_event": False,
    }


def _invitation(found: Invitation) -> Body:
    return {
        "object": "LinkedInRelationRequest",
        "id": found.id,
        "type": "received" if found.is_received else "sent",
        "user": _user(found.person),
        "created_at": iso(found.at),
        "message": found.note,
    }


def _list(items: list[Body], cursor: str | None) -> Body:
    return {"data": items} | ({"next_cursor": cursor} if cursor else {})
