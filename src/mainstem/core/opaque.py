"""Opaque tokens: 256 bits of chance, of which the database keeps a hash only."""

from __future__ import annotations

import secrets
from hashlib import sha256

TOKEN_BYTES = 32
LENGTH_MAX = 200


def new_token() -> str:
    """A token that nobody guesses, safe in a URL and a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_of(token: str) -> bytes:
    """What is kept of a token. Chance needs no slow hash: there is nothing to guess."""
    return sha256(token[:LENGTH_MAX].encode()).digest()


def route_of(token: str) -> str:
    """The same as text, for app.token_route."""
    return hash_of(token).hex()
