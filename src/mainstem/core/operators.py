"""Platform operators: named outside the tenants, whatever their role in an agency.

Only the command line makes one, for whoever has the database has everything. It stands in the trail
of the person's agency; somebody who is nobody's person yet is known by their address until then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - rows are decoded by their annotations
from typing import TYPE_CHECKING

from mainstem.core import store, trail
from mainstem.core.people import plain_email
from mainstem.core.store import Id
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from mainstem.core.parts import Core
    from mainstem.core.transaction import Connection


@dataclass(frozen=True)
class Operator:
    """One who runs the platform."""

    email: str
    granted_by: str
    created_at: datetime


def unknown() -> RefusedError:
    """What everybody else is told: words that tell nothing of what there is."""
    return RefusedError("not_found", "There is nothing at this address.", status=404)


async def listed(core: Core) -> list[Operator]:
    """Who runs the platform, by address."""
    async with service_transaction(core.pool) as connection:
        return await store.many(connection, Operator, "operators")


async def add(core: Core, email: str, *, granted_by: str) -> None:
    """Let somebody run the platform.

    Raises:
        UsageError: it is no address, or they do already.
    """
    address = plain_email(email)
    if "@" not in address.strip("@"):
        raise UsageError(f"{email!r} is no e-mail address")
    async with service_transaction(core.pool) as connection:
        row = await store.person_by_email(connection, address)
        added = await store.one(
            connection, Id, "add_operator",
            email=address, user_id=row.id if row else None, granted_by=granted_by,
        )  # fmt: skip
        if added is None:
            raise UsageError(f"{address} is an operator already")
        await _note(connection, address, reason="operator_added")


async def remove(core: Core, email: str) -> None:
    """Let somebody run the platform no more, from their next request on.

    Raises:
        UsageError: they do not.
    """
    address = plain_email(email)
    async with service_transaction(core.pool) as connection:
        gone = await store.one(connection, Id, "remove_operator", email=address, now=core.clock())
        if gone is None:
            raise UsageError(f"{address} is no operator; see `mainstem operator list`")
        await _note(connection, address, reason="operator_removed")


async def _note(connection: Connection, address: str, *, reason: str) -> None:
    row = await store.person_by_email(connection, address)
    if row is not None:
        await trail.note_platform(connection, row.person(), reason=reason)
