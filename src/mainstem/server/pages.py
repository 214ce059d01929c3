"""The state of the server, for whoever operates this machine: totals only, no row of any tenant."""

from __future__ import annotations

from typing import Annotated

from litestar import HttpMethod, MediaType, route
from litestar.di import NamedDependency
from litestar.params import CookieParameter
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE

from mainstem.server.watch import Watch

THEMES = frozenset({"dusk", "dawn"})
ThemeCookie = Annotated[str | None, CookieParameter(name="theme")]


@route(
    "/status",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    sync_to_thread=True,
    media_type=MediaType.HTML,
    include_in_schema=False,
)
def status(watch: NamedDependency[Watch], theme: ThemeCookie = None) -> Template:
    """Health, and the last unification run in totals; 503 when a part fails."""
    seen = watch.see()
    return Template(
        "status.html",
        context={
            "theme": theme if theme in THEMES else None,
            "health": seen.health,
            "run": seen.run,
        },
        status_code=HTTP_200_OK if seen.health.is_healthy else HTTP_503_SERVICE_UNAVAILABLE,
    )
