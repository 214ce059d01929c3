"""The people of an agency as its admins manage them: role, clients, and whether they get in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.core import permissions, sessions, store
from mainstem.core.store import Id
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from mainstem.core.model import Person
    from mainstem.core.parts import Core
    from mainstem.core.transaction import Connection
    from mainstem.db.tenant import Tenant

CLIENTS_MAX = 500


@dataclass(frozen=True)
class Member:
    """One of the agency's people, in a list."""

    id: UUID
    email: str
    first_name: str | None
    last_name: str | None
    role: str
    is_active: bool
    last_login_at: datetime | None
    clients: int


async def listed(core: Core, tenant: Tenant) -> list[Member]:
    """The people of the agency.

    Raises:
        RefusedError: the tenant may not see them.
    """
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, "member.read")
        return await store.many(connection, Member, "members_of_agency", agency_id=tenant.agency_id)


async def change_role(core: Core, tenant: Tenant, user_id: UUID, role: str) -> None:
    """Give somebody another role; it counts with their next request.

    Raises:
        RefusedError: the tenant may not, the role is above their own or that of the other, or the
            agency would be left without an owner.
    """
    if role not in permissions.RANKS:
        raise RefusedError("validation_failed", f"There is no role {role!r}.", status=422)
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, "member.update")
        person = await managed(connection, tenant, user_id)
        if not permissions.may_grant(tenant.user_role, role):
            raise _above(tenant)
        if person.role == "owner" and role != "owner":
            await require_other_owner(connection, person)
        if role == "client" and not await _has_client(connection, person):
            raise RefusedError(
                "validation_failed", "Give them a client first; they would see nothing.", status=422
            )
        await store.run(connection, "set_role", user_id=user_id, role=role)


async def set_clients(
    core: Core,
    tenant: Tenant,
    user_id: UUID,
    client_ids: Iterable[UUID],
    *,
    read_only: Iterable[UUID] = (),
) -> None:
    """Say which clients somebody sees, instead of those before.

    Args:
        core: the parts.
        tenant: who says it; needs the permission `member.update`.
        user_id: whose clients.
        client_ids: the clients.
        read_only: those of them whose rows they read and do not write.

    Raises:
        RefusedError: the tenant may not, or the agency has not all of those clients.
    """
    wanted = sorted(set(client_ids))
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, "member.update")
        person = await managed(connection, tenant, user_id)
        found = await store.many(
            connection, Id, "clients_among", agency_id=tenant.agency_id, client_ids=wanted
        )
        if len(found) != len(wanted) or len(wanted) > CLIENTS_MAX:
            raise RefusedError(
                "not_found", "The agency has not all of those clients; nothing changed.", status=404
            )
        await store.run(
            connection, "drop_client_access",
            agency_id=tenant.agency_id, user_id=user_id, but=wanted,
        )  # fmt: skip
        await store.run(
            connection, "add_client_access",
            agency_id=tenant.agency_id, client_ids=wanted, user_id=user_id, role=person.role,
            read_only=sorted(set(read_only)), granted_by=tenant.user_id,
        )  # fmt: skip


async def set_active(core: Core, tenant: Tenant, user_id: UUID, *, is_active: bool) -> None:
    """Let somebody in again, or no more: then all their sessions end now.

    Raises:
        RefusedError: the tenant may not, or the agency would be left without an owner.
    """
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, "member.remove")
        person = await managed(connection, tenant, user_id)
        if not is_active and person.role == "owner":
            await require_other_owner(connection, person)
        await store.run(connection, "set_active", user_id=user_id, is_active=is_active)
        if not is_active:
            await sessions.end_all_in(core, connection, person, but=None, reason="access_ended")


async def managed(connection: Connection, tenant: Tenant, user_id: UUID) -> Person:
    """Somebody of the same agency who does not rank above the one who manages, or is that one."""
    row = await store.person_by_id(connection, user_id)
    if row is None or row.agency_id != tenant.agency_id:
        raise RefusedError("not_found", "The agency has no such person.", status=404)
    if not permissions.may_grant(tenant.user_role, row.role):
        raise _above(tenant)
    return row.person()


async def require_other_owner(connection: Connection, person: Person) -> None:
    """Refuse to take the last owner. All are locked: of two who step down, one is the last."""
    owners = await store.many(connection, Id, "owners_of_agency", agency_id=person.agency_id)
    if not any(owner.id != person.id for owner in owners):
        raise RefusedError(
            "validation_failed",
            "They are the last owner; make somebody else one first.",
            status=422,
        )


async def _has_client(connection: Connection, person: Person) -> bool:
    found = await store.one(
        connection, Id, "client_access_of", agency_id=person.agency_id, user_id=person.id
    )
    return found is not None


def _above(tenant: Tenant) -> RefusedError:
    return RefusedError(
        "insufficient_permissions", f"That role is above a {tenant.user_role}'s; ask an owner."
    )
