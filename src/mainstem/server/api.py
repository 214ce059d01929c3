"""What programs ask."""

from __future__ import annotations

from litestar import HttpMethod, Response, route
from litestar.di import NamedDependency
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE

from mainstem.server.model import Health
from mainstem.server.watch import Watch


@route(
    "/api/health",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    sync_to_thread=True,
    summary="Is everything well?",
)
def health(watch: NamedDependency[Watch]) -> Response[Health]:
    """200 when every part works, else 503; the body names each part and what is wrong with it."""
    seen = watch.see().health
    status = HTTP_200_OK if seen.is_healthy else HTTP_503_SERVICE_UNAVAILABLE
    return Response(seen, status_code=status)
