"""The keys that sign access tokens: ES256, new ones in time, the private halves wrapped.

A key signs for a month and verifies for as long as a token of its last minute lives. All processes
share the keys through the database; each remembers them for a while, and looks again when a token
names one that it does not know.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from psycopg.types.json import Jsonb

from mainstem.core import store
from mainstem.core.store import SigningKeyRow
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.core.parts import Core

ALGORITHM = "ES256"
SIGNS_FOR = timedelta(days=30)
TOKEN_LIFE = timedelta(minutes=10)
FRESH_FOR = timedelta(minutes=5)
#: a flood of tokens with invented key ids costs one query in so long
LOOKED_AGAIN_AFTER = timedelta(seconds=5)
TOKEN_LENGTH_MAX = 16_384
VERIFIED_MAX = 10_000
AUDIENCE = "authenticated"


@dataclass(frozen=True)
class _Known:
    keys: Mapping[str, ECKey]
    signing_id: str
    signs_until: datetime
    at: datetime
    #: claims by the hash of their token, whose signature was right: a signature stays right
    verified: dict[bytes, Mapping[str, object]] = field(default_factory=dict)


class Signing:
    """Remembers the keys."""

    def __init__(self) -> None:
        self._known: _Known | None = None

    async def sign(self, core: Core, claims: Mapping[str, object]) -> str:
        """Make a token of the claims, which name its expiry."""
        known = await self._current(core)
        header = {"alg": ALGORITHM, "kid": known.signing_id, "typ": "JWT"}
        return jwt.encode(
            header, dict(claims), known.keys[known.signing_id], algorithms=[ALGORITHM]
        )

    async def verify(self, core: Core, token: str) -> Mapping[str, object]:
        """The claims of a token that we signed and that is not out of date.

        Raises:
            RefusedError: it is none.
        """
        if len(token) > TOKEN_LENGTH_MAX:
            raise bad_token("The access token is longer than any that was made here.")
        known, digest = await self._current(core), sha256(token.encode()).digest()
        claims = known.verified.get(digest)
        if claims is None:
            claims = await self._verified(core, known, token)
            _remember(known.verified, digest, claims)
        expires = claims.get("exp")
        if not isinstance(expires, int) or expires <= core.clock().timestamp():
            raise bad_token("The access token is out of date; refresh it.", is_expired=True)
        if claims.get("iss") != issuer(core) or claims.get("aud") != AUDIENCE:
            raise bad_token("The access token was made for another purpose; sign in again.")
        return claims

    async def _verified(self, core: Core, known: _Known, token: str) -> Mapping[str, object]:
        """The claims of a token whose signature is ours."""
        if _key_id(token) not in known.keys and known.at + LOOKED_AGAIN_AFTER < core.clock():
            known = await self._look(core)
        key = known.keys.get(_key_id(token))
        if key is None:
            raise bad_token("The access token was not signed here; sign in again.")
        try:
            return jwt.decode(token, key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            raise bad_token("The access token is no valid one; sign in again.") from None

    async def public_keys(self, core: Core) -> list[dict[str, object]]:
        """The public halves, as others need them to verify our tokens (RFC 7517)."""
        known = await self._current(core)
        return [
            {**key.as_dict(private=False), "kid": key_id, "alg": ALGORITHM, "use": "sig",
             "key_ops": ["verify"]}
            for key_id, key in known.keys.items()
        ]  # fmt: skip

    async def _current(self, core: Core) -> _Known:
        known, now = self._known, core.clock()
        if known is None or known.at + FRESH_FOR < now or known.signs_until <= now:
            return await self._look(core)
        return known

    async def _look(self, core: Core) -> _Known:
        now = core.clock()
        async with service_transaction(core.pool) as connection:
            rows = await store.many(connection, SigningKeyRow, "signing_keys", now=now)
            if not rows or rows[0].signs_until <= now:
                await store.run(connection, "lock_signing_keys")
                rows = await store.many(connection, SigningKeyRow, "signing_keys", now=now)
            if not rows or rows[0].signs_until <= now:
                row = _new_key(core, now)
                await store.run(
                    connection,
                    "add_signing_key",
                    now=now,
                    **(vars(row) | {"public_jwk": Jsonb(row.public_jwk)}),
                )
                rows = [row, *rows]
        keys = {str(row.id): _opened(core, row) for row in rows}
        self._known = _Known(keys, str(rows[0].id), rows[0].signs_until, now)
        return self._known


def _remember(
    verified: dict[bytes, Mapping[str, object]], digest: bytes, claims: Mapping[str, object]
) -> None:
    """Keep so many; the oldest gives way."""
    while len(verified) >= VERIFIED_MAX:
        del verified[next(iter(verified))]
    verified[digest] = claims


def issuer(core: Core) -> str:
    """Who our tokens say made them."""
    return f"{core.base_url}/auth/v1"


def bad_token(message: str, *, is_expired: bool = False) -> RefusedError:
    """GoTrue's refusal of a token."""
    return RefusedError("session_expired" if is_expired else "bad_jwt", message, status=401)


def _new_key(core: Core, now: datetime) -> SigningKeyRow:
    key_id = uuid4()
    made = ECKey.generate_key("P-256", private=True)
    secret = json.dumps(made.as_dict(private=True)).encode()
    return SigningKeyRow(
        id=key_id,
        public_jwk={
            name: str(value) for name, value in made.as_dict(private=False).items() if name != "kid"
        },
        wrapped_key=core.keys.wrap(secret, context(key_id)),
        key_encryption_key_id=core.keys.current.id,
        signs_until=now + SIGNS_FOR,
        verifies_until=now + SIGNS_FOR + 2 * TOKEN_LIFE,
    )


def _opened(core: Core, row: SigningKeyRow) -> ECKey:
    secret = core.keys.unwrap(row.wrapped_key, context(row.id), key_id=row.key_encryption_key_id)
    return ECKey.import_key(json.loads(secret))


def context(key_id: UUID) -> bytes:
    """What a wrapped signing key is bound to."""
    return b"signing_key:" + key_id.bytes


def _key_id(token: str) -> str:
    """The key that a token names; nothing where it is no token."""
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError):
        return ""
    return str(header.get("kid", ""))
