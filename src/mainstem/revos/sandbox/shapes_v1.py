"""The sandbox's things as the first dialect writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.revos.sandbox.call import iso

if TYPE_CHECKING:
    from mainstem.revos.sandbox.call import Body
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

DISTANCES = ("SELF", "FIRST_DEGREE", "SECOND_DEGREE", "THIRD_DEGREE")
REACTIONS = {
    "like": "LIKE",
    "celebrate": "PRAISE",
    "support": "APPRECIATION",
    "love": "EMPATHY",
    "insightful": "INTEREST",
    "funny": "ENTERTAINMENT",
}


def url_of(person: Person) -> str:
    """A person's public page."""
    return f"https://www.linkedin.com/in/{person.slug}"


def account(found: Account) -> Body:
    """An account."""
    return {
        "object": "Account",
        "id": found.id,
        "type": "LINKEDIN",
        "name": found.person.name,
        "created_at": iso(found.created_at),
        "groups": [],
        "sources": [{"id": f"{found.id}_MESSAGING", "status": found.status}],
        "connection_params": {
            "im": {
                "id": found.person.id,
                "username": found.person.name,
                "publicIdentifier": found.person.slug,
                "premiumId": None,
                "premiumContractId": None,
                "premiumFeatures": ["classic"],
                "organizations": [],
            }
        },
    }


def owner(found: Account) -> Body:
    """An account's own person."""
    person = found.person
    return {
        "object": "AccountOwnerProfile",
        "provider": "LINKEDIN",
        "provider_id": person.id,
        "public_identifier": person.slug,
        "entity_urn": person.id,
        "object_urn": f"urn:li:member:{person.index}",
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "headline": person.headline,
        "profile_picture_url": None,
        "public_profile_url": url_of(person),
        "premium": False,
        "open_profile": False,
        "organizations": [],
        "recruiter": None,
        "sales_navigator": None,
    }


def profile(world: World, asker: Account, person: Person) -> Body:
    """A person."""
    distance = world.distance(asker, person)
    is_pending = any(each.person is person for each in asker.invitations.values())
    found: Body = {
        "object": "UserProfile",
        "provider": "LINKEDIN",
        "provider_id": person.id,
        "public_identifier": person.slug,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "headline": person.headline,
        "public_profile_url": url_of(person),
        "websites": [],
        "network_distance": DISTANCES[distance],
        "is_relationship": distance == 1,
        "is_self": distance == 0,
        "is_open_profile": False,
        "is_premium": False,
        "work_experience": [
            {"position": person.headline, "company": person.headline.rpartition(" ")[2],
             "current": True, "start": "2020-01-01", "end": None}
        ],
        "throttled_sections": [],
    }  # fmt: skip
    if is_pending:
        found["invitation"] = {"type": "SENT", "status": "PENDING"}
    return found


def author(world: World, asker: Account, person: Person) -> Body:
    """Who wrote a post or reacted."""
    return {
        "id": person.id,
        "public_identifier": person.slug,
        "type": "INDIVIDUAL",
        "name": person.name,
        "is_company": False,
        "headline": person.headline,
        "profile_url": url_of(person),
        "network_distance": DISTANCES[world.distance(asker, person)],
    }


def post(world: World, asker: Account, found: Post) -> Body:
    """A post."""
    hours = (world.now() - found.at).total_seconds() / 3600
    return {
        "object": "Post",
        "provider": "LINKEDIN",
        "id": found.id,
        "social_id": found.social_id,
        "share_url": f"https://www.linkedin.com/posts/{found.account.person.slug}-activity-{found.id}",
        "text": found.text,
        "date": f"{int(hours)}h",
        "parsed_datetime": iso(found.at),
        "reaction_counter": len(found.reactions),
        "comment_counter": sum(not each.is_deleted for each in found.comments),
        "repost_counter": len(found.reactions) // 10,
        "impressions_counter": 40 * (len(found.reactions) + len(found.comments)),
        "author": author(world, asker, found.account.person),
        "permissions": {
            "can_react": True,
            "can_share": True,
            "can_post_comments": not found.is_closed,
        },
        "is_repost": False,
        "mentions": [],
        "attachments": [],
    }


def comment(world: World, asker: Account, found: Comment) -> Body:
    """A comment; of a hidden author no more than that there is one."""
    person = found.author
    details: Body = {"id": None, "headline": None, "profile_url": None, "network_distance": None}
    if person is not None:
        details = {
            "id": person.id,
            "headline": person.headline,
            "profile_url": url_of(person),
            "network_distance": DISTANCES[world.distance(asker, person)],
        }
    return {
        "object": "Comment",
        "id": found.id,
        "post_id": found.post.id,
        "post_urn": found.post.social_id,
        "author": person.name if person else None,
        "author_details": details,
        "date": iso(found.at),
        "text": found.text,
        "reaction_counter": len(found.reactions),
        "reply_counter": sum(not each.is_deleted for each in found.replies),
        "impressions_counter": 0,
    }


def chat(found: Chat) -> Body:
    """A conversation."""
    return {
        "object": "Chat",
        "id": found.id,
        "account_id": found.account.id,
        "account_type": "LINKEDIN",
        "provider_id": f"2-{found.id}",
        "attendee_provider_id": found.person.id,
        "name": None,
        "type": 0,
        "timestamp": iso(found.messages[-1].at) if found.messages else None,
        "unread_count": found.unread,
        "archived": 0,
        "muted_until": None,
        "read_only": 0,
        "content_type": None,
        "folder": ["INBOX", "INBOX_LINKEDIN_CLASSIC"],
        "pinned": 0,
    }


def message(found: Message) -> Body:
    """A message."""
    chat_ = found.chat
    sender = chat_.account.person if found.is_own else chat_.person
    return {
        "object": "Message",
        "id": found.id,
        "provider_id": f"2-{found.id}",
        "chat_id": chat_.id,
        "chat_provider_id": f"2-{chat_.id}",
        "account_id": chat_.account.id,
        "sender_id": sender.id,
        "sender_attendee_id": f"att-{sender.id}",
        "text": found.text,
        "timestamp": iso(found.at),
        "is_sender": int(found.is_own),
        "seen": 0,
        "seen_by": {},
        "hidden": 0,
        "deleted": 0,
        "edited": 0,
        "is_event": 0,
        "delivered": 1,
        "message_type": "MESSAGE",
        "attachments": [],
        "reactions": [],
        "attendee_type": "MEMBER",
        "attendee_distance": 1,
        "sender_urn": f"urn:li:member:{sender.index}",
    }


def relation(person: Person, at_ms: int) -> Body:
    """A contact."""
    return {
        "object": "UserRelation",
        "first_name": person.first_name,
        "last_name": person.last_name,
        "headline": person.headline,
        "public_identifier": person.slug,
        "public_profile_url": url_of(person),
        "created_at": at_ms,
        "member_id": person.id,
        "member_urn": f"urn:li:member:{person.index}",
        "connection_urn": f"urn:li:connection:{person.index}",
    }


def invitation(found: Invitation) -> Body:
    """A pending invitation."""
    person = found.person
    common: Body = {
        "id": found.id,
        "date": "1d",
        "parsed_datetime": iso(found.at),
        "invitation_text": found.note,
        "specifics": {"provider": "LINKEDIN", "shared_secret": found.secret},
    }
    if found.is_received:
        inviter = {"inviter_id": person.id, "inviter_name": person.name}
        return {"object": "InvitationReceived", "inviter": inviter, **common}
    return {
        "object": "InvitationSent",
        "invited_user": person.name,
        "invited_user_id": person.id,
        "invited_user_public_id": person.slug,
        "invited_user_description": person.headline,
        **common,
    }


def event(found: Event, *, name: str) -> Body:
    """What a webhook tells."""
    account_ = found.account
    if found.kind == "account_status":
        status = {"account_id": account_.id, "account_type": "LINKEDIN", "message": found.word}
        return {"AccountStatus": status}
    envelope: Body = {
        "event": found.kind,
        "account_id": account_.id,
        "account_type": "LINKEDIN",
        "webhook_name": name,
    }
    if found.person is not None:
        person = found.person
        return envelope | {
            "user_full_name": person.name,
            "user_provider_id": person.id,
            "user_public_identifier": person.slug,
            "user_profile_url": url_of(person),
            "user_picture_url": None,
        }
    assert found.message is not None, "an event tells of a state, a person or a message"
    return envelope | _message_event(found.message)


def _message_event(found: Message) -> Body:
    chat_ = found.chat
    sender = chat_.account.person if found.is_own else chat_.person
    return {
        "account_info": {"type": "LINKEDIN", "user_id": chat_.account.person.id},
        "chat_id": chat_.id,
        "provider_chat_id": f"2-{chat_.id}",
        "message_id": found.id,
        "provider_message_id": f"2-{found.id}",
        "message": found.text,
        "subject": None,
        "timestamp": iso(found.at),
        "sender": _attendee(sender),
        "attendees": [_attendee(chat_.person)],
        "attachments": [],
        "is_sender": found.is_own,
        "is_event": 0,
        "is_group": False,
        "quoted": None,
        "message_type": "MESSAGE",
        "chat_content_type": None,
        "folder": ["INBOX"],
    }


def _attendee(person: Person) -> Body:
    return {
        "attendee_id": f"att-{person.id}",
        "attendee_name": person.name,
        "attendee_provider_id": person.id,
        "attendee_profile_url": url_of(person),
        "attendee_public_identifier": person.slug,
    }
