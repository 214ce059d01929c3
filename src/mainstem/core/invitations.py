"""Invitations: a link for one e-mail address, with a role and clients, good once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from mainstem.core import opaque, passwords, permissions, sessions, store, trail
from mainstem.core.mail import Letter
from mainstem.core.model import Assurance, Origin, SignedIn
from mainstem.core.people import plain_email
from mainstem.core.store import Id, InvitationRow, PersonRow
from mainstem.core.trail import Action
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from mainstem.core.model import KeyUse
    from mainstem.core.parts import Core
    from mainstem.core.transaction import Connection
    from mainstem.db.tenant import Tenant

LIFE = timedelta(days=7)
CLIENTS_MAX = 500
NAME_MAX = 100


@dataclass(frozen=True)
class Invited:
    """An invitation that was just made: the one time that its link is there."""

    id: UUID
    token: str = field(repr=False)
    link: str = field(repr=False)


@dataclass(frozen=True)
class OpenInvitation:
    """An invitation as its agency sees it."""

    id: UUID
    email: str
    role: str
    client_ids: list[UUID]
    expires_at: datetime
    created_at: datetime


async def invite(
    core: Core, tenant: Tenant, *, email: str, role: str, client_ids: Iterable[UUID] = ()
) -> Invited:
    """Invite somebody, and send them the link.

    Args:
        core: the parts.
        tenant: who invites; needs the permission `member.invite`.
        email: whom; an older invitation of the same address ends.
        role: what they will be; not above the one who invites.
        client_ids: the clients that a member or a client's person will see.

    Raises:
        RefusedError: the tenant may not, or names a role or client that there is not.
    """
    wanted = sorted(set(client_ids))
    _require(role in permissions.RANKS, f"there is no role {role!r}")
    _require("@" in email.strip("@ "), f"{email!r} is no e-mail address")
    _require(len(wanted) <= CLIENTS_MAX, f"it names more than {CLIENTS_MAX} clients")
    _require(role != "client" or bool(wanted), "a client's person needs a client")
    if not permissions.may_grant(tenant.user_role, role):
        raise RefusedError(
            "insufficient_permissions", f"A {tenant.user_role} may not make anybody {role}."
        )
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, "member.invite")
        found = await store.many(
            connection, Id, "clients_among", agency_id=tenant.agency_id, client_ids=wanted
        )
        _require(len(found) == len(wanted), "the agency has not all of those clients")
        made = await add(
            core, connection, tenant.agency_id,
            email=email, role=role, client_ids=wanted, invited_by=tenant.user_id,
        )  # fmt: skip
    await core.mail.send(_letter(plain_email(email), made.link))
    return made


async def listed(core: Core, tenant: Tenant) -> list[OpenInvitation]:
    """The agency's invitations that may still be accepted, the newest first.

    Raises:
        RefusedError: the tenant may not see them.
    """
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, "member.invite")
        return await store.many(
            connection, OpenInvitation, "open_invitations",
            agency_id=tenant.agency_id, now=core.clock(),
        )  # fmt: skip


async def revoke(core: Core, tenant: Tenant, invitation_id: UUID) -> None:
    """Take an invitation back.

    Raises:
        RefusedError: the tenant may not, or the agency has no such open invitation.
    """
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, "member.invite")
        ended = await store.one(
            connection, Id, "revoke_invitation",
            agency_id=tenant.agency_id, id=invitation_id, now=core.clock(),
        )  # fmt: skip
        if ended is None:
            raise RefusedError("not_found", "The agency has no such invitation.", status=404)


async def add(
    core: Core,
    connection: Connection,
    agency_id: UUID,
    *,
    email: str,
    role: str,
    client_ids: Iterable[UUID] = (),
    invited_by: UUID | None = None,
) -> Invited:
    """Make an invitation in the caller's transaction."""
    now, token = core.clock(), opaque.new_token()
    address = plain_email(email)
    await store.run(connection, "end_invitation_of", agency_id=agency_id, email=address, now=now)
    invitation_id = await store.add(
        connection,
        "add_invitation",
        agency_id=agency_id,
        email=address,
        role=role,
        client_ids=list(client_ids),
        token_hash=opaque.hash_of(token),
        invited_by=invited_by,
        expires_at=now + LIFE,
    )
    await store.run(
        connection,
        "add_route",
        kind="invitation",
        token=opaque.route_of(token),
        agency_id=agency_id,
        target_id=invitation_id,
        expires_at=now + LIFE,
    )
    return Invited(invitation_id, token, f"{core.base_url}/invitation#{token}")


async def accept(
    core: Core,
    token: str,
    *,
    email: str,
    password: str,
    origin: Origin,
    kind: str,
    key: KeyUse | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
) -> SignedIn:
    """Become one of the agency's people, signed in. The link proves the address.

    Raises:
        RefusedError: the invitation is not good for that address, the password is weak, or the
            address is somebody's already.
    """
    passwords.require_strong(password, [email, first_name or "", last_name or ""])
    password_hash = await core.passwords.hash(password)
    async with service_transaction(core.pool) as connection:
        invitation = await store.one(
            connection, InvitationRow, "open_invitation",
            token=opaque.route_of(token), now=core.clock(),
        )  # fmt: skip
        if invitation is None or invitation.email != plain_email(email):
            raise _not_good()
        if key is not None and key.agency_id != invitation.agency_id:
            raise _not_good()
        added = await store.one(
            connection, Id, "add_person",
            agency_id=invitation.agency_id, email=invitation.email, role=invitation.role,
            first_name=first_name and first_name[:NAME_MAX],
            last_name=last_name and last_name[:NAME_MAX],
        )  # fmt: skip
        if added is None:
            raise RefusedError(
                "user_already_exists",
                "User already registered; sign in, or ask for a new password.",
                status=422,
            )
        return await _join(
            core, connection, invitation, added.id,
            password_hash=password_hash, origin=origin, kind=kind, key=key,
        )  # fmt: skip


async def join_without_password(
    core: Core, connection: Connection, token: str, *, email: str
) -> PersonRow | None:
    """Make whoever was invited one of the agency's people, in the caller's transaction.

    Args:
        core: the parts.
        connection: of the transaction.
        token: of the invitation.
        email: an address that somebody trusted has verified; the invitation must be for it.

    Returns:
        the person, or None where the invitation is not good for that address.
    """
    invitation = await store.one(
        connection, InvitationRow, "open_invitation",
        token=opaque.route_of(token), now=core.clock(),
    )  # fmt: skip
    if invitation is None or invitation.email != plain_email(email):
        return None
    added = await store.one(
        connection, Id, "add_person",
        agency_id=invitation.agency_id, email=invitation.email, role=invitation.role,
        first_name=None, last_name=None,
    )  # fmt: skip
    if added is None:
        return None
    await _use_up(core, connection, invitation, added.id)
    return await store.person_by_id(connection, added.id)


async def _join(
    core: Core,
    connection: Connection,
    invitation: InvitationRow,
    user_id: UUID,
    *,
    password_hash: str,
    origin: Origin,
    kind: str,
    key: KeyUse | None,
) -> SignedIn:
    await store.run(
        connection, "set_password",
        user_id=user_id, password_hash=password_hash, now=core.clock(),
    )  # fmt: skip
    await _use_up(core, connection, invitation, user_id)
    row = await store.person_by_id(connection, user_id)
    assert row is not None, "it was just written"
    person = row.person()
    await trail.note(connection, person, Action.CHANGE_PASSWORD, reason="invitation")
    return await sessions.begin(
        core, connection, person,
        assurance=Assurance.PASSWORD, kind=kind, origin=origin, key=key,
    )  # fmt: skip


async def _use_up(
    core: Core, connection: Connection, invitation: InvitationRow, user_id: UUID
) -> None:
    """Give the person the invitation's clients; it is good for nobody else."""
    await store.run(
        connection, "add_client_access",
        agency_id=invitation.agency_id, client_ids=invitation.client_ids, user_id=user_id,
        role=invitation.role, read_only=[], granted_by=None,
    )  # fmt: skip
    await store.run(
        connection, "accept_invitation",
        agency_id=invitation.agency_id, id=invitation.id, user_id=user_id, now=core.clock(),
    )  # fmt: skip
    await store.run(
        connection, "drop_routes_of",
        kinds=["invitation"], agency_id=invitation.agency_id, target_id=invitation.id,
    )  # fmt: skip


def _letter(to: str, link: str) -> Letter:
    text = (
        "You are invited to join an agency on Mainstem. Choose a password here:\n\n"
        f"{link}\n\nThe link is good once, for {LIFE.days} days. "
        "If you did not expect this, do nothing."
    )
    return Letter(to, "Your invitation", text)


def _require(is_so: bool, message: str) -> None:  # noqa: FBT001 - what is asserted
    if not is_so:
        raise RefusedError("validation_failed", f"Nobody was invited: {message}.", status=422)


def _not_good() -> RefusedError:
    return RefusedError(
        "signup_disabled",
        "Signups not allowed for this instance without an invitation that is good for this "
        "address; ask for a new one.",
        status=422,
    )
