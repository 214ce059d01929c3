"""Agencies: made from the command line, with the invitation of their first owner."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.core import invitations, store
from mainstem.core.store import Id
from mainstem.core.transaction import service_transaction
from mainstem.db.tenant import Tenant
from mainstem.errors import UsageError

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.core.invitations import Invited
    from mainstem.core.parts import Core

SLUG_MAX = 60


@dataclass(frozen=True)
class _Found:
    id: UUID
    name: str


@dataclass(frozen=True)
class NewAgency:
    """An agency that was just made, and the invitation of its owner."""

    id: UUID
    slug: str
    owner: Invited


async def create(core: Core, name: str, *, owner: str) -> NewAgency:
    """Make an agency and invite its owner.

    Raises:
        UsageError: there is one of that name, or the name has no letter.
    """
    slug = slug_of(name)
    async with service_transaction(core.pool) as connection:
        added = await store.one(connection, Id, "add_agency", name=name.strip(), slug=slug)
        if added is None:
            raise UsageError(f"there is an agency {slug!r} already; choose another name")
        invited = await invitations.add(core, connection, added.id, email=owner, role="owner")
    return NewAgency(added.id, slug, invited)


async def steward(core: Core, name: str) -> Tenant:
    """Who works on an agency from the command line: an owner's rights, no person.

    Raises:
        UsageError: there is no such agency.
    """
    async with service_transaction(core.pool) as connection:
        found = await store.one(connection, _Found, "agency_by_name", name=name)
    if found is None:
        raise UsageError(f"there is no agency {name!r}; give its slug or its id")
    return Tenant(
        agency_id=found.id,
        user_id=None,
        user_role="owner",
        client_ids=None,
        app_context="*",
    )


async def show(core: Core, *, email: str, slug: str | None = None) -> Invited | None:
    """Invite somebody as owner of an agency, to look around; without a slug of the largest.

    Returns:
        the invitation; None where there is no such agency, or the address is somebody's already.
    """
    async with service_transaction(core.pool) as connection:
        if slug is None:
            found = await store.one(connection, Id, "largest_agency")
        else:
            found = await store.one(connection, Id, "agency_of_slug", slug=slug)
        if found is None or await store.person_by_email(connection, email) is not None:
            return None
        return await invitations.add(core, connection, found.id, email=email, role="owner")


async def of_slug(core: Core, slug: str) -> Tenant | None:
    """An agency seen as a whole, by the slug that addresses of its public files have."""
    async with service_transaction(core.pool) as connection:
        found = await store.one(connection, Id, "agency_of_slug", slug=slug)
    return on_behalf_of(found.id, None) if found is not None else None


def on_behalf_of(agency_id: UUID, user_id: UUID | None) -> Tenant:
    """An agency seen as a whole, for what one of its people signed, or anybody may read."""
    return Tenant(
        agency_id=agency_id,
        user_id=user_id,
        user_role="manager",
        client_ids=None,
        app_context="both",
    )


def slug_of(name: str) -> str:
    """The name as it stands in addresses: `Northwind Traders` -> `northwind-traders`.

    Raises:
        UsageError: nothing is left of it.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:SLUG_MAX]
    if not slug:
        raise UsageError(f"{name!r} has no letter or digit to make an address of")
    return slug
