"""What core speaks of: people, sessions, keys, and what a request may see."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from mainstem.core.permissions import Rights
    from mainstem.db.tenant import Tenant


class Scope(enum.StrEnum):
    """What an API key may do by itself, without a person."""

    ROWS_READ = "rows.read"
    ROWS_WRITE = "rows.write"
    FILES_READ = "files.read"
    FILES_WRITE = "files.write"


class Assurance(enum.StrEnum):
    """By what the person of a session was known."""

    PASSWORD = "password"  # noqa: S105 - a word, no password
    SECOND_FACTOR = "second_factor"
    IDENTITY = "identity"
    LINK = "link"


@dataclass(frozen=True)
class Origin:
    """Where a request comes from, as far as it can be known."""

    address: str = ""
    user_agent: str = ""


@dataclass(frozen=True)
class Person:
    """One who may sign in, with the clients they see (None: all of the agency's).

    Of `read_only_client_ids` they read rows and write none.
    """

    id: UUID
    agency_id: UUID
    email: str
    role: str
    first_name: str | None
    last_name: str | None
    is_active: bool
    has_second_factor: bool
    last_login_at: datetime | None
    created_at: datetime
    updated_at: datetime
    client_ids: frozenset[UUID] | None
    metadata: Mapping[str, object]
    read_only_client_ids: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class KeyUse:
    """The API key of a request: for which agency and app it speaks, and what it may do alone."""

    id: UUID
    agency_id: UUID
    client_id: UUID | None
    app: str
    profile: str
    scopes: frozenset[Scope]
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True)
class SessionUse:
    """The session of a request, and its person; `is_operator`: they run the platform."""

    id: UUID
    kind: str
    assurance: Assurance
    app_context: str
    client_id: UUID | None
    person: Person
    overrides: tuple[str, ...] = ()
    is_operator: bool = False


@dataclass(frozen=True)
class Access:
    """Who a request is from and how much it sees.

    Attributes:
        tenant: whose rows it sees; None for the anonymous.
        session: the session, when a person is signed in.
        key: the API key, when the request brought one.
        app: the app it is in.
        profile: the schema that is meant where none, or public, is named.
        scopes: what it may do; a person has all of them, within their role.
        rights: what their role may do with rows.
    """

    tenant: Tenant | None
    session: SessionUse | None
    key: KeyUse | None
    app: str
    profile: str
    scopes: frozenset[Scope]
    rights: Rights

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody is behind the request, or only a key that may do nothing alone."""
        return self.tenant is None


@dataclass(frozen=True)
class SessionView:
    """A session as its owner sees it."""

    id: UUID
    kind: str
    assurance: str
    app_context: str
    user_agent: str | None
    remote_address: str | None
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class SignedIn:
    """What somebody gets who signed in. Tokens are shown here once; the database keeps hashes.

    Attributes:
        person: who.
        session_id: their session.
        assurance: by what they were known.
        token: a browser's session token, or a program's refresh token.
        expires_at: when the session ends if nobody uses it.
    """

    person: Person
    session_id: UUID
    assurance: Assurance
    token: str
    expires_at: datetime

    @property
    def needs_second_factor(self) -> bool:
        """Whether the session opens nothing yet but the door of the second factor."""
        return self.person.has_second_factor and self.assurance is not Assurance.SECOND_FACTOR
