"""Tokens of programs: access tokens that live minutes, refresh tokens that work once.

A refresh token that is brought a second time was copied by somebody: all tokens of that sign-in end
(RFC 9700, 4.14.2). The claims are those of a Supabase token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.core import opaque, sessions, signing, store, trail
from mainstem.core.model import Assurance, SignedIn
from mainstem.core.people import tenant_of
from mainstem.core.signing import AUDIENCE, TOKEN_LIFE
from mainstem.core.store import RefreshRow
from mainstem.core.trail import Action
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from mainstem.core.model import KeyUse, Person
    from mainstem.core.parts import Core
    from mainstem.core.transaction import Connection

#: a token has to fit into a header; who reads it without asking us then sees no client at all
CLIENTS_IN_TOKEN_MAX = 100
METHODS = {
    Assurance.PASSWORD: "password",
    Assurance.SECOND_FACTOR: "totp",
    Assurance.IDENTITY: "oauth",
    Assurance.LINK: "otp",
}


async def access_token(core: Core, signed_in: SignedIn, *, app: str) -> tuple[str, datetime]:
    """An access token of a session, and when it is out of date."""
    now = core.clock()
    expires_at = now + TOKEN_LIFE
    person = signed_in.person
    claims = tenant_of(person, app=app).claims()
    listed = person.client_ids
    is_second = signed_in.assurance is Assurance.SECOND_FACTOR
    claims |= {
        "iss": signing.issuer(core),
        "aud": AUDIENCE,
        "iat": int(now.timestamp()),
        "exp": int(expires_at.timestamp()),
        "email": person.email,
        "phone": "",
        "session_id": str(signed_in.session_id),
        "aal": "aal2" if is_second else "aal1",
        "amr": [{"method": METHODS[signed_in.assurance], "timestamp": int(now.timestamp())}],
        "is_anonymous": False,
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": {},
    }
    if listed is not None and len(listed) > CLIENTS_IN_TOKEN_MAX:
        claims["client_ids"] = []
    return await core.signing.sign(core, claims), expires_at


async def refresh(core: Core, token: str, *, key: KeyUse | None = None) -> tuple[SignedIn, str]:
    """Exchange a refresh token for the next one.

    Returns:
        who is signed in, with the new refresh token, and the app of the session.

    Raises:
        RefusedError: there is no such token, it was used before, or its session has ended.
    """
    async with service_transaction(core.pool) as connection:
        row = await store.one(
            connection, RefreshRow, "take_refresh_token", token_hash=opaque.hash_of(token)
        )
        person_row = await store.person_by_id(connection, row.user_id) if row else None
        if row is None or person_row is None:
            raise _not_found()
        person = person_row.person()
        is_used = row.used_at is not None
        if is_used:
            await _end_family(core, connection, row, person)
        elif _is_over(core, row) or not person.is_active or _is_foreign(key, person):
            raise _not_found()
        else:
            signed_in = await _next(core, connection, row, person)
    if is_used:
        raise RefusedError(
            "refresh_token_already_used",
            "Invalid Refresh Token: Already Used; this sign-in has ended, sign in again.",
            status=400,
        )
    return signed_in, row.app_context


async def _next(core: Core, connection: Connection, row: RefreshRow, person: Person) -> SignedIn:
    now, token = core.clock(), opaque.new_token()
    await store.run(connection, "use_refresh_token", id=row.id, now=now)
    await sessions.add_refresh_token(core, connection, row.session_id, token, parent_id=row.id)
    await sessions.touch(core, connection, row.session_id)
    return SignedIn(person, row.session_id, Assurance(row.assurance), token, now + sessions.IDLE)


async def _end_family(core: Core, connection: Connection, row: RefreshRow, person: Person) -> None:
    await store.run(
        connection, "revoke_session",
        session_id=row.session_id, user_id=person.id, now=core.clock(), reason="token_reused",
    )  # fmt: skip
    await trail.note(connection, person, Action.REFUSE, reason="token_reused")


def _is_over(core: Core, row: RefreshRow) -> bool:
    now = core.clock()
    ends = min(row.expires_at, row.session_expires_at, row.session_created_at + sessions.WHOLE)
    return ends <= now or row.revoked_at is not None or row.session_revoked_at is not None


def _is_foreign(key: KeyUse | None, person: Person) -> bool:
    return key is not None and key.agency_id != person.agency_id


def _not_found() -> RefusedError:
    return RefusedError(
        "refresh_token_not_found",
        "Invalid Refresh Token: Refresh Token Not Found; sign in again.",
        status=400,
    )


def seconds(span: timedelta) -> int:
    """A span as the protocol counts it."""
    return int(span.total_seconds())
