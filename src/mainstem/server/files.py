"""Files: where their bytes lie, and who asks for them, as the storage API wants to know it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mainstem import core as identity
from mainstem.core import Scope, agencies
from mainstem.errors import ConfigError
from mainstem.server.callers import count
from mainstem.storage import Access, Limits, Ports, Right, StorageApi
from mainstem.stores.model import Place
from mainstem.stores.signing import keys_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping
    from typing import Any

    from mainstem.core import Core
    from mainstem.db.tenant import Tenant
    from mainstem.server.pace import Paces

#: a folder, or the address of an S3-compatible store; its keys are `MAINSTEM_FILES_ACCESS_KEY_ID`
#: and `MAINSTEM_FILES_SECRET_ACCESS_KEY`
VARIABLE = "MAINSTEM_FILES"
BUCKET_VARIABLE = "MAINSTEM_FILES_BUCKET"
REGION_VARIABLE = "MAINSTEM_FILES_REGION"
SIZE_VARIABLE = "MAINSTEM_FILES_MB_MAX"
FOLDER = "files"
MB_MAX = 1_000_000
#: by right: the permission that a role needs, where one is needed, and the scope that a key needs
_NEEDED = {
    Right.READ: (None, Scope.FILES_READ),
    Right.UPLOAD: ("asset.upload", Scope.FILES_WRITE),
    Right.REMOVE: ("asset.delete", Scope.FILES_WRITE),
    Right.MANAGE: ("storage_bucket.manage", Scope.FILES_WRITE),
}
_NAMING = frozenset({b"apikey", b"authorization"})


def storage_api(core: Core, place: Place | None, limits: Limits, paces: Paces) -> StorageApi | None:
    """The storage API for core's people; None where there is no place for files."""
    if place is None:
        return None

    async def agency(slug: str) -> Tenant | None:
        return await agencies.of_slug(core, slug)

    ports = Ports(
        resolve=_resolver(core, paces),
        agency=agency,
        on_behalf_of=agencies.on_behalf_of,
        keys=core.keys,
    )
    return StorageApi(core.pool, place, ports, limits=limits)


def place_of(home: Path, environment: Mapping[str, str] = os.environ) -> Place:
    """Where bytes lie: what MAINSTEM_FILES says, else a folder below the home.

    Raises:
        ConfigError: the path is not whole, or a store lacks its bucket or its keys.
    """
    said = environment.get(VARIABLE, "").strip()
    if not said.startswith(("https://", "http://")):
        folder = Path(said).expanduser() if said else home / FOLDER
        if not folder.is_absolute():
            raise ConfigError(f"{VARIABLE} is {said!r}; write the whole path, from the root on")
        return Place(folder=folder)
    bucket = environment.get(BUCKET_VARIABLE, "").strip()
    if not bucket:
        raise ConfigError(
            f"{VARIABLE} is the address of a store; say in {BUCKET_VARIABLE} which of its buckets"
        )
    keys_of(VARIABLE)
    region = environment.get(REGION_VARIABLE, "").strip() or "us-east-1"
    return Place(s3=said, region=region, bucket=bucket, keys=VARIABLE)


def limits_of(environment: Mapping[str, str] = os.environ) -> Limits:
    """How large a file may be: what MAINSTEM_FILES_MB_MAX says.

    Raises:
        ConfigError: it is no number of megabytes.
    """
    said = environment.get(SIZE_VARIABLE, "").strip()
    if not said:
        return Limits()
    if not (said.isascii() and said.isdigit() and 0 < int(said) <= MB_MAX):
        raise ConfigError(
            f"{SIZE_VARIABLE} is {said!r}; write a number of megabytes, up to {MB_MAX}"
        )
    return Limits(object_bytes_max=int(said) * 1024 * 1024)


def _resolver(core: Core, paces: Paces) -> Callable[[MutableMapping[str, Any]], Any]:
    """Who asks. Cookies do not count: an address in a page of another site would bring them."""

    async def resolve(scope: MutableMapping[str, Any]) -> Access:
        headers = {
            name.decode("latin-1"): text.decode("latin-1")
            for name, text in scope["headers"]
            if name in _NAMING
        }
        found = await identity.resolve(core, headers)
        count(paces, found)
        return Access(found.tenant, _may(found))

    return resolve


def _may(access: identity.Access) -> Callable[[Right], bool]:
    def may(right: Right) -> bool:
        permission, scope = _NEEDED[right]
        return scope in access.scopes and (permission is None or access.rights.has(permission))

    return may
