"""What stands on somebody's desk, whatever app they are in.

Their agency's face, their saved views and notifications, and the clients that they may look at.

All but the agency's face is read and written in the caller's tenant transaction: row-level security
says whose it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from mainstem.core import permissions
from mainstem.core.desk import store
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from mainstem.core.parts import Core
    from mainstem.core.transaction import Connection
    from mainstem.db.tenant import Tenant

CHOICES_MAX = 50
VIEWS_MAX = 50
NOTIFICATIONS_MAX = 50
NAME_MAX = 60
QUERY_MAX = 2_000


@dataclass(frozen=True)
class Desk:
    """What stands around every page.

    Attributes:
        agency: the agency's name.
        slug: how addresses call it.
        brand: its own colours and logo, as its settings name them.
        unread: how many notifications wait, at most 100.
        client: the name of the client that is looked at; None for all.
    """

    agency: str
    slug: str
    brand: Mapping[str, object] = field(default_factory=dict)
    unread: int = 0
    client: str | None = None


@dataclass(frozen=True)
class Choice:
    """A client that may be chosen."""

    id: UUID
    name: str


@dataclass(frozen=True)
class SavedView:
    """A list that a person saved."""

    id: UUID
    name: str
    query: str


@dataclass(frozen=True)
class Notification:
    """A message to one person."""

    id: UUID
    kind: str
    title: str
    body: str | None
    link: str | None
    read_at: datetime | None
    created_at: datetime


async def read(connection: Connection, tenant: Tenant, *, client_id: UUID | None) -> Desk:
    """Read what stands around every page; a chosen client that is not seen counts as none."""
    found = await store.one(
        connection, Desk, "desk",
        agency_id=tenant.agency_id, user_id=tenant.user_id, client_id=client_id,
    )  # fmt: skip
    assert found is not None, "a person's agency is there"
    return found


async def change_face(core: Core, tenant: Tenant, *, name: str, brand: Mapping[str, str]) -> None:
    """Give the agency another name, colours and logo.

    Raises:
        RefusedError: the tenant may not.
    """
    async with service_transaction(core.pool, tenant) as connection:
        await permissions.require(connection, tenant, "agency.update")
        await store.run(
            connection, "change_face",
            agency_id=tenant.agency_id, name=name, brand=Jsonb(dict(brand)),
        )  # fmt: skip


async def clients(connection: Connection, tenant: Tenant, *, pattern: str) -> Sequence[Choice]:
    """The clients whose name is like that, in their order."""
    return await store.many(
        connection, Choice, "choices",
        agency_id=tenant.agency_id, pattern=pattern, rows_max=CHOICES_MAX,
    )  # fmt: skip


async def views(connection: Connection, tenant: Tenant, page: str) -> Sequence[SavedView]:
    """The lists of a page that the person saved."""
    return await store.many(
        connection, SavedView, "views",
        agency_id=tenant.agency_id, user_id=tenant.user_id, page=page, rows_max=VIEWS_MAX,
    )  # fmt: skip


async def save_view(
    connection: Connection, tenant: Tenant, *, page: str, name: str, query: str
) -> None:
    """Save a list; one of that name is replaced.

    Raises:
        RefusedError: its name is empty or too long, or there are too many.
    """
    name = " ".join(name.split())
    if not name or len(name) > NAME_MAX or len(query) > QUERY_MAX:
        raise RefusedError(
            "validation_failed",
            f"A saved view needs a name of at most {NAME_MAX} characters; nothing was saved.",
            status=422,
        )
    if len(await views(connection, tenant, page)) >= VIEWS_MAX:
        raise RefusedError(
            "validation_failed",
            f"There are {VIEWS_MAX} saved views of this page; delete one first.",
            status=422,
        )
    await store.run(
        connection, "save_view",
        agency_id=tenant.agency_id, user_id=tenant.user_id, page=page, name=name, query=query,
    )  # fmt: skip


async def drop_view(connection: Connection, tenant: Tenant, view_id: UUID) -> bool:
    """Delete a saved list of the person; False where there is none."""
    dropped = await store.run(
        connection, "drop_view",
        agency_id=tenant.agency_id, user_id=tenant.user_id, view_id=view_id,
    )  # fmt: skip
    return dropped > 0


async def notifications(connection: Connection, tenant: Tenant) -> Sequence[Notification]:
    """The newest notifications of the person."""
    return await store.many(
        connection, Notification, "notifications",
        agency_id=tenant.agency_id, user_id=tenant.user_id, rows_max=NOTIFICATIONS_MAX,
    )  # fmt: skip


async def mark_read(
    connection: Connection, tenant: Tenant, notification_id: UUID | None = None
) -> int:
    """Mark one notification of the person as read, or all; how many."""
    return await store.run(
        connection, "mark_read",
        agency_id=tenant.agency_id, user_id=tenant.user_id, notification_id=notification_id,
    )  # fmt: skip
