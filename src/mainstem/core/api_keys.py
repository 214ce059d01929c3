"""API keys: `ms_<prefix>_<secret><checksum>`, shown once, of which a keyed hash is kept.

The prefix finds the key, the checksum tells a mistyped one apart without asking the database, and
secret scanners know the shape.
"""

from __future__ import annotations

import hmac
import re
import secrets
import zlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from mainstem.core import permissions, store
from mainstem.core.store import Id
from mainstem.core.transaction import service_transaction
from mainstem.db.tenant import APP_CONTEXTS
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from mainstem.core.model import Scope
    from mainstem.core.parts import Core
    from mainstem.core.transaction import Connection
    from mainstem.db.tenant import Tenant

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
MARK = "ms_"
PREFIX_LENGTH, SECRET_LENGTH, CHECKSUM_LENGTH = 10, 43, 6
SHAPE = re.compile(rf"ms_([0-9A-Za-z]{{{PREFIX_LENGTH}}})_([0-9A-Za-z]{{{SECRET_LENGTH}}})(.{{6}})")
PROFILES = frozenset({"public", "legacy"})
NAME_MAX = 100
OVERLAP_MAX = timedelta(days=90)


@dataclass(frozen=True)
class ApiKey:
    """A key as its agency sees it."""

    id: UUID
    client_id: UUID | None
    name: str
    prefix: str
    scopes: list[str]
    app: str
    profile: str
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class NewKey:
    """A key that was just made: the one time that its text is there."""

    id: UUID
    text: str = field(repr=False)


async def make(
    core: Core,
    tenant: Tenant,
    *,
    name: str,
    scopes: Iterable[Scope] = (),
    app: str = "both",
    profile: str = "public",
    client_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> NewKey:
    """Make a key for the tenant's agency, or for one of its clients.

    Args:
        core: the parts.
        tenant: who makes it; needs the permission `api_key.manage`.
        name: what it is for, as people will read it.
        scopes: what it may do alone; without any it may stand in a browser.
        app: the app of its requests.
        profile: the schema that its requests mean: `legacy` for code of the old one.
        client_id: the one client that it is bound to.
        expires_at: when it ends; None is never.

    Raises:
        RefusedError: the tenant may not, or asks for what there is not.
    """
    _require(app in APP_CONTEXTS and not (client_id and app == "*"), f"there is no app {app!r}")
    _require(profile in PROFILES, f"there is no profile {profile!r}")
    _require(0 < len(name.strip()) <= NAME_MAX, f"a name has 1 to {NAME_MAX} characters")
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, "api_key.manage")
        if client_id is not None:
            found = await store.many(
                connection, Id, "clients_among",
                agency_id=tenant.agency_id, client_ids=[client_id],
            )  # fmt: skip
            _require(bool(found), "the agency has no such client")
        return await _add(
            core, connection, tenant,
            name=name.strip(), scopes=sorted(set(scopes)), app=app, profile=profile,
            client_id=client_id, expires_at=expires_at, rotated_from=None,
        )  # fmt: skip


async def rotate(core: Core, tenant: Tenant, key_id: UUID, *, overlap: timedelta) -> NewKey:
    """Make the key's successor; the old one works on for the overlap.

    Raises:
        RefusedError: the tenant may not, or has no such key.
    """
    _require(timedelta(0) <= overlap <= OVERLAP_MAX, f"keys overlap by {OVERLAP_MAX.days} days")
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, "api_key.manage")
        old = await store.one(
            connection, ApiKey, "key_to_rotate",
            agency_id=tenant.agency_id, key_id=key_id, now=core.clock(),
        )  # fmt: skip
        if old is None:
            raise _unknown()
        await store.run(
            connection, "end_key",
            agency_id=tenant.agency_id, key_id=key_id, until=core.clock() + overlap,
        )  # fmt: skip
        return await _add(
            core, connection, tenant,
            name=old.name, scopes=old.scopes, app=old.app, profile=old.profile,
            client_id=old.client_id, expires_at=old.expires_at, rotated_from=old.id,
        )  # fmt: skip


async def revoke(core: Core, tenant: Tenant, key_id: UUID) -> None:
    """End a key now.

    Raises:
        RefusedError: the tenant may not, or has no such key.
    """
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, "api_key.manage")
        revoked = await store.one(
            connection, Id, "revoke_key",
            agency_id=tenant.agency_id, key_id=key_id, now=core.clock(),
        )  # fmt: skip
    if revoked is None:
        raise _unknown()


async def listed(core: Core, tenant: Tenant) -> list[ApiKey]:
    """The keys of the agency, the newest first.

    Raises:
        RefusedError: the tenant may not.
    """
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, "api_key.manage")
        return await store.many(connection, ApiKey, "keys_of_agency", agency_id=tenant.agency_id)


def prefix_of(text: str) -> str | None:
    """The prefix of what has the shape and the checksum of a key; None where it cannot be one."""
    found = SHAPE.fullmatch(text)
    if found is None or not hmac.compare_digest(found[3].encode(), _checksum(text[:-6]).encode()):
        return None
    return found[1]


def _new_text() -> str:
    body = f"{MARK}{_random(PREFIX_LENGTH)}_{_random(SECRET_LENGTH)}"
    return body + _checksum(body)


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    """CRC-32 in base 62: six characters."""
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits += ALPHABET[digit]
    return digits


async def _add(
    core: Core,
    connection: Connection,
    tenant: Tenant,
    *,
    name: str,
    scopes: list[str],
    app: str,
    profile: str,
    client_id: UUID | None,
    expires_at: datetime | None,
    rotated_from: UUID | None,
) -> NewKey:
    text = _new_text()
    prefix = prefix_of(text)
    assert prefix is not None, "what is made here has the shape"
    key_id = await store.add(
        connection,
        "add_key",
        agency_id=tenant.agency_id,
        client_id=client_id,
        name=name,
        prefix=prefix,
        key_hash=core.keys.keyed_hash(text.encode()),
        scopes=scopes,
        app=app,
        profile=profile,
        rotated_from=rotated_from,
        created_by=tenant.user_id,
        expires_at=expires_at,
    )
    await store.run(
        connection,
        "add_route",
        kind="api_key",
        token=prefix,
        agency_id=tenant.agency_id,
        target_id=key_id,
        expires_at=None,
    )
    return NewKey(key_id, text)


def _require(is_so: bool, message: str) -> None:  # noqa: FBT001 - what is asserted
    if not is_so:
        raise RefusedError("validation_failed", f"No key was made: {message}.", status=422)


def _unknown() -> RefusedError:
    return RefusedError("not_found", "The agency has no such key.", status=404)
