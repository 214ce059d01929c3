"""Who asks the data API, what they may do, and how much of it."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from mainstem.db.tenant import Grounds, Tenant

#: the schemas that requests may name; nothing else is ever read for them
PROFILES = ("public", "legacy")

#: ASGI's three (asgi.readthedocs.io/en/latest/specs/main.html)
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Action(enum.Enum):
    """What a request does with rows of a table."""

    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True)
class Limits:
    """How much one request may ask for. A refusal names the limit that it met."""

    statement_s: int = 10
    #: rows of a page, and of each embedded list: longer ones are cut, as Content-Range says
    rows_max: int = 1_000
    written_rows_max: int = 10_000
    embedding_depth_max: int = 6
    embeddings_max: int = 30
    conditions_max: int = 200
    nesting_max: int = 20
    query_bytes_max: int = 60_000
    body_bytes_max: int = 5_000_000
    #: sums and averages over any column cost the server much and the caller nothing
    has_aggregates: bool = False


def _everything(table: str, action: Action) -> bool:
    del table, action
    return True


@dataclass(frozen=True)
class Access:
    """What the caller of one request may do. Whoever knows callers makes one for each request.

    Attributes:
        tenant: whose rows; None for a caller who did not sign in, and who is refused.
        profile: the schema that is meant where a request names none, or `public`.
        may: whether the caller's role may do that with rows of that table. What row-level
            security and the grants forbid stays forbidden.
        writable: the columns of a table that the caller's role may write, where that is fewer
            than the table's grants.
        limits: how much.
        grounds: what a remembered tenant was made of; asked again before anything is read for it.
    """

    tenant: Tenant | None
    profile: str = "public"
    may: Callable[[str, Action], bool] = _everything
    writable: Mapping[str, frozenset[str]] = field(default_factory=dict)
    limits: Limits = Limits()
    grounds: Grounds | None = None

    def __post_init__(self) -> None:
        """The role that no policy binds never comes in here."""
        if self.tenant is not None and self.tenant.role != "authenticated":
            raise ValueError(f"the data API is for authenticated, not for {self.tenant.role}")
        if self.profile not in PROFILES:
            raise ValueError(f"{self.profile!r} is none of {', '.join(PROFILES)}")


class Resolve(Protocol):
    """Tells who asks."""

    def __call__(self, scope: Scope, *, is_anew: bool) -> Awaitable[Access]:
        """Say it from the ASGI scope with its headers, or raise a RequestError.

        Args:
            scope: the request's.
            is_anew: nothing may be remembered, because what was remembered did not hold.
        """
