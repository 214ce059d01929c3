"""Whether a call is the provider's: by the secret that it shows, or that it signed with.

The first dialect shows the secret that we chose, in a header that we named. The second signs the
body with a secret that it chose; neither the header's name nor the encoding is documented, so every
header that speaks of a signature is compared with HMAC-SHA256 of the body in hexadecimal and
base64. All comparisons take the same time whatever is wrong.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SECRET_HEADER = "unipile-auth"  # noqa: S105 - a header's name
SIGNATURES_MAX = 5


def is_genuine(headers: Iterable[tuple[str, str]], body: bytes, secret: str | None) -> bool:
    """Whether the call is the provider's. Without a secret of ours, none is.

    Args:
        headers: names in lower case, and texts.
        body: as it came in.
        secret: what the provider shows or signs with.
    """
    if not secret:
        return False
    shown = [text.encode() for name, text in headers if name == SECRET_HEADER]
    signed = [text.encode() for name, text in headers if name.endswith("signature")]
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    expected = (digest.hex().encode(), base64.b64encode(digest))
    found = False
    for each in shown[:1]:
        found |= hmac.compare_digest(each, secret.encode())
    for each in signed[:SIGNATURES_MAX]:
        for one in expected:
            found |= hmac.compare_digest(_bare(each), one)
    return found


def _bare(signature: bytes) -> bytes:
    """A signature without the name of its algorithm before it."""
    for mark in (b"sha256=", b"v1=", b"v1,"):
        signature = signature.removeprefix(mark)
    return signature.strip()
