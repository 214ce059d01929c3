"""Secrets in columns: AES-256-GCM under the agency's data key, bound to the cell they stand in.

An envelope: the key-encryption key, which is outside the database, wraps the data keys, which are
in it. What is sealed opens only in the same agency, table, column and row, so that nobody who can
write rows moves a secret to where they can read it. With its data keys destroyed an agency's
secrets are gone, backups with them.

A sealed value: one byte for the format, four for the version of the data key, twelve of nonce, the
ciphertext with its tag.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mainstem.core import store
from mainstem.core.transaction import service_transaction
from mainstem.errors import ConfigError

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.core.parts import Core
    from mainstem.core.transaction import Connection
    from mainstem.db.tenant import Tenant

FORMAT = 1
NONCE_BYTES = 12
HEAD_BYTES = 5
SECRET_BYTES_MAX = 64 * 1024


@dataclass(frozen=True)
class Cell:
    """Where a secret stands."""

    agency_id: UUID
    table: str
    column: str
    row_id: UUID

    def context(self) -> bytes:
        """What is authenticated beside the secret. No part can run into the next one."""
        names = f"{self.table}\0{self.column}\0".encode()
        return b"mainstem cell\0" + self.agency_id.bytes + names + self.row_id.bytes


@dataclass(frozen=True)
class DataKeyRow:
    """One version of an agency's data key, wrapped."""

    id: UUID
    agency_id: UUID
    version: int
    wrapped_key: bytes | None
    key_encryption_key_id: str


async def seal(core: Core, connection: Connection, cell: Cell, secret: bytes) -> bytes:
    """Encrypt a secret for its cell, under the newest data key; makes the agency's first one."""
    assert len(secret) <= SECRET_BYTES_MAX, "columns hold secrets, not files"
    row = await store.one(connection, DataKeyRow, "newest_data_key", agency_id=cell.agency_id)
    if row is None:
        row = await _add_key(core, connection, cell.agency_id)
    nonce = secrets.token_bytes(NONCE_BYTES)
    head = bytes([FORMAT]) + row.version.to_bytes(4, "big")
    sealed = AESGCM(_opened_key(core, row)).encrypt(nonce, secret, head + cell.context())
    return head + nonce + sealed


async def unseal(core: Core, connection: Connection, cell: Cell, sealed: bytes) -> bytes:
    """Decrypt what `seal` made for that cell.

    Raises:
        ConfigError: the data key was destroyed, the master key is missing, or the value was
            altered or comes from another cell.
    """
    where = f"{cell.table}.{cell.column} of row {cell.row_id}"
    if len(sealed) < HEAD_BYTES + NONCE_BYTES or sealed[0] != FORMAT:
        raise ConfigError(f"{where} holds nothing that was sealed here; restore it from a backup")
    version = version_of(sealed)
    row = await store.one(
        connection, DataKeyRow, "data_key", agency_id=cell.agency_id, version=version
    )
    if row is None or row.wrapped_key is None:
        raise ConfigError(f"the data key of {where} was destroyed; its secret is gone for good")
    head, rest = sealed[:HEAD_BYTES], sealed[HEAD_BYTES:]
    try:
        return AESGCM(_opened_key(core, row)).decrypt(
            rest[:NONCE_BYTES], rest[NONCE_BYTES:], head + cell.context()
        )
    except InvalidTag:
        raise ConfigError(
            f"{where} was altered, or moved there from elsewhere; restore it from a backup"
        ) from None


def version_of(sealed: bytes) -> int:
    """Which version of the data key closed it."""
    return int.from_bytes(sealed[1:HEAD_BYTES], "big")


async def next_version(core: Core, connection: Connection, agency_id: UUID) -> int:
    """Make the next version of an agency's data key; what is sealed from now on is under it."""
    return (await _add_key(core, connection, agency_id)).version


async def destroy(core: Core, tenant: Tenant) -> int:
    """Destroy every data key of an agency, and with them its secrets; how many keys."""
    async with service_transaction(core.pool, tenant) as connection:
        return await store.run(
            connection, "destroy_data_keys", agency_id=tenant.agency_id, now=core.clock()
        )


def rewrapped(core: Core, row: DataKeyRow) -> bytes:
    """The same data key under the current master key."""
    return core.keys.wrap(_opened_key(core, row), _context(row.agency_id, row.version))


async def _add_key(core: Core, connection: Connection, agency_id: UUID) -> DataKeyRow:
    """Two who begin at once agree on one: versions are counted under a lock of the agency."""
    await store.run(connection, "lock_data_keys", agency_id=str(agency_id))
    newest = await store.one(connection, DataKeyRow, "newest_data_key", agency_id=agency_id)
    last = await store.one(connection, _Version, "last_data_key_version", agency_id=agency_id)
    version = (last.version if last else 0) + 1
    if newest is not None:
        await store.run(connection, "retire_data_key", id=newest.id, now=core.clock())
    key = AESGCM.generate_key(256)
    row = await store.one(
        connection,
        DataKeyRow,
        "add_data_key",
        agency_id=agency_id,
        version=version,
        wrapped_key=core.keys.wrap(key, _context(agency_id, version)),
        key_encryption_key_id=core.keys.current.id,
        now=core.clock(),
    )
    assert row is not None, "an insert returns its row"
    return row


@dataclass(frozen=True)
class _Version:
    version: int


def _opened_key(core: Core, row: DataKeyRow) -> bytes:
    assert row.wrapped_key is not None, "destroyed keys are not used"
    return core.keys.unwrap(
        row.wrapped_key, _context(row.agency_id, row.version), key_id=row.key_encryption_key_id
    )


def _context(agency_id: UUID, version: int) -> bytes:
    return b"data_key\0" + agency_id.bytes + version.to_bytes(4, "big")
