"""What the browser is told to refuse: anything that is not ours, inline, framed or guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litestar.types import Message, Scope

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
#: whatever is not a static file shows the state of this moment
NO_STORE = "no-store"


_RAW = tuple((name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items())
_NO_STORE = (b"cache-control", NO_STORE.encode())


async def guard(message: Message, scope: Scope) -> None:
    """Put the security headers on a response; Litestar's `before_send` calls it for each."""
    if message["type"] != "http.response.start":
        return
    headers = list(message["headers"])
    there = {name.lower() for name, _ in headers}
    headers += [each for each in _RAW if each[0] not in there]
    if not scope["path"].startswith("/static/") and b"cache-control" not in there:
        headers.append(_NO_STORE)
    message["headers"] = headers
