"""A second factor: codes of an authenticator app (RFC 6238), and recovery codes for its loss.

A code is good for its half minute and one before and after, and once. Its secret is sealed under
the agency's data key.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import UUID, uuid4

from mainstem.core import lockout, opaque, sessions, store, trail
from mainstem.core.encryption import Cell, seal, unseal
from mainstem.core.lockout import Subject
from mainstem.core.model import Assurance, SignedIn
from mainstem.core.people import tenant_of
from mainstem.core.store import Id
from mainstem.core.trail import Action
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from mainstem.core.model import Person, SessionUse
    from mainstem.core.parts import Core
    from mainstem.core.transaction import Connection

STEP_S = 30
DIGITS = 6
SECRET_BYTES = 20
STEPS_ASIDE = 1
RECOVERY_CODES = 10
ISSUER = "Mainstem"


@dataclass(frozen=True)
class Enrolment:
    """A second factor that is not confirmed yet: the one time that its secret is shown."""

    id: UUID
    secret: str = field(repr=False)
    uri: str = field(repr=False)


@dataclass(frozen=True)
class Factor:
    """A second factor as its owner sees it."""

    id: UUID
    label: str | None
    confirmed_at: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class _Row:
    id: UUID
    secret_encrypted: bytes
    last_used_step: int | None
    confirmed_at: datetime | None


def code_at(secret: bytes, step: int, *, digits: int = DIGITS, algorithm: str = "sha1") -> str:
    """The code of a time step (RFC 4226, 5.3; RFC 6238, 4.2)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), algorithm)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


async def enrol(core: Core, person: Person, *, label: str | None = None) -> Enrolment:
    """Make a secret for the person's authenticator; it counts once a code confirmed it.

    Raises:
        RefusedError: they have a confirmed one.
    """
    if person.has_second_factor:
        raise RefusedError(
            "mfa_verified_factor_exists",
            "You have a second factor; take it away before you set up another.",
            status=422,
        )
    secret, factor_id = secrets.token_bytes(SECRET_BYTES), uuid4()
    async with service_transaction(core.pool, tenant_of(person)) as connection:
        sealed = await seal(core, connection, _cell(person, factor_id), secret)
        await store.run(connection, "drop_totp", user_id=person.id)
        await store.run(
            connection, "add_totp",
            id=factor_id, user_id=person.id, secret_encrypted=sealed, label=label and label[:100],
        )  # fmt: skip
    text = base64.b32encode(secret).decode().rstrip("=")
    account = quote(person.email, safe="")
    uri = f"otpauth://totp/{ISSUER}:{account}?secret={text}&issuer={ISSUER}"
    return Enrolment(factor_id, text, uri)


async def confirm(core: Core, session: SessionUse, code: str) -> tuple[SignedIn, list[str]]:
    """Confirm the enrolment by a first code; the session is whole from now on.

    Returns:
        the session under its new token, and the recovery codes, shown this once.

    Raises:
        RefusedError: the code is wrong, or nothing waits to be confirmed.
    """
    signed_in = await give(core, session, code, is_confirming=True)
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    person = session.person
    async with service_transaction(core.pool, tenant_of(person)) as connection:
        await store.run(connection, "drop_recovery_codes", user_id=person.id)
        for each in codes:
            await store.run(
                connection, "add_recovery_code", user_id=person.id, code_hash=_hash(core, each)
            )
        await trail.note(connection, person, Action.CHANGE_PASSWORD, reason="second_factor_added")
        await sessions.end_all_in(
            core, connection, person, but=session.id, reason="second_factor_added"
        )
    return signed_in, codes


async def give(
    core: Core, session: SessionUse, code: str, *, is_confirming: bool = False
) -> SignedIn:
    """Give a code, of the authenticator or for recovery; the session is whole, under a new token.

    Raises:
        RefusedError: the code is wrong or was used, or there were too many attempts.
    """
    person, plain = session.person, code.replace(" ", "").replace("-", "").strip().lower()
    async with service_transaction(core.pool) as connection:
        await lockout.count(core, connection, Subject.SECOND_FACTOR, str(person.id))
    async with service_transaction(core.pool, tenant_of(person)) as connection:
        is_right = await _takes(core, connection, person, plain, is_confirming=is_confirming)
        if is_right:
            await lockout.forget(core, connection, Subject.SECOND_FACTOR, str(person.id))
            signed_in = await _raise(core, connection, session)
        else:
            await trail.note(connection, person, Action.REFUSE, reason="second_factor")
    if not is_right:
        raise RefusedError("mfa_verification_failed", "Invalid TOTP code entered", status=422)
    return signed_in


async def take_away(core: Core, session: SessionUse) -> None:
    """End the second factor of a person who has just shown it.

    One that still waits for its first code goes alone: nobody was known by it yet.

    Raises:
        RefusedError: their session did not show it.
    """
    person = session.person
    if person.has_second_factor and session.assurance is not Assurance.SECOND_FACTOR:
        raise RefusedError("insufficient_aal", "Give the code of your second factor first.")
    async with service_transaction(core.pool, tenant_of(person)) as connection:
        await store.run(connection, "drop_totp", user_id=person.id)
        if not person.has_second_factor:
            return
        await store.run(connection, "drop_recovery_codes", user_id=person.id)
        await trail.note(connection, person, Action.CHANGE_PASSWORD, reason="second_factor_removed")
        await sessions.end_all_in(
            core, connection, person, but=session.id, reason="second_factor_removed"
        )


async def factors(core: Core, person: Person) -> list[Factor]:
    """The second factors of a person, at most one."""
    async with service_transaction(core.pool) as connection:
        return await store.many(connection, Factor, "totps", user_id=person.id)


async def _takes(
    core: Core, connection: Connection, person: Person, code: str, *, is_confirming: bool
) -> bool:
    row = await store.one(connection, _Row, "take_totp", user_id=person.id)
    if row is None or (row.confirmed_at is None) != is_confirming:
        return False
    secret = await unseal(core, connection, _cell(person, row.id), row.secret_encrypted)
    now = core.clock()
    step_now = int(now.timestamp()) // STEP_S
    matched = None
    for step in range(step_now - STEPS_ASIDE, step_now + STEPS_ASIDE + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            matched = step
    if matched is not None and matched > (row.last_used_step or 0):
        await store.run(connection, "use_totp", id=row.id, step=matched, now=now)
        return True
    if is_confirming or matched is not None:
        return False
    used = await store.one(
        connection, Id, "use_recovery_code", user_id=person.id, code_hash=_hash(core, code)
    )
    return used is not None


async def _raise(core: Core, connection: Connection, session: SessionUse) -> SignedIn:
    """A new token with the higher assurance: one that was seen before must not gain it."""
    now, token = core.clock(), opaque.new_token()
    is_browser = session.kind == sessions.BROWSER
    raised = await store.one(
        connection,
        Id,
        "raise_assurance",
        session_id=session.id,
        token_hash=opaque.hash_of(token if is_browser else opaque.new_token()),
    )
    if raised is None:
        raise sessions.gone()
    if not is_browser:
        await store.run(connection, "drop_refresh_tokens", session_id=session.id)
        await sessions.add_refresh_token(core, connection, session.id, token, parent_id=None)
    assurance = Assurance.SECOND_FACTOR
    await trail.note(connection, session.person, Action.SIGN_IN, reason=assurance)
    return SignedIn(session.person, session.id, assurance, token, now + sessions.IDLE)


def _cell(person: Person, factor_id: UUID) -> Cell:
    return Cell(person.agency_id, "credential", "secret_encrypted", factor_id)


def _recovery_code() -> str:
    """Fifty bits, in letters that are not mistaken for others."""
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()[:10]
    return f"{text[:5]}-{text[5:]}"


def _hash(core: Core, code: str) -> bytes:
    return core.keys.keyed_hash(b"recovery:" + code.replace("-", "").encode())
