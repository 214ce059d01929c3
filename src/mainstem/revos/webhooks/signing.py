"""Signatures after Standard Webhooks 1.0.0: v1 (HMAC-SHA-256) and v1a (Ed25519).

The signed text is `id.timestamp.body`, the header a list of `version,base64` parted by blanks, so
that an endpoint whose secret changes gets one under each for a while. Source of the scheme: the
specification at standardwebhooks.com.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

SHARED_PREFIX, PRIVATE_PREFIX, PUBLIC_PREFIX = "whsec_", "whsk_", "whpk_"
SHARED_BYTES = 32
SHARED_BYTES_MIN, SHARED_BYTES_MAX = 24, 64
KEY_BYTES = 32
TOLERANCE_S = 300
SIGNATURES_MAX = 20
ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER = (
    "webhook-id", "webhook-timestamp", "webhook-signature",
)  # fmt: skip


class Scheme(enum.StrEnum):
    """How an endpoint's deliveries are signed."""

    SHARED = "v1"
    KEY_PAIR = "v1a"


class SignatureError(ValueError):
    """A secret is malformed, or a message is not what its signature says; says which."""


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """What sender and receiver both know."""

    key: bytes = field(repr=False)

    def sign(self, content: bytes) -> str:
        """The signature with its version."""
        return f"v1,{base64.b64encode(hmac.digest(self.key, content, sha256)).decode()}"

    def shown(self) -> str:
        """How the receiver gets it."""
        return SHARED_PREFIX + base64.b64encode(self.key).decode()


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key, of which the receiver knows the public one only."""

    private: Ed25519PrivateKey = field(repr=False)

    def sign(self, content: bytes) -> str:
        """The signature with its version."""
        return f"v1a,{base64.b64encode(self.private.sign(content)).decode()}"

    def shown(self) -> str:
        """The public key, as the receiver gets it."""
        public = self.private.public_key().public_bytes_raw()
        return PUBLIC_PREFIX + base64.b64encode(public).decode()

    def kept(self) -> str:
        """The private key, as it is sealed."""
        return PRIVATE_PREFIX + base64.b64encode(self.private.private_bytes_raw()).decode()


Signer: TypeAlias = SharedSecret | KeyPair


def new_secret(scheme: Scheme) -> str:
    """A new secret of a scheme, in the form that is kept."""
    if scheme is Scheme.SHARED:
        return SharedSecret(secrets.token_bytes(SHARED_BYTES)).shown()
    return KeyPair(Ed25519PrivateKey.generate()).kept()


def signer(kept: str) -> Signer:
    """Read a secret in the form that is kept.

    Raises:
        SignatureError: it is none.
    """
    if kept.startswith(SHARED_PREFIX):
        key = _decoded(kept.removeprefix(SHARED_PREFIX))
        if not SHARED_BYTES_MIN <= len(key) <= SHARED_BYTES_MAX:
            raise SignatureError("a shared secret has 24 to 64 bytes")
        return SharedSecret(key)
    if kept.startswith(PRIVATE_PREFIX):
        key = _decoded(kept.removeprefix(PRIVATE_PREFIX))
        if len(key) not in {KEY_BYTES, 2 * KEY_BYTES}:  # some keep the public half behind it
            raise SignatureError("a private key has 32 bytes")
        return KeyPair(Ed25519PrivateKey.from_private_bytes(key[:KEY_BYTES]))
    raise SignatureError(f"a secret begins with {SHARED_PREFIX} or {PRIVATE_PREFIX}")


def signed(
    signers: Sequence[Signer], *, message_id: str, at: datetime, body: bytes
) -> dict[str, str]:
    """Return the three headers of a message.

    Args:
        signers: the current secret first, then one that is still valid.
        message_id: the same at every attempt; without a full stop, which parts the signed text.
        at: the time of this attempt, with a zone.
        body: the bytes that are sent.
    """
    assert "." not in message_id, "the signed text would be ambiguous"
    assert at.tzinfo is not None, "a time without a zone is another one elsewhere"
    timestamp = str(int(at.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    return {
        ID_HEADER: message_id,
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: " ".join(each.sign(content) for each in signers),
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
    """Check a message that claims to be signed.

    Args:
        secret: a shared secret, or a public key.
        headers: of the request, in whatever case.
        body: as it came.
        now: the receiver's time.

    Raises:
        SignatureError: a header is missing or malformed, the time is too far off, or no signature
            fits. Which signature was wrong is not told.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, timestamp = lower[ID_HEADER], lower[TIMESTAMP_HEADER]
        given = lower[SIGNATURE_HEADER].split(" ")[:SIGNATURES_MAX]
    except KeyError as error:
        raise SignatureError(f"the header {error.args[0]} is missing") from None
    if not (timestamp.isascii() and timestamp.isdigit()):
        raise SignatureError("the timestamp is no whole number of seconds")
    if abs(int(timestamp[:15]) - now.timestamp()) > TOLERANCE_S:
        raise SignatureError("the timestamp is more than five minutes off")
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    if not any(_fits(secret, each, content) for each in given):
        raise SignatureError("no signature fits")


def _fits(secret: str, given: str, content: bytes) -> bool:
    version, _, text = given.partition(",")
    try:
        signature = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    if version == "v1" and secret.startswith(SHARED_PREFIX):
        key = _decoded(secret.removeprefix(SHARED_PREFIX))
        return hmac.compare_digest(hmac.digest(key, content, sha256), signature)
    if version == "v1a" and secret.startswith(PUBLIC_PREFIX):
        public = Ed25519PublicKey.from_public_bytes(_decoded(secret.removeprefix(PUBLIC_PREFIX)))
        try:
            public.verify(signature, content)
        except InvalidSignature:
            return False
        return True
    return False


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise SignatureError("a secret is base64 behind its prefix") from None
