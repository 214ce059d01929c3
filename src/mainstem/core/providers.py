"""The providers of identities of an agency: who may say who somebody is, decided by its owners.

A provider's secret is sealed in its row and never shown again. Who would point a provider at
another issuer must bring the secret again: it would be sent there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - rows are decoded by their annotations
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from mainstem.core import agencies, encryption, permissions, store
from mainstem.core.encryption import Cell
from mainstem.core.issuer import Provider
from mainstem.core.store import Id
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from mainstem.core.parts import Core
    from mainstem.core.transaction import Connection
    from mainstem.db.tenant import Tenant

MANAGE = "identity_provider.manage"
PROVIDERS_MAX = 20
LABEL_MAX = 80
CLIENT_ID_MAX = 500
SECRET_MAX = 2_000
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True)
class Named:
    """A provider as its agency sees it; its secret is not shown."""

    id: UUID
    name: str
    label: str
    issuer: str
    client_id: str
    is_enabled: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Door:
    """A way in: what the button says, and what the address calls the provider."""

    label: str
    provider: str


@dataclass(frozen=True)
class Wish:
    """What a provider shall be; without a secret, the one that is there stays."""

    name: str
    label: str
    issuer: str
    client_id: str
    client_secret: str | None
    is_enabled: bool = True


@dataclass(frozen=True)
class _Row:
    id: UUID
    agency_id: UUID
    issuer: str
    client_id: str
    secret_encrypted: bytes


@dataclass(frozen=True)
class _Named:
    name: str
    label: str


async def listed(core: Core, tenant: Tenant) -> list[Named]:
    """The agency's providers, by name.

    Raises:
        RefusedError: the tenant may not.
    """
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, MANAGE)
        return await _listed(connection, tenant)


async def put(core: Core, tenant: Tenant, wish: Wish) -> Named:
    """Make a provider, or change the one of that name.

    Raises:
        RefusedError: the tenant may not, or wishes for what cannot be.
    """
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, MANAGE)
        _require_sound(core, wish)
        there = await store.one(
            connection, _Row, "provider_to_change", agency_id=tenant.agency_id, name=wish.name
        )
        if there is None:
            _require(
                len(await _listed(connection, tenant)) < PROVIDERS_MAX,
                f"an agency has {PROVIDERS_MAX} providers at most",
            )
        secret = await _secret(core, connection, there, wish)
        provider_id = there.id if there else uuid4()
        cell = _cell(tenant.agency_id, provider_id)
        kept = await store.one(
            connection, Id, "put_provider",
            agency_id=tenant.agency_id, id=provider_id, name=wish.name, label=wish.label,
            issuer=wish.issuer, client_id=wish.client_id, is_enabled=wish.is_enabled,
            secret_encrypted=await encryption.seal(core, connection, cell, secret),
            created_by=tenant.user_id,
        )  # fmt: skip
        _require(kept is not None, "somebody else made one of that name just now")
        found = {each.name: each for each in await _listed(connection, tenant)}
    return found[wish.name]


async def remove(core: Core, tenant: Tenant, name: str) -> None:
    """Take a provider away; who came through it signs in another way.

    Raises:
        RefusedError: the tenant may not, or the agency has none of that name.
    """
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, MANAGE)
        gone = await store.one(
            connection, Id, "remove_provider", agency_id=tenant.agency_id, name=name
        )
    if gone is None:
        raise RefusedError("not_found", "The agency has no such provider.", status=404)


async def doors(core: Core, slug: str) -> list[Door]:
    """The ways into an agency, for whoever stands before it; none where there is no such agency."""
    agency = await agencies.of_slug(core, slug)
    if agency is None:
        return []
    async with service_transaction(core.pool) as connection:
        found = await store.many(
            connection, _Named, "enabled_providers", agency_id=agency.agency_id
        )
    return [Door(each.label, f"{each.name}@{slug}") for each in found]


async def doors_of(core: Core, agency_id: UUID) -> list[Door]:
    """The same by the agency's id, for who brings one of its keys."""
    async with service_transaction(core.pool) as connection:
        slug = await store.one(connection, _Slug, "slug_of_agency", agency_id=agency_id)
    return await doors(core, slug.slug) if slug else []


async def called(core: Core, text: str) -> Provider | None:
    """The provider that an address calls `name@slug`, if people may sign in through it."""
    name, _, slug = text.partition("@")
    async with service_transaction(core.pool) as connection:
        row = await store.one(connection, _Row, "provider_called", name=name, slug=slug)
        return await _opened(core, connection, row)


async def by_id(core: Core, provider_id: UUID) -> Provider | None:
    """The provider of an id, if people may still sign in through it."""
    async with service_transaction(core.pool) as connection:
        row = await store.one(connection, _Row, "provider_by_id", id=provider_id)
        return await _opened(core, connection, row)


@dataclass(frozen=True)
class _Slug:
    slug: str


async def _listed(connection: Connection, tenant: Tenant) -> list[Named]:
    return await store.many(connection, Named, "providers_of", agency_id=tenant.agency_id)


async def _secret(core: Core, connection: Connection, there: _Row | None, wish: Wish) -> bytes:
    if wish.client_secret:
        return wish.client_secret.encode()
    _require(there is not None, "a new one needs its client_secret")
    assert there is not None, "what is required holds"
    is_same = (there.issuer, there.client_id) == (wish.issuer, wish.client_id)
    _require(is_same, "another issuer or client_id needs its client_secret")
    return await encryption.unseal(
        core, connection, _cell(there.agency_id, there.id), there.secret_encrypted
    )


async def _opened(core: Core, connection: Connection, row: _Row | None) -> Provider | None:
    if row is None:
        return None
    cell = _cell(row.agency_id, row.id)
    secret = await encryption.unseal(core, connection, cell, row.secret_encrypted)
    return Provider(row.id, row.agency_id, row.issuer, row.client_id, secret.decode())


def _cell(agency_id: UUID, provider_id: UUID) -> Cell:
    return Cell(agency_id, "identity_provider", "secret_encrypted", provider_id)


def _require_sound(core: Core, wish: Wish) -> None:
    _require(
        _NAME.fullmatch(wish.name) is not None,
        "its name has 1 to 40 small letters, digits and dashes between them",
    )
    _require(0 < len(wish.label.strip()) <= LABEL_MAX, f"its label has 1 to {LABEL_MAX} characters")
    _require(0 < len(wish.client_id) <= CLIENT_ID_MAX, "it needs its client_id")
    _require(len(wish.client_secret or "") <= SECRET_MAX, "its client_secret is too long")
    texts = (wish.label, wish.client_id, wish.client_secret or "")
    _require(all(each.isprintable() for each in texts), "what it says can be printed")
    try:
        core.issuers.require_address(wish.issuer)
    except ValueError as error:
        raise _refused(f"its issuer is none: {error}") from None


def _require(is_so: bool, message: str) -> None:  # noqa: FBT001 - what is asserted
    if not is_so:
        raise _refused(message)


def _refused(message: str) -> RefusedError:
    return RefusedError("validation_failed", f"No provider was kept: {message}.", status=422)
