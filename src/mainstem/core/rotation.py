"""`mainstem secrets rotate`: every secret under the newest keys, in small steps, resumable.

Three passes, each of which takes up where an interrupted one left off, because what is done no
longer matches: data keys and signing keys under the current master key; then, for each agency whose
data key is older than asked for, a new version and its secrets under it. Columns of secrets are
found in the catalog: those named `..._encrypted` that hold bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.core import encryption, store
from mainstem.core.encryption import Cell, DataKeyRow
from mainstem.core.signing import context as signing_context
from mainstem.core.store import SigningKeyRow
from mainstem.core.transaction import service_transaction

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from mainstem.core.parts import Core
    from mainstem.core.transaction import Connection

BATCH = 100


@dataclass(frozen=True)
class Rotated:
    """What a rotation did."""

    wrapped_keys: int
    agencies: int
    secrets: int


@dataclass(frozen=True)
class Column:
    """A column of secrets."""

    schema: str
    table: str
    column: str


@dataclass(frozen=True)
class _Agency:
    id: UUID


async def rotate(core: Core, *, older_than: timedelta | None = None) -> Rotated:
    """Bring everything under the current master key, and old data keys to a new version.

    Args:
        core: the parts.
        older_than: the age from which a data key gets a successor; None leaves them.
    """
    wrapped = 0
    while done := await _rewrap(core):
        wrapped += done
    agencies = 0
    if older_than is not None:
        agencies = await _renew(core, older_than)
    sealed = 0
    async with service_transaction(core.pool) as connection:
        columns = await store.many(connection, Column, "secret_columns")
    for column in columns:
        while done := await _reseal(core, column):
            sealed += done
    return Rotated(wrapped, agencies, sealed)


async def _rewrap(core: Core) -> int:
    """A batch of data keys and signing keys that an older master key wraps."""
    current = core.keys.current.id
    async with service_transaction(core.pool) as connection:
        data_keys = await store.many(
            connection, DataKeyRow, "data_keys_to_rewrap", current=current, rows_max=BATCH
        )
        for row in data_keys:
            await store.run(
                connection, "rewrap_data_key",
                id=row.id, wrapped_key=encryption.rewrapped(core, row), key_id=current,
            )  # fmt: skip
        signing_keys = await store.many(
            connection, SigningKeyRow, "signing_keys_to_rewrap", current=current, rows_max=BATCH
        )
        for key in signing_keys:
            context = signing_context(key.id)
            opened = core.keys.unwrap(key.wrapped_key, context, key_id=key.key_encryption_key_id)
            await store.run(
                connection, "rewrap_signing_key",
                id=key.id, wrapped_key=core.keys.wrap(opened, context), key_id=current,
            )  # fmt: skip
    return len(data_keys) + len(signing_keys)


async def _renew(core: Core, older_than: timedelta) -> int:
    """New versions for agencies whose newest data key is old; each in its own transaction."""
    renewed, before = 0, core.clock() - older_than
    assert before <= core.clock(), "a key that was just made is not old"
    while True:
        async with service_transaction(core.pool) as connection:
            found = await store.one(connection, _Agency, "agency_with_old_data_key", before=before)
            if found is None:
                return renewed
            await encryption.next_version(core, connection, found.id)
            renewed += 1


async def _reseal(core: Core, column: Column) -> int:
    """A batch of secrets that an older version closed."""
    async with service_transaction(core.pool) as connection:
        rows = await store.stale_secrets(connection, column, limit=BATCH)
        for row in rows:
            await _reseal_one(core, connection, column, row)
    return len(rows)


async def _reseal_one(
    core: Core, connection: Connection, column: Column, row: store.SecretRow
) -> None:
    cell = Cell(row.agency_id, column.table, column.column, row.id)
    secret = await encryption.unseal(core, connection, cell, row.sealed)
    sealed = await encryption.seal(core, connection, cell, secret)
    await store.replace_secret(connection, column, row, sealed)
