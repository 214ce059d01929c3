"""From the headers of a request to what it may see: `resolve`.

A request names itself in up to three ways: an API key (`apikey`, or as the bearer of
`Authorization`), an access token (the bearer), or a browser's cookie. The key says for which agency
and app, the token or the cookie who. What is found is asked of the database each time, so that what
was revoked a moment ago is gone.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

from mainstem.core import api_keys, opaque, sessions, store, trail
from mainstem.core.known import Answer, Asked, Kept
from mainstem.core.model import Access, Assurance, KeyUse, Scope, SessionUse
from mainstem.core.people import app_for, tenant_of
from mainstem.core.permissions import NOTHING, Rights
from mainstem.core.transaction import OPENING, service_transaction
from mainstem.db.tenant import Grounds, Tenant
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.core.parts import Core
    from mainstem.core.store import KeyRow, SessionRow

#: how exact "last used" is: writing it with each request would double their cost
TOUCHED_AFTER = timedelta(minutes=1)
BEARER = "bearer "
EVERYTHING = frozenset(Scope)


@dataclass(frozen=True)
class Brought:
    """What a request brought to name itself."""

    key: str | None
    token: str | None
    cookie: str | None


async def resolve(
    core: Core,
    headers: Mapping[str, str],
    *,
    cookie: str | None = None,
    needs_second_factor: bool = True,
) -> Access:
    """Say who a request is from and what it may see.

    Args:
        core: the parts.
        headers: the request's, by lower-case name: `apikey` and `authorization` count.
        cookie: the session cookie, where the caller takes one and has checked the request's origin.
        needs_second_factor: whether a person who has one must have given it; only the door of the
            second factor itself says no.

    Returns:
        the access; one without a tenant is anonymous.

    Raises:
        RefusedError: the request names itself by something that is not, or no more, good.
    """
    access, _ = await _resolve(
        core, read(headers, cookie=cookie), needs_second_factor=needs_second_factor
    )
    return access


async def remembered(
    core: Core, headers: Mapping[str, str], *, is_anew: bool = False
) -> tuple[Access, Grounds | None]:
    """The same for a request that only reads, from memory where the same was brought before.

    Args:
        core: the parts.
        headers: the request's, by lower-case name.
        is_anew: whether the database must be asked, because grounds did not hold.

    Returns:
        the access, and the grounds on which it was remembered: whoever reads for it opens the
        transaction on them. Without grounds the database was asked just now.

    Raises:
        RefusedError: the request names itself by something that is not, or no more, good.
    """
    brought = read(headers)
    mark = _mark(brought)
    kept = core.known.get(mark)
    if kept is not None and not is_anew and kept.good_until > core.clock():
        question = kept.asked.question(core.clock())
        return kept.access, Grounds(question, kept.answer)
    access, found = await _resolve(core, brought, needs_second_factor=True)
    if found is not None:
        core.known.keep(mark, Kept(access, *found))
    return access, None


async def _resolve(
    core: Core, brought: Brought, *, needs_second_factor: bool
) -> tuple[Access, tuple[Asked, Answer, datetime] | None]:
    """The access; for somebody who was found, what was asked, the answer, how long it counts."""
    claims = await core.signing.verify(core, brought.token) if brought.token else None
    asked = Asked(
        api_keys.prefix_of(brought.key) if brought.key else None,
        UUID(str(claims["session_id"])) if claims is not None else None,
        opaque.hash_of(brought.cookie) if brought.cookie else None,
    )
    known = await core.permissions.keys(core)
    answer: Answer = (None, None)
    if any(asked):
        async with core.pool.connection() as connection:
            answer = await store.access(connection, OPENING, asked.question(core.clock()))
    key_row, session_row = store.key_row(answer), store.session_row(answer)
    key = await _key(core, key_row, brought.key) if brought.key and key_row else None
    session = await _session(core, session_row) if session_row else None
    if brought.key and key is None:
        raise RefusedError("invalid_api_key", "Invalid API key", status=401)
    if session is None and (claims is not None or brought.cookie):
        raise sessions.gone()
    if session is not None and needs_second_factor:
        require_second_factor(session)
    access = _access(session, key, known)
    if access.is_anonymous:
        return access, None
    return access, (asked, answer, _good_until(core, claims, key_row, session_row))


def _good_until(
    core: Core,
    claims: Mapping[str, object] | None,
    key_row: KeyRow | None,
    session_row: SessionRow | None,
) -> datetime:
    """How long an access may be remembered: until its use is to be written down, or it expires."""
    now = core.clock()
    ends = [now + TOUCHED_AFTER]
    if key_row is not None and key_row.last_used_at is not None:
        ends.append(key_row.last_used_at + TOUCHED_AFTER)
    if session_row is not None:
        ends.append(session_row.last_seen_at + TOUCHED_AFTER)
    if claims is not None:
        ends.append(datetime.fromtimestamp(float(str(claims["exp"])), UTC))
    return min(ends)


def _mark(brought: Brought) -> bytes:
    return sha256(f"{brought.key}\0{brought.token}".encode()).digest()


def read(headers: Mapping[str, str], *, cookie: str | None = None) -> Brought:
    """Tell a key from a token: supabase-js sends its key as both until somebody signs in."""
    key = headers.get("apikey", "").strip() or None
    authorization = headers.get("authorization", "").strip()
    bearer = None
    if authorization[: len(BEARER)].lower() == BEARER:
        bearer = authorization[len(BEARER) :].strip() or None
    if bearer is not None and bearer.startswith(api_keys.MARK):
        key, bearer = key or bearer, None
    return Brought(key, bearer, cookie if key is None and bearer is None else None)


async def _key(core: Core, row: KeyRow, text: str) -> KeyUse | None:
    """The key, if the text is its secret; once in a while its use is written down."""
    hashes = core.keys.keyed_hashes(text.encode())
    matches = [hmac.compare_digest(row.key_hash, each) for each in hashes]
    if not any(matches):
        async with service_transaction(core.pool) as connection:
            await trail.note_key(connection, row.agency_id, row.id, reason="wrong_secret")
        return None
    now, this = core.clock(), {"agency_id": row.agency_id, "key_id": row.id}
    is_stale = row.last_used_at is None or row.last_used_at + TOUCHED_AFTER < now
    if is_stale or not matches[0]:
        async with service_transaction(core.pool) as connection:
            await store.run(connection, "touch_key", now=now, **this)
            if not matches[0]:
                await store.run(connection, "rehash_key", key_hash=hashes[0], **this)
    return KeyUse(
        row.id,
        row.agency_id,
        row.client_id,
        row.app,
        row.profile,
        frozenset(map(Scope, row.scopes)),
        tuple(row.overrides),
    )


async def _session(core: Core, row: SessionRow) -> SessionUse:
    """The session; once in a while its use is written down, which lets it live on."""
    if row.last_seen_at + TOUCHED_AFTER < core.clock():
        async with service_transaction(core.pool) as connection:
            await sessions.touch(core, connection, row.session_id)
    return SessionUse(
        row.session_id,
        row.kind,
        Assurance(row.assurance),
        row.app_context,
        row.session_client_id,
        row.person(),
        tuple(row.overrides),
        row.is_operator,
    )


def require_second_factor(session: SessionUse) -> None:
    """Refuse a session whose person has a second factor and has not given it.

    Raises:
        RefusedError: that is so.
    """
    if session.person.has_second_factor and session.assurance is not Assurance.SECOND_FACTOR:
        raise RefusedError(
            "insufficient_aal", "Give the code of your second factor first.", status=403
        )


def _access(session: SessionUse | None, key: KeyUse | None, known: frozenset[str]) -> Access:
    profile = key.profile if key else "public"
    if session is not None:
        person = session.person
        if key is not None and key.agency_id != person.agency_id:
            raise RefusedError(
                "invalid_api_key", "This API key is another agency's than yours.", status=401
            )
        app = key.app if key is not None and key.app != "both" else session.app_context
        tenant = tenant_of(person, app=app, within=key.client_id if key else None)
        rights = Rights(person.role, known, _parsed(session.overrides))
        return Access(tenant, session, key, tenant.app_context, profile, EVERYTHING, rights)
    if key is None or not key.scopes:
        app = key.app if key else "both"
        return Access(None, None, key, app, profile, frozenset(), NOTHING)
    tenant = _tenant_of_key(key)
    rights = Rights(tenant.user_role, known, _parsed(key.overrides))
    return Access(tenant, None, key, key.app, profile, key.scopes, rights)


def _parsed(overrides: tuple[str, ...]) -> dict[str, bool]:
    return {each[:-1]: each.endswith("+") for each in overrides}


def _tenant_of_key(key: KeyUse) -> Tenant:
    """A key of an agency sees what a manager sees, one of a client that client."""
    role = "manager" if key.client_id is None else "client"
    return Tenant(
        agency_id=key.agency_id,
        user_id=None,
        user_role=role,
        client_ids=None if key.client_id is None else frozenset({key.client_id}),
        app_context=app_for(role, key.app),
    )
