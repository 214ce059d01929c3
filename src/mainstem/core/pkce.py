"""Codes that an app exchanges for a session: the code flow of `supabase.auth` (RFC 7636).

An app that asks for a letter, or sends somebody to a provider, keeps a verifier and tells its hash,
the challenge. Who comes back brings the app a code, and no token stands in an address. A code is
kept as one hash with its challenge: only who has the verifier finds it, and nothing else is kept.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit

from mainstem.core import lockout, opaque, sessions, store, trail
from mainstem.core.lockout import Subject
from mainstem.core.model import Assurance
from mainstem.core.store import RouteRow
from mainstem.core.trail import Action
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from mainstem.core.model import KeyUse, Origin, SignedIn
    from mainstem.core.parts import Core
    from mainstem.core.store import PersonRow
    from mainstem.core.transaction import Connection

LIFE = timedelta(minutes=5)
#: as app.token_route calls what somebody on their way brings
KIND = "oauth_state"
#: by what somebody may be known who brings a code
ASSURANCES = (Assurance.LINK, Assurance.IDENTITY)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def challenge_of(text: str | None, method: str | None) -> str:
    """The challenge that an app told; empty where it told none.

    Raises:
        RefusedError: it is none of SHA-256: a plain one is the verifier itself.
    """
    if not text:
        return ""
    if (method or "").lower() != "s256" or not _CHALLENGE.fullmatch(text):
        raise RefusedError(
            "validation_failed",
            "code_challenge_method must be s256, with its challenge",
            status=400,
        )
    return text


async def code_for(
    core: Core, connection: Connection, row: PersonRow, challenge: str, *, assurance: Assurance
) -> str:
    """A code for a person who is known now; good once, for five minutes, with the verifier."""
    assert assurance in ASSURANCES, "the exchange looks for no other"
    code = opaque.new_token()
    await store.run(
        connection, "add_route",
        kind=KIND, token=_route(code, challenge, assurance), agency_id=row.agency_id,
        target_id=row.id, expires_at=core.clock() + LIFE,
    )  # fmt: skip
    return code


async def exchange(
    core: Core, code: str, verifier: str, *, origin: Origin, key: KeyUse | None
) -> SignedIn:
    """Begin the session of whoever brings a code and its verifier.

    Raises:
        RefusedError: one of them is not good, or no more.
    """
    async with service_transaction(core.pool) as connection:
        await lockout.count(core, connection, Subject.ADDRESS, origin.address)
    digest = sha256(verifier.encode()).digest()
    challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
    async with service_transaction(core.pool) as connection:
        for assurance in ASSURANCES:
            route = await store.one(
                connection, RouteRow, "take_route",
                kinds=[KIND], token=_route(code, challenge, assurance), now=core.clock(),
            )  # fmt: skip
            if route is not None:
                break
        row = await store.person_by_id(connection, route.target_id) if route else None
        is_ours = row is not None and (key is None or key.agency_id == row.agency_id)
        if row is not None and is_ours and row.is_active and _VERIFIER.fullmatch(verifier):
            await lockout.forgive(core, connection, Subject.ADDRESS, origin.address)
            return await sessions.begin(
                core, connection, row.person(),
                assurance=assurance, kind=sessions.TOKEN, origin=origin, key=key,
            )  # fmt: skip
        if row is not None:
            await trail.note(connection, row.person(), Action.REFUSE, reason="code")
    raise RefusedError(
        "flow_state_not_found", "invalid flow state, no valid flow state found", status=404
    )


def with_code(target: str, code: str) -> str:
    """The address of an app with the code in its query, where such an app looks for it."""
    parts = urlsplit(target)
    query = "&".join(filter(None, (parts.query, urlencode({"code": code}))))
    return urlunsplit((*parts[:3], query, ""))


def _route(code: str, challenge: str, assurance: Assurance) -> str:
    return opaque.route_of(f"{code[:64]}.{challenge}.{assurance}")
