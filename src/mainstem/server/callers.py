"""Tells the data API who asks: core's access, with what the role and the key's scopes allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem import core as identity
from mainstem.core import Scope as KeyScope
from mainstem.rest import Access, Action

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from typing import Any

    from mainstem.core import Core
    from mainstem.rest import Resolve
    from mainstem.server.pace import Paces


NAMING = frozenset({b"apikey", b"authorization"})
READS = frozenset({"GET", "HEAD"})


def resolver(core: Core, paces: Paces) -> Resolve:
    """What the data API asks for each request. Cookies do not count there: no form reaches it."""

    async def resolve(scope: MutableMapping[str, Any], *, is_anew: bool) -> Access:
        headers = {
            name.decode("latin-1"): text.decode("latin-1")
            for name, text in scope["headers"]
            if name in NAMING
        }
        # A write takes its body first, which may take long and is not taken twice.
        if scope["method"] in READS:
            found, grounds = await identity.remembered(core, headers, is_anew=is_anew)
        else:
            found, grounds = await identity.resolve(core, headers), None
        if not is_anew:
            count(paces, found)
        return Access(found.tenant, found.profile, _may(found), grounds=grounds)

    return resolve


def count(paces: Paces, access: identity.Access) -> None:
    """Count a request of its key and of its person.

    Raises:
        RefusedError: it is one too many.
    """
    if access.key is not None:
        paces.key.count(access.key.id)
    if access.session is not None:
        paces.account.count(access.session.person.id)


def _may(access: identity.Access) -> Callable[[str, Action], bool]:
    def may(table: str, action: Action) -> bool:
        needed = KeyScope.ROWS_READ if action is Action.READ else KeyScope.ROWS_WRITE
        return needed in access.scopes and access.rights.may(table, action.value)

    return may
