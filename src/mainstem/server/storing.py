"""The storage API for core's people: who asks, and what they may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem import core as identity
from mainstem.core import Scope, agencies
from mainstem.server.callers import count
from mainstem.storage import Access, Ports, Right, StorageApi

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from typing import Any

    from mainstem.core import Core
    from mainstem.db.tenant import Tenant
    from mainstem.server.pace import Paces
    from mainstem.storage import Limits
    from mainstem.stores.model import Place

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
