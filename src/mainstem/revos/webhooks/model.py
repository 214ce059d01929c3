"""Endpoints that are told of events, what they are told, and what came back."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

Json: TypeAlias = dict[str, Any]

LEAD_CAPTURED = "lead.captured"
TEST = "webhook.test"
EVENTS = frozenset({LEAD_CAPTURED, TEST})
#: requests that are under way side by side
CONNECTIONS_MAX = 100


class Destination(enum.StrEnum):
    """What an endpoint is, as webhook_config.esp_type names it.

    The first three get the signed message itself; the others are written to through their APIs.
    """

    CUSTOM = "custom"
    ZAPIER = "zapier"
    MAKE = "make"
    KIT = "kit"
    MAILCHIMP = "mailchimp"
    ACTIVECAMPAIGN = "activecampaign"
    HUBSPOT = "hubspot"

    @property
    def is_signed(self) -> bool:
        """Whether its secret signs; that of the others is a credential at their service."""
        return self in {Destination.CUSTOM, Destination.ZAPIER, Destination.MAKE}


def destination(name: str) -> Destination:
    """Read esp_type; what came from elsewhere under another name is a plain webhook."""
    if name == "convertkit":  # Kit's former name, in legacy rows
        return Destination.KIT
    try:
        return Destination(name)
    except ValueError:
        return Destination.CUSTOM


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a lead. The key makes it count once, however often it is told."""

    kind: str
    key: str
    lead_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A delivery with its endpoint, as one attempt needs them."""

    id: UUID
    agency_id: UUID
    event_type: str
    payload: Json
    status: str
    endpoint_id: UUID
    url: str
    esp_type: str
    options: Json
    headers: Json
    secret: bytes | None = field(repr=False)
    previous_secret: bytes | None = field(repr=False)
    timeout_ms: int
    is_active: bool
    attempts_max: int
    failures: int
    spared_until: datetime | None


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent."""

    method: str
    url: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: a status, or the error that kept one from coming."""

    status: int | None = None
    body: bytes = b""
    error: str | None = None
    retry_after_s: float | None = None
    duration_ms: int = 0

    @property
    def is_success(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing more."""
        return self.status == 410  # noqa: PLR2004 - HTTP's own

    def told(self) -> str:
        """Why it is no success, in a sentence without anything of the body."""
        if self.status is None:
            return self.error or "no answer came"
        if 300 <= self.status < 400:  # noqa: PLR2004 - HTTP's own
            return f"it answered {self.status}; redirects are not followed, give its final address"
        return f"{self.error + ': ' if self.error else ''}it answered {self.status}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt leaves behind."""

    parcel: Parcel
    answer: Answer
    at: datetime
    number: int
    is_last: bool
    next_retry_at: datetime | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as people see it; its secret is never among it."""

    id: UUID
    client_id: UUID
    name: str
    url: str
    destination: Destination
    events: list[str]
    is_active: bool
    failures: int
    disabled_reason: str | None
