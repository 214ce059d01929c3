"""Signatures in addresses: who has one may read, or write, one file until it runs out.

They are capabilities, as supabase-js expects them: they stand in a query string, so they hold for a
short time, name one file, and are never logged. The agency, the file and the end are signed with
the key-encryption key; nothing of them is kept.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hmac
import time
from typing import TYPE_CHECKING
from uuid import UUID  # noqa: TC003 - msgspec reads the annotations

import msgspec

from mainstem.storage.problem import StorageError, bad_signature, invalid

if TYPE_CHECKING:
    from mainstem.storage.model import Keys, Limits

_PURPOSE = b"mainstem storage signature 1."
_TOKEN_MAX = 8_000


class Use(enum.Enum):
    """What a signature is for."""

    READ = "read"
    UPLOAD = "upload"


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed.

    Attributes:
        use: for reading or for uploading.
        agency_id: whose file.
        bucket: as the address names it.
        name: of the file.
        ends_s: when it runs out, in seconds since 1970.
        object_id: of a file that is there: another one of the same name is not meant.
        client_id: of one that is to be uploaded: the client that its signer could write for.
        signer_id: the person who signed, where it was one.
        is_upsert: whether what is there may be replaced.
    """

    use: Use
    agency_id: UUID
    bucket: str
    name: str
    ends_s: int
    object_id: UUID | None = None
    client_id: UUID | None = None
    signer_id: UUID | None = None
    is_upsert: bool = False


def sign(keys: Keys, signed: Signed) -> str:
    """The token."""
    payload = msgspec.json.encode(signed)
    return f"{_text(payload)}.{_text(keys.keyed_hash(_PURPOSE + payload))}"


def read_address(
    keys: Keys, agency_id: UUID, *, bucket: str, name: str, object_id: UUID, ends_s: int
) -> str:
    """Where one file can be read until then, below the API's path.

    It is not escaped: supabase-js does that to the whole.
    """
    signed = Signed(
        use=Use.READ,
        agency_id=agency_id,
        bucket=bucket,
        name=name,
        ends_s=ends_s,
        object_id=object_id,
    )
    return f"/object/sign/{bucket}/{name}?token={sign(keys, signed)}"


def verify(keys: Keys, token: str, *, use: Use, bucket: str, name: str) -> Signed:
    """What a token was signed for.

    Raises:
        StorageError: it is forged, of another file or use, or has run out.
    """
    payload, _, given = token[:_TOKEN_MAX].partition(".")
    try:
        plain, signature = _bytes(payload), _bytes(given)
    except (ValueError, binascii.Error):
        raise bad_signature() from None
    hashes = keys.keyed_hashes(_PURPOSE + plain)
    if True not in [hmac.compare_digest(signature, each) for each in hashes]:
        raise bad_signature()
    signed = msgspec.json.decode(plain, type=Signed)
    if (signed.use, signed.bucket, signed.name) != (use, bucket, name):
        raise bad_signature()
    if signed.ends_s <= time.time():
        raise StorageError(400, "ExpiredToken", "The provided token has expired.")
    return signed


def ends_at(limits: Limits, expires_in_s: int | None) -> int:
    """When a signature for so many seconds from now ends.

    Raises:
        StorageError: that is never, or too long.
    """
    wanted = limits.signed_s if expires_in_s is None else expires_in_s
    if not 0 < wanted <= limits.signed_s_max:
        raise invalid(f"expiresIn must be 1 to {limits.signed_s_max} seconds")
    return int(time.time()) + wanted


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    padded = text + "=" * (-len(text) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True)
