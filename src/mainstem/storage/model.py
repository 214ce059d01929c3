"""Who asks for files, what they may do with them, how much of it; and what a file is."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from mainstem.db.tenant import Tenant

#: ASGI's (asgi.readthedocs.io/en/latest/specs/main.html)
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MEGABYTE = 1024 * 1024


class Right(enum.Enum):
    """What a request does. Which files there are for it is decided by their policy."""

    READ = "read files"
    UPLOAD = "upload files"
    REMOVE = "remove files"
    MANAGE = "manage buckets"


@dataclass(frozen=True)
class Limits:
    """How much one request may ask for. A refusal names the limit that it met."""

    object_bytes_max: int = 50 * MEGABYTE
    json_bytes_max: int = 2 * MEGABYTE
    metadata_bytes_max: int = 64 * 1024
    #: of a listing, a bulk removal, a bulk signature
    objects_max: int = 1_000
    buckets_max: int = 1_000
    statement_s: int = 10
    #: how long a sender may be silent, and how slow it may be once that time is over
    silence_s: float = 20.0
    bytes_per_s_min: int = 8 * 1024
    #: how long a signature holds where nobody says, and at most
    signed_s: int = 600
    signed_s_max: int = 7 * 24 * 3600


@dataclass(frozen=True)
class Access:
    """What the caller of one request may do.

    Attributes:
        tenant: whose files; None for a caller who did not sign in.
        may: whether the caller's role, and the scopes of its key, allow that.
    """

    tenant: Tenant | None
    may: Callable[[Right], bool]


class Keys(Protocol):
    """Makes and checks signatures: core's key-encryption keys."""

    def keyed_hash(self, text: bytes) -> bytes:
        """The hash by the current key."""

    def keyed_hashes(self, text: bytes) -> list[bytes]:
        """The hashes by every key that still counts."""


@dataclass(frozen=True)
class Ports:
    """What the storage API asks of whoever knows agencies and their people.

    Attributes:
        resolve: who asks, from the ASGI scope with its headers; it may raise a RefusedError.
        agency: the agency of a slug, seen as a whole; None where there is none.
        on_behalf_of: an agency seen as a whole, for what one of its people signed.
        keys: what signatures are made with.
    """

    resolve: Callable[[Scope], Awaitable[Access]]
    agency: Callable[[str], Awaitable[Tenant | None]]
    on_behalf_of: Callable[[UUID, UUID | None], Tenant]
    keys: Keys


@dataclass(frozen=True)
class Bucket:
    """A bucket as the database has it."""

    agency_id: UUID
    id: UUID
    name: str
    is_public: bool
    object_bytes_max: int | None
    mime_types: Sequence[str] | None
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Stored:
    """A file as the database has it."""

    agency_id: UUID
    id: UUID
    bucket_id: UUID
    client_id: UUID | None
    name: str
    version: UUID
    mime_type: str
    size_bytes: int
    sha256: bytes
    cache_s: int
    metadata: dict[str, object]
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime

    @property
    def etag(self) -> str:
        """A name for the content: the same for the same bytes."""
        return f'"{self.sha256.hex()[:32]}"'


@dataclass(frozen=True)
class Content:
    """What was uploaded, before it is a file."""

    mime_type: str
    size_bytes: int
    sha256: bytes
    cache_s: int
    metadata: dict[str, object]


@dataclass(frozen=True)
class Listed:
    """A line of a listing: a file, or a folder, which is a name only."""

    name: str
    stored: Stored | None
