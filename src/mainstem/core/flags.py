"""Feature flags: on for an agency, in an app, for a share of its people that stays the same.

Whether somebody is in the share is decided by a hash of flag and person: raising the percentage
adds people and takes none away, and two flags choose different people.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from mainstem.core import permissions, store
from mainstem.core.store import Id
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.core.parts import Core
    from mainstem.db.tenant import Tenant

KEY_MAX = 100
APPS = frozenset({"both", "audience", "revos", "mail", "persona"})


@dataclass(frozen=True)
class Flag:
    """A flag of an agency: where it acts, and for how many of a hundred."""

    key: str
    app: str
    is_enabled: bool
    percentage: int
    description: str


async def is_on(core: Core, tenant: Tenant, key: str) -> bool:
    """Whether the flag is on for the tenant, in its app; a flag that is not there is off."""
    flags = {flag.app: flag for flag in await listed(core, tenant) if flag.key == key}
    flag = flags.get(tenant.app_context) or flags.get("both")
    return flag is not None and acts_for(flag, tenant.user_id)


def acts_for(flag: Flag, user_id: UUID | None) -> bool:
    """Whether the flag is on for a person; a program is in the share only when all are."""
    if not flag.is_enabled or flag.percentage == 0:
        return False
    if flag.percentage >= 100:  # noqa: PLR2004 - of a hundred
        return True
    return user_id is not None and share_of(flag.key, user_id) < flag.percentage


def share_of(key: str, user_id: UUID) -> int:
    """Where a person stands for a flag, from 0 to 99: the same each time."""
    digest = sha256(key.encode() + b"\0" + user_id.bytes).digest()
    return int.from_bytes(digest[:8], "big") % 100


async def listed(core: Core, tenant: Tenant) -> list[Flag]:
    """The flags of the agency."""
    async with service_transaction(core.pool, tenant) as connection:
        return await store.many(connection, Flag, "flags_of_agency", agency_id=tenant.agency_id)


async def put(core: Core, tenant: Tenant, flag: Flag) -> None:
    """Make a flag, or change it.

    Raises:
        RefusedError: the tenant may not, or the flag says what there is not.
    """
    is_good = flag.app in APPS and 0 <= flag.percentage <= 100  # noqa: PLR2004 - of a hundred
    if not (is_good and 0 < len(flag.key) <= KEY_MAX):
        raise RefusedError(
            "validation_failed",
            f"A flag has a key of up to {KEY_MAX} characters, an app and 0 to 100 percent.",
            status=422,
        )
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, "agency.update")
        await store.one(
            connection, Id, "put_flag",
            agency_id=tenant.agency_id, key=flag.key, app=flag.app, is_enabled=flag.is_enabled,
            percentage=flag.percentage, description=flag.description,
        )  # fmt: skip
