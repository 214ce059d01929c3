"""What each role may do: defaults by a permission's verb, and where an agency departs from them.

Row-level security decides which rows there are for somebody; a permission, what they may do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mainstem.core import store
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mainstem.core.parts import Core
    from mainstem.core.transaction import Connection
    from mainstem.db.tenant import Tenant

#: from the one who may most to the one who may least
RANKS = ("owner", "admin", "manager", "member", "client")
OWNERS_ONLY = frozenset({"billing.update", "identity_provider.manage"})
ADMINS_ONLY = frozenset(
    {"member.update", "member.remove", "role_permission.update", "agency.update", "api_key.manage"}
)
MEMBERS_VERBS = frozenset(
    {"read", "create", "update", "use", "upload", "reply", "resolve", "import", "send"}
)
MEMBERS_NEVER = OWNERS_ONLY | ADMINS_ONLY | {"audit_log.read", "suppression.update"}
CLIENTS = frozenset(
    {"client.read", "campaign.read", "lead.read", "ticket.read", "report.read", "conversion.read"}
    | {"chat.use", "asset.upload"}
)


#: what a person keeps for themselves, whatever their role
OWN = frozenset(
    {"user_preference", "saved_view", "notification", "chat_session", "chat_message", "memory"}
)
#: by verb: the permissions of a table that allow it, the first that exists decides
DECIDING = {
    "read": ("read",),
    "create": ("create", "update", "manage"),
    "update": ("update", "manage"),
    "delete": ("delete", "manage", "update"),
    "publish": ("publish",),
}
KNOWN_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class Rights:
    """What one role of one agency may do.

    Attributes:
        role: the role.
        known: every permission that there is.
        overrides: where the agency departs from the defaults.
    """

    role: str
    known: frozenset[str]
    overrides: Mapping[str, bool]

    def has(self, key: str) -> bool:
        """Whether the role may do that."""
        return self.overrides.get(key, is_default(self.role, key))

    def may(self, table: str, verb: str) -> bool:
        """Whether the role may do that with rows of a table, where its policy shows them.

        A table without permissions of its own is everybody's to read, and the staff's to write.
        """
        for action in DECIDING[verb]:
            if f"{table}.{action}" in self.known:
                return self.has(f"{table}.{action}")
        return verb == "read" or self.role != "client" or table in OWN


NOTHING = Rights("client", frozenset(), {})


class Permissions:
    """Remembers which permissions there are: they come with migrations."""

    def __init__(self) -> None:
        self._keys: frozenset[str] = frozenset()
        self._at: datetime | None = None

    async def keys(self, core: Core) -> frozenset[str]:
        """All of them, read anew every few minutes."""
        now = core.clock()
        if self._at is None or self._at + KNOWN_FOR < now:
            async with service_transaction(core.pool) as connection:
                rows = await store.many(connection, _Key, "permission_keys")
            self._keys, self._at = frozenset(row.key for row in rows), now
        return self._keys


@dataclass(frozen=True)
class _Key:
    key: str


@dataclass(frozen=True)
class _Row:
    key: str
    is_allowed: bool | None


async def of(connection: Connection, tenant: Tenant) -> frozenset[str]:
    """What the tenant's role may do in its agency."""
    rows = await store.many(
        connection, _Row, "permissions_of",
        agency_id=tenant.agency_id, user_role=tenant.user_role,
    )  # fmt: skip
    return frozenset(
        row.key
        for row in rows
        if (is_default(tenant.user_role, row.key) if row.is_allowed is None else row.is_allowed)
    )


async def require(connection: Connection, tenant: Tenant, key: str) -> None:
    """Refuse a tenant whose role may not do that.

    Raises:
        RefusedError: it may not.
    """
    if key not in await of(connection, tenant):
        raise RefusedError(
            "insufficient_permissions",
            f"A {tenant.user_role} of this agency may not do that ({key}); ask an owner.",
        )


def is_default(role: str, key: str) -> bool:
    """Whether a role may do that where the agency says nothing else."""
    match role:
        case "owner":
            return True
        case "admin":
            return key not in OWNERS_ONLY
        case "manager":
            return key not in OWNERS_ONLY | ADMINS_ONLY
        case "member":
            return key.rpartition(".")[2] in MEMBERS_VERBS and key not in MEMBERS_NEVER
        case _:
            return key in CLIENTS


def may_grant(granting: str, granted: str) -> bool:
    """Whether one of a role may give somebody else a role: never one above their own."""
    return RANKS.index(granting) <= RANKS.index(granted)
