"""The secrets of endpoints: sealed by core, opened once in a while for as long as they are used."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mainstem.core import encryption
from mainstem.core.encryption import Cell
from mainstem.core.parts import Core
from mainstem.core.passwords import Passwords
from mainstem.db.pool import async_pool
from mainstem.db.tenant import Tenant, async_tenant_transaction
from mainstem.errors import ConfigError
from mainstem.revos.webhooks.signing import Signer, signer

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.core.master_key import MasterKeys
    from mainstem.revos.webhooks.model import Destination, Parcel

TABLE = "webhook_config"
CURRENT, PREVIOUS = "secret_encrypted", "previous_secret_encrypted"
#: an agency whose data key is destroyed has its secrets forgotten here within that time
KEPT_S = 300.0
KEPT_MAX = 5_000


def bound(credential: str, url: str) -> str:
    """A credential as it is sealed: with the place that it was given for.

    Whoever may change an endpoint's address learns no credential by it.
    """
    return f"{_place(url)}\n{credential}"


def _unbound(kept: str, url: str) -> str:
    place, _, credential = kept.partition("\n")
    if not credential or place != _place(url):
        raise ConfigError(
            "the key was given for another address; give it again if this one is right"
        )
    return credential


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def cell(agency_id: UUID, endpoint_id: UUID, column: str) -> Cell:
    """Where a secret of an endpoint stands."""
    return Cell(agency_id, TABLE, column, endpoint_id)


@dataclass
class Secrets:
    """Opens secrets, and remembers them for some minutes."""

    url: str
    keys: MasterKeys = field(repr=False)
    _opened: dict[bytes, tuple[float, str]] = field(default_factory=dict, repr=False)
    _opening: dict[bytes, asyncio.Task[str]] = field(default_factory=dict, repr=False)

    @cached_property
    def _passwords(self) -> Passwords:
        """Core wants one, and to make one costs as much as a sign-in: it is made once."""
        return Passwords()

    async def of(self, parcel: Parcel, kind: Destination) -> list[Signer] | str:
        """What signs a delivery, the current secret first; or the credential at a mail system.

        Raises:
            ConfigError: the endpoint has none, it does not open, or is for another address.
            SignatureError: it is no secret that signs.
        """
        if parcel.secret is None:
            raise ConfigError("the endpoint has no secret yet; give it one")
        current = await self._open(parcel, CURRENT, parcel.secret)
        if not kind.is_signed:
            return _unbound(current, parcel.url)
        signers = [signer(current)]
        if parcel.previous_secret is not None:
            signers.append(signer(await self._open(parcel, PREVIOUS, parcel.previous_secret)))
        return signers

    async def _open(self, parcel: Parcel, column: str, sealed: bytes) -> str:
        known = self._opened.get(sealed)
        if known is not None and time.monotonic() - known[0] < KEPT_S:
            return known[1]
        task = self._opening.get(sealed)
        if task is None:  # the calls of a batch ask for the same secret at the same moment
            task = asyncio.create_task(self._unsealed(parcel, column, sealed))
            self._opening[sealed] = task
            task.add_done_callback(lambda _: self._opening.pop(sealed, None))
        return await asyncio.shield(task)

    async def _unsealed(self, parcel: Parcel, column: str, sealed: bytes) -> str:
        where = cell(parcel.agency_id, parcel.endpoint_id, column)
        tenant = Tenant(parcel.agency_id, None, "owner", None, "revos", "service_role")
        async with async_pool(self.url, size_max=1) as pool:
            core = Core(pool=pool, keys=self.keys, passwords=self._passwords)
            async with async_tenant_transaction(pool, tenant) as connection:
                opened = await encryption.unseal(core, connection, where, sealed)
        if len(self._opened) >= KEPT_MAX:
            self._opened.clear()
        self._opened[sealed] = (time.monotonic(), opened.decode())
        return opened.decode()
