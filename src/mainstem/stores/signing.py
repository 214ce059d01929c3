"""Signing requests to S3-compatible stores: Signature Version 4, with nothing but hashes.

Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload
in a Single Chunk". The secret never leaves this module but as a signature.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from mainstem.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Keys:
    """The credentials of a store; printing them shows no secret."""

    access_key: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


def keys_of(prefix: str) -> Keys:
    """The credentials in the environment.

    Raises ConfigError, naming the variables, when they are not set.
    """
    names = [f"{prefix}_ACCESS_KEY_ID", f"{prefix}_SECRET_ACCESS_KEY"]
    access, secret = (os.environ.get(name, "").strip() for name in names)
    if not access or not secret:
        missing = [name for name, value in zip(names, (access, secret), strict=True) if not value]
        raise ConfigError(
            f"the keys of a store of files are not set: set {' and '.join(missing)} in the "
            "environment"
        )
    return Keys(access, secret, os.environ.get(f"{prefix}_SESSION_TOKEN") or None)


@dataclass(frozen=True)
class Request:
    """What is signed: `path` as it is sent, escaped; `query` without its question mark."""

    method: str
    host: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    payload_sha256: str = EMPTY_SHA256

    @property
    def query_text(self) -> str:
        """The query as it is sent and signed: escaped, in order."""
        pairs = sorted((escape(name), escape(value)) for name, value in self.query.items())
        return "&".join(f"{name}={value}" for name, value in pairs)


def sign(request: Request, keys: Keys, *, region: str, at: datetime) -> dict[str, str]:
    """The headers to send: those of the request, and the ones that sign it."""
    moment = at.strftime("%Y%m%dT%H%M%SZ")
    headers = {
        **request.headers,
        "host": request.host,
        "x-amz-content-sha256": request.payload_sha256,
        "x-amz-date": moment,
    }
    if keys.token is not None:
        headers["x-amz-security-token"] = keys.token
    names = sorted(name.lower() for name in headers)
    lower = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    canonical = "\n".join(
        [
            request.method,
            request.path,
            request.query_text,
            *(f"{name}:{lower[name]}" for name in names),
            "",
            ";".join(names),
            request.payload_sha256,
        ]
    )
    scope = f"{moment[:8]}/{region}/s3/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{_ALGORITHM}\n{moment}\n{scope}\n{digest}"
    key = _key(keys.secret, moment[:8], region)
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (
        f"{_ALGORITHM} Credential={keys.access_key}/{scope},"
        f"SignedHeaders={';'.join(names)},Signature={signature}"
    )
    return headers


def escape(text: str, *, safe: str = "") -> str:
    """A text as URLs of S3 write it: everything but letters, digits and -._~ by its bytes."""
    return quote(text, safe=safe + "-._~")


def _key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
