"""What the provider's webhooks tell, in one shape for both dialects.

Nothing here trusts a body: what cannot be read is `MalformedError`, with a reason for people.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from mainstem.revos.unipile import AccountId, ChatId, Message, MessageId, PersonId, v2_shapes
from mainstem.revos.unipile import reading as json
from mainstem.revos.unipile.reading import MalformedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    Given = Mapping[str, object]

KEY_CHARACTERS_MAX = 400


class Kind(StrEnum):
    """What an event is about.

    Attributes:
        MESSAGE: somebody wrote, or the account itself did.
        CONNECTED: somebody has become a contact.
        ACCOUNT: the account can work again, or cannot any more.
        LINKED: somebody has linked an account on the provider's page.
        OTHER: something that we do not act on.
    """

    MESSAGE = "message"
    CONNECTED = "connected"
    ACCOUNT = "account"
    LINKED = "linked"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event.

    Attributes:
        name: the provider's own word.
        account: whose it is.
        key: the same for the same event, however often it is told.
        at: when it happened, as far as the provider says.
        is_own: of a message, whether the account wrote it itself.
        person: of CONNECTED, who.
        status: of ACCOUNT, the provider's word; of LINKED, our own word for it.
    """

    kind: Kind
    name: str
    account: AccountId
    key: str
    at: datetime | None = None
    is_own: bool = False
    message: Message | None = None
    person: PersonId | None = None
    status: str = ""


def event_of(given: Given, *, received_at: datetime) -> Event:
    """The event that a body tells.

    Args:
        given: the body's object.
        received_at: when it came in; states of accounts have no other time.

    Raises:
        MalformedError: it is none.
    """
    status = given.get("AccountStatus")
    if isinstance(status, dict):
        return _account_status(status, received_at)
    if "payload" in given and "type" in given:
        return _second_dialect(given)
    name = json.text(given, "event")
    if name is None:
        raise MalformedError("no event")
    if name == "new_relation":
        return _relation(given)
    if name.startswith("message_"):
        return _message(given, name)
    return _event(Kind.OTHER, name, given, _digest(given))


def linked_of(given: Given) -> Event:
    """The event that an account was linked, as the hosted page tells it in the first dialect.

    Raises:
        MalformedError: it is none.
    """
    account = AccountId(json.needed(given, "account_id"))
    word = json.needed(given, "name")
    name = json.text(given, "status") or ""
    return Event(kind=Kind.LINKED, name=name, account=account, key=f"linked:{account}", status=word)


def _account_status(given: Given, received_at: datetime) -> Event:
    account = AccountId(json.needed(given, "account_id"))
    status = json.needed(given, "message")
    minute = received_at.strftime("%Y-%m-%dT%H:%M")
    return Event(
        kind=Kind.ACCOUNT,
        name="account_status",
        account=account,
        key=_key("account_status", status, minute),
        status=status.upper(),
    )


def _relation(given: Given) -> Event:
    person = json.needed(given, "user_provider_id")
    key = _key("new_relation", person)
    return _event(Kind.CONNECTED, "new_relation", given, key, person=PersonId(person))


def _message(given: Given, name: str) -> Event:
    message_id = json.needed(given, "message_id")
    at = json.instant(given, "timestamp")
    if name != "message_received":
        # One message may be read, changed or reacted to several times.
        key = _key(name, message_id, json.text(given, "timestamp") or _digest(given))
        return _event(Kind.OTHER, name, given, key, at=at)
    sender = json.identifier(json.nested(given, "sender"), "attendee_provider_id")
    own = json.identifier(json.nested(given, "account_info"), "user_id")
    is_own = json.flag(given, "is_sender") or (sender is not None and sender == own)
    message = Message(
        id=MessageId(message_id),
        chat_id=ChatId(json.needed(given, "chat_id")),
        sender_id=PersonId(sender) if sender else None,
        text=json.text(given, "message", "text") or "",
        sent_at=at,
        is_own=is_own,
        kind=json.text(given, "message_type") or "MESSAGE",
        is_event=json.flag(given, "is_event"),
    )
    key = _key(name, message_id)
    return _event(Kind.MESSAGE, name, given, key, at=at, is_own=is_own, message=message)


def _second_dialect(given: Given) -> Event:
    """Events of the second dialect; its names and payloads are documented in part only."""
    name = json.needed(given, "type")
    account = json.identifier(given, "account_id") or json.needed(
        json.nested(given, "account"), "id"
    )
    payload = json.nested(given, "payload")
    found = Event(
        kind=Kind.OTHER,
        name=name,
        account=AccountId(account),
        key=_key(json.needed(given, "id")),
        at=json.instant(given, "created_at"),
    )
    if name == "message.new":
        message = v2_shapes.message(payload)
        return replace(found, kind=Kind.MESSAGE, message=message, is_own=message.is_own)
    if name == "relation.new":
        person = PersonId(json.needed(json.nested(payload, "user"), "id"))
        return replace(found, kind=Kind.CONNECTED, person=person)
    word = json.text(payload, "state") or json.text(given, "state")
    if name in {"account.add", "account.reconnect"} and word:
        return replace(found, kind=Kind.LINKED, status=word)
    if name.startswith("account."):
        status = json.text(payload, "status") or name.partition(".")[2]
        return replace(found, kind=Kind.ACCOUNT, status=status.upper())
    return found


def _event(
    kind: Kind,
    name: str,
    given: Given,
    key: str,
    *,
    at: datetime | None = None,
    is_own: bool = False,
    message: Message | None = None,
    person: PersonId | None = None,
) -> Event:
    return Event(
        kind=kind,
        name=name,
        account=AccountId(json.needed(given, "account_id")),
        key=key,
        at=at,
        is_own=is_own,
        message=message,
        person=person,
    )


def _key(*parts: str) -> str:
    """A key of bounded length."""
    key = ":".join(parts)
    if len(key) <= KEY_CHARACTERS_MAX:
        return key
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def _digest(given: Given) -> str:
    return hashlib.sha256(repr(sorted(given.items(), key=str)).encode()).hexdigest()
