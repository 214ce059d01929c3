"""The audit trail of what no trigger sees: sign-ins, refusals, switches."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from mainstem.core import store

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.core.model import Person
    from mainstem.core.transaction import Connection


class Action(enum.StrEnum):
    """What happened."""

    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    REFUSE = "refuse"
    SWITCH_APP = "switch_app"
    CHANGE_PASSWORD = "change_password"  # noqa: S105 - an action, no password
    EXPORT = "export"
    ERASE = "erase"
    CHANGE = "update"


async def note(
    connection: Connection,
    person: Person,
    action: Action,
    *,
    reason: str | None = None,
    app: str | None = None,
) -> None:
    """Write down what a person did, or was refused."""
    await store.run(
        connection,
        "add_to_trail",
        agency_id=person.agency_id,
        actor_id=person.id,
        actor_role=person.role,
        actor_app=app,
        table_name="user",
        row_id=person.id,
        action=action,
        reason=reason,
    )


async def note_key(connection: Connection, agency_id: UUID, key_id: UUID, *, reason: str) -> None:
    """Write down that an API key was refused, once a minute for each key."""
    await store.run(
        connection, "note_refused_key", agency_id=agency_id, key_id=key_id, reason=reason
    )


async def note_platform(connection: Connection, person: Person, *, reason: str) -> None:
    """Write down what the platform's command line decided about a person."""
    await store.run(
        connection,
        "add_to_trail",
        agency_id=person.agency_id,
        actor_id=None,
        actor_role="platform",
        actor_app=None,
        table_name="user",
        row_id=person.id,
        action=Action.CHANGE,
        reason=reason,
    )
