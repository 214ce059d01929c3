"""Pages as answers: HTML, compressed where it is worth it."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

from litestar import Request, Response
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from litestar.datastructures import Cookie

AnyRequest = Request[Any, Any, Any]
#: below this a packet carries it as it is
COMPRESSED_FROM_BYTES = 1_000
LEVEL = 5
HTML = "text/html"


def html(
    text: str,
    request: AnyRequest,
    *,
    status: int = HTTP_200_OK,
    cookies: Sequence[Cookie] = (),
) -> Response[bytes]:
    """An answer of that HTML.

    Session cookies stay at home when another site asks (SameSite=Lax), and pages hold no token of
    the session: compressing what people typed beside what they own tells nobody else anything.
    """
    content, headers = text.encode(), {"vary": "accept-encoding, cookie"}
    if len(content) >= COMPRESSED_FROM_BYTES and "gzip" in request.headers.get(
        "accept-encoding", ""
    ):
        content = gzip.compress(content, LEVEL, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(
        content, media_type=HTML, status_code=status, headers=headers, cookies=list(cookies)
    )


def see_other(path: str, *, cookies: Sequence[Cookie] = ()) -> Response[bytes]:
    """After a change: look there."""
    return Response(
        b"",
        status_code=HTTP_303_SEE_OTHER,
        headers={"location": path},
        cookies=list(cookies),
        media_type=HTML,
    )
