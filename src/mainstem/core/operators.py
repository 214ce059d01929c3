"""Platform operators: named outside the tenants, whatever their role in an agency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.core import store
from mainstem.core.store import Id
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from mainstem.core.model import Person
    from mainstem.core.parts import Core


async def is_operator(core: Core, person: Person) -> bool:
    """Whether the person runs the platform."""
    async with service_transaction(core.pool) as connection:
        found = await store.one(connection, Id, "operator", user_id=person.id, email=person.email)
    return found is not None


async def require(core: Core, person: Person) -> None:
    """Refuse everybody else, in words that tell nothing of what there is.

    Raises:
        RefusedError: the person is none.
    """
    if not await is_operator(core, person):
        raise RefusedError("not_found", "There is nothing at this address.", status=404)
