"""What people change about themselves: names, and the password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from mainstem.core import lockout, passwords, sessions, sign_in, store, trail
from mainstem.core.lockout import Subject
from mainstem.core.people import tenant_of
from mainstem.core.trail import Action
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.core.model import Person, SessionUse
    from mainstem.core.parts import Core

NAME_MAX = 100
METADATA_KEYS_MAX = 50
METADATA_LENGTH_MAX = 8_000


async def change_password(core: Core, session: SessionUse, password: str) -> None:
    """Give the person of the session another password, and end all their other sessions.

    Raises:
        RefusedError: it is weak, or the one that they have.
    """
    person = session.person
    names = [person.first_name or "", person.last_name or ""]
    passwords.require_strong(password, [person.email, *names])
    async with service_transaction(core.pool) as connection:
        row = await store.person_by_id(connection, person.id)
    if row is not None and await core.passwords.is_right(password, row.password_hash):
        raise RefusedError(
            "same_password", "New password should be different from the old password.", status=422
        )
    password_hash = await core.passwords.hash(password)
    async with service_transaction(core.pool, tenant_of(person)) as connection:
        await store.run(
            connection,
            "set_password",
            user_id=person.id,
            password_hash=password_hash,
            now=core.clock(),
        )
        await trail.note(connection, person, Action.CHANGE_PASSWORD)
        await sessions.end_all_in(
            core, connection, person, but=session.id, reason="password_changed"
        )


async def require_password(core: Core, person: Person, password: str) -> None:
    """Refuse whoever holds a session but does not know the person's password.

    Raises:
        RefusedError: it is another one, or there were too many attempts.
    """
    async with service_transaction(core.pool) as connection:
        await lockout.count(core, connection, Subject.ACCOUNT, person.email)
        row = await store.person_by_id(connection, person.id)
    if row is None or not await core.passwords.is_right(password, row.password_hash):
        raise sign_in.invalid_credentials()
    async with service_transaction(core.pool) as connection:
        await lockout.forget(core, connection, Subject.ACCOUNT, person.email)


async def change_names(core: Core, person: Person, data: Mapping[str, object]) -> None:
    """Keep what the person's app says of them; names are kept as such too.

    Raises:
        RefusedError: it is more than may be kept.
    """
    if len(data) > METADATA_KEYS_MAX or len(str(data)) > METADATA_LENGTH_MAX:
        raise RefusedError(
            "validation_failed",
            f"At most {METADATA_KEYS_MAX} entries and {METADATA_LENGTH_MAX} characters are kept "
            "of a person; nothing was changed.",
            status=422,
        )
    first, last = data.get("first_name"), data.get("last_name")
    async with service_transaction(core.pool, tenant_of(person)) as connection:
        await store.run(
            connection,
            "change_names",
            user_id=person.id,
            first_name=first[:NAME_MAX] if isinstance(first, str) else None,
            last_name=last[:NAME_MAX] if isinstance(last, str) else None,
            metadata=Jsonb(dict(data)),
        )


async def read(core: Core, person: Person) -> Person:
    """The person as they are now."""
    async with service_transaction(core.pool) as connection:
        row = await store.person_by_id(connection, person.id)
    if row is None:
        raise sessions.gone()
    return row.person()
