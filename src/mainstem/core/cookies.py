"""The cookie of a browser's session, and the guard against pages of other sites that use it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from litestar.datastructures import Cookie

from mainstem.core.sessions import IDLE
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.core.parts import Core

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OURS = frozenset({"same-origin", "none"})


def name(core: Core) -> str:
    """The cookie's name. Over TLS it can be set by this host alone, whatever its neighbours do."""
    return "__Host-mainstem" if _is_secure(core) else "mainstem"


def made(core: Core, token: str) -> Cookie:
    """The cookie of a session that just began."""
    return Cookie(
        key=name(core),
        value=token,
        max_age=int(IDLE.total_seconds()),
        path="/",
        secure=_is_secure(core),
        httponly=True,
        samesite="lax",
    )


def ended(core: Core) -> Cookie:
    """The cookie that takes the session's place when it ends."""
    return Cookie(
        key=name(core), value="", max_age=0, path="/", secure=_is_secure(core), httponly=True,
        samesite="lax",
    )  # fmt: skip


def require_own_origin(core: Core, method: str, headers: Mapping[str, str]) -> None:
    """Refuse a change that a page of another site began with the browser's cookie.

    Browsers say where a request comes from (Fetch Metadata, else Origin), and no page can make them
    say otherwise. What says neither is no browser: it sends the cookies that it chose to send.

    Raises:
        RefusedError: it comes from elsewhere.
    """
    if method in SAFE:
        return
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        is_own = site in OURS
    else:
        is_own = origin is None or _netloc(origin) in {headers.get("host"), _netloc(core.base_url)}
    if not is_own:
        raise RefusedError(
            "cross_site_request",
            "This change was begun by a page of another site; open ours and try again.",
        )


def _netloc(url: str) -> str:
    return urlsplit(url).netloc


def _is_secure(core: Core) -> bool:
    return core.base_url.startswith("https://")
