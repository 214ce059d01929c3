"""What programs ask: health, and all that is more than a row; described in OpenAPI 3.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from litestar import HttpMethod, MediaType, Request, Response, Router, get, route
from litestar.di import NamedDependency
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import CookieParameter
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE

import mainstem
from mainstem.server import api_people, api_revos, api_unify
from mainstem.server.api_door import operator_first, person_first
from mainstem.server.model import Health
from mainstem.server.pages import THEMES
from mainstem.server.problem import HANDLERS
from mainstem.server.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/api"
BODY_BYTES_MAX = 64 * 1024
ThemeCookie = Annotated[str | None, CookieParameter(name="theme")]


@route(
    "/health",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    sync_to_thread=True,
    summary="Is everything well?",
    security=[{}],
)
def health(watch: NamedDependency[Watch]) -> Response[Health]:
    """200 when every part works, else 503; the body names each part and what is wrong with it."""
    seen = watch.see().health
    status = HTTP_200_OK if seen.is_healthy else HTTP_503_SERVICE_UNAVAILABLE
    return Response(seen, status_code=status)


@get("/reference", sync_to_thread=False, media_type=MediaType.HTML, include_in_schema=False)
def reference(request: Request[Any, Any, Any], theme: ThemeCookie = None) -> Template:
    """The description as a page."""
    schema = request.app.openapi_schema.to_schema()
    return Template(
        "api_reference.html",
        context={
            "theme": theme if theme in THEMES else None,
            "operations": list(_operations(schema)),
            "version": schema["info"]["version"],
        },
    )


def _operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            bodies = operation.get("requestBody", {}).get("content", {})
            yield {
                "method": method.upper(),
                "path": path,
                "summary": operation.get("summary", ""),
                "description": operation.get("description", ""),
                "body": [_fields(each["schema"], schema) for each in bodies.values()],
                "answers": [
                    (status, answer.get("description", ""))
                    for status, answer in operation["responses"].items()
                ],
            }


def _fields(shape: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, str]]:
    name = shape.get("$ref", "").rpartition("/")[2]
    found = schema["components"]["schemas"].get(name, shape)
    required = set(found.get("required", ()))
    return [
        {
            "name": field,
            "type": str(about.get("type") or "value"),
            "example": ", ".join(map(str, about.get("examples", ()))),
            "is_required": "required" if field in required else "",
        }
        for field, about in found.get("properties", {}).items()
    ]


def router() -> Router:
    """The routes; the app provides `watch`, `core`, `plans` and `decisions`."""
    return Router(
        PATH,
        route_handlers=[
            health,
            reference,
            Router("/", route_handlers=api_people.HANDLERS, guards=[person_first]),
            Router("/unify", route_handlers=api_unify.HANDLERS, guards=[operator_first]),
            Router("/revos", route_handlers=list(api_revos.HANDLERS), guards=[person_first]),
        ],
        exception_handlers=dict(HANDLERS),
        request_max_body_size=BODY_BYTES_MAX,
    )


def openapi() -> OpenAPIConfig:
    """The document at /api/schema/openapi.json."""
    return OpenAPIConfig(
        title="Mainstem",
        version=mainstem.__version__,
        description="What is more than a row. Rows are at /rest/v1, which describes itself.",
        path="/api/schema",
        render_plugins=[JsonRenderPlugin()],
        security=[{"token": []}, {"cookie": []}],
        components=Components(
            security_schemes={
                "token": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
                "cookie": SecurityScheme(
                    type="apiKey", name="mainstem", security_scheme_in="cookie"
                ),
            }
        ),
    )
