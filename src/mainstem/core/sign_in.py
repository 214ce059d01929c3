"""Signing in with a password. Whoever is refused learns nothing: not from words, not from time."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from mainstem.core import lockout, passwords, sessions, store, trail
from mainstem.core.lockout import Subject
from mainstem.core.model import Assurance, Origin, SignedIn
from mainstem.core.people import plain_email, tenant_of
from mainstem.core.trail import Action
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from mainstem.core.model import KeyUse
    from mainstem.core.parts import Core
    from mainstem.core.store import PersonRow
    from mainstem.core.transaction import Connection

LOG = logging.getLogger(__name__)


async def with_password(
    core: Core,
    email: str,
    password: str,
    *,
    origin: Origin,
    kind: str,
    key: KeyUse | None = None,
    replaces: UUID | None = None,
) -> SignedIn:
    """Sign a person in.

    Args:
        core: the parts.
        email: as it was typed.
        password: as it was typed.
        origin: where the request comes from.
        kind: what for: a browser, or a program with tokens.
        key: the API key of the request; people of another agency do not get in with it.
        replaces: the session that the browser had before, which ends.

    Raises:
        RefusedError: the pair is not right, or there were too many attempts.
    """
    email, password = plain_email(email), password[: passwords.LENGTH_MAX]
    async with refused_evenly(core):
        async with service_transaction(core.pool) as connection:
            await lockout.count(core, connection, Subject.ADDRESS, origin.address)
            await lockout.count(core, connection, Subject.ACCOUNT, email)
            row = await store.person_by_email(connection, email)
        is_right = await core.passwords.is_right(password, row.password_hash if row else None)
        reason = _refusal(row, key, is_right=is_right)
        if row is None or reason is not None:
            await _refuse(core, row, reason or "unknown")
            raise invalid_credentials()
        return await _begin(
            core, row, password, origin=origin, kind=kind, key=key, replaces=replaces
        )


def invalid_credentials() -> RefusedError:
    """The one refusal, whatever was wrong."""
    return RefusedError("invalid_credentials", "Invalid login credentials", status=400)


@asynccontextmanager
async def refused_evenly(core: Core) -> AsyncIterator[None]:
    """Let a refusal inside take the same time, whatever the reason."""
    begun_s = time.monotonic()
    try:
        yield
    except RefusedError:
        left_s = begun_s + core.refusal_s - time.monotonic()
        await asyncio.sleep(max(left_s, 0))
        raise


def _refusal(row: PersonRow | None, key: KeyUse | None, *, is_right: bool) -> str | None:
    """Why the person is not let in; None when they are."""
    if row is None:
        return "unknown"
    if not is_right:
        return "password" if row.password_hash is not None else "no_password"
    if not row.is_active:
        return "inactive"
    if key is not None and key.agency_id != row.agency_id:
        return "other_agency"
    return None


async def _refuse(core: Core, row: PersonRow | None, reason: str) -> None:
    if row is None:
        LOG.info("a sign-in was refused: nobody has that e-mail")
        return
    async with service_transaction(core.pool) as connection:
        await trail.note(connection, row.person(), Action.REFUSE, reason=reason)


async def _begin(
    core: Core,
    row: PersonRow,
    password: str,
    *,
    origin: Origin,
    kind: str,
    key: KeyUse | None,
    replaces: UUID | None,
) -> SignedIn:
    kept = row.password_hash
    assert kept is not None, "a right password has a hash"
    better = await core.passwords.hash(password) if passwords.needs_rehash(kept) else None
    person = row.person()
    async with service_transaction(core.pool, tenant_of(person)) as connection:
        await _forgive(core, connection, row.email, origin)
        if better is not None:
            await store.run(
                connection, "rehash_password", user_id=row.id, kept=kept, password_hash=better
            )
        if replaces is not None:
            await store.run(
                connection,
                "revoke_session",
                session_id=replaces,
                user_id=row.id,
                now=core.clock(),
                reason="signed_in_again",
            )
        return await sessions.begin(
            core,
            connection,
            person,
            assurance=Assurance.PASSWORD,
            kind=kind,
            origin=origin,
            key=key,
        )


async def _forgive(core: Core, connection: Connection, email: str, origin: Origin) -> None:
    await lockout.forget(core, connection, Subject.ACCOUNT, plain_email(email))
    await lockout.forgive(core, connection, Subject.ADDRESS, origin.address)
