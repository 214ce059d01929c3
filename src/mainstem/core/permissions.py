"""What each role may do: defaults by a permission's verb, and where an agency departs from them.

Row-level security decides which rows there are for somebody; a permission, what they may do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.core import store
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from mainstem.core.transaction import Connection
    from mainstem.db.tenant import Tenant

#: from the one who may most to the one who may least
RANKS = ("owner", "admin", "manager", "member", "client")
OWNERS_ONLY = frozenset({"billing.update"})
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
