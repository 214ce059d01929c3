"""Puts the HTTP app together from the contexts."""

from __future__ import annotations

import logging
import traceback
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import psycopg
from litestar import Litestar, MediaType, Request, Response, Router, asgi
from litestar.config.allowed_hosts import AllowedHostsConfig
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.plugins.core import MsgspecDIPlugin
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.status_codes import HTTP_404_NOT_FOUND, HTTP_405_METHOD_NOT_ALLOWED
from litestar.template import TemplateConfig

from mainstem.core import Core
from mainstem.core import api as core_api
from mainstem.db.pool import sync_pool
from mainstem.errors import RefusedError
from mainstem.rest import PATH as DATA_PATH
from mainstem.rest import DataApi
from mainstem.revos import downloads, inbound
from mainstem.revos.desk import Desk
from mainstem.server import api, pages, problem, site, storing, visits
from mainstem.server.api_unify import Plans
from mainstem.server.callers import resolver
from mainstem.server.gate import Direct, Gate, route_of
from mainstem.server.logos import Logos
from mainstem.server.metrics import Figures, Requests, metrics
from mainstem.server.pace import Paces
from mainstem.server.settings import Settings
from mainstem.server.watch import Watch
from mainstem.server.workers import announce
from mainstem.storage import PATH as FILES_PATH
from mainstem.storage import StorageApi
from mainstem.web import guard, page_templates, serve_static

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from litestar.handlers import ASGIRouteHandler
    from litestar.plugins import PluginProtocol
    from litestar.types import (
        ControllerRouterHandler,
        Receive,
        RouteHandlerType,
        Scope,
        Send,
    )

LOG = logging.getLogger(__name__)
#: Code of other sites calls the data API and signs people in, with keys and tokens that it holds
#: itself. Cookies are never sent along, so that nobody's browser is used against them.
EXPOSED = [
    "accept-ranges", "content-disposition", "content-length", "content-location",
    "content-profile", "content-range", "etag", "last-modified", "location",
    "preference-applied", "range-unit", "retry-after",
]  # fmt: skip
CROSS_ORIGIN = CORSConfig(
    allow_origins=["*"],
    allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    allow_headers=["*"],
    expose_headers=EXPOSED,
    max_age=7200,
)


def build_app(
    url: str, *, hosts: Sequence[str] = ("*",), settings: Settings | None = None
) -> Litestar:
    """Make the app for the database at `url`, which need not be reachable yet.

    Args:
        url: the database's address.
        hosts: what a request's Host header may say, each with its port; `*` allows any. Named
            hosts keep a page of another site from reaching a server on this machine by a name of
            its own (DNS rebinding).
        settings: keys, mail and addresses; None makes keys that end with the process.
    """
    settings = settings or Settings.throw_away()
    core = settings.core(url)
    paces, requests = Paces(settings.rates), Requests()
    plans = Plans(url, settings.plans)
    figures = Figures(url, settings.metrics_token, requests)
    data = DataApi(core.pool, resolver(core, paces))
    storage = storing.storage_api(core, settings.files, settings.file_limits, paces)
    logos = Logos.of(core, settings.files, settings.file_limits)
    templates = site.templates()
    watch, linking = Watch(url), inbound.Linking(core, settings.unipile)
    desk = Desk(
        sync_pool(settings.login_url or url, size_min=0, application_name="mainstem decisions"),
        settings.keys,
        announce,
    )
    app = _App(
        route_handlers=[
            api.router(),
            metrics,
            pages.status,
            site.router(core),
            core_api.router(led_astray=visits.led_astray),
            downloads.download,
            inbound.router(core, settings.unipile),
            _mounted(DATA_PATH, data),
            *([_mounted(FILES_PATH, storage)] if storage is not None else []),
            serve_static,
        ],
        dependencies={
            "watch": Provide(lambda: watch, sync_to_thread=False),
            "core": Provide(lambda: core, sync_to_thread=False),
            "plans": Provide(lambda: plans, sync_to_thread=False),
            "logos": Provide(lambda: logos, sync_to_thread=False),
            "decisions": Provide(lambda: desk, sync_to_thread=False),
            "linking": Provide(lambda: linking, sync_to_thread=False),
            "figures": Provide(lambda: figures, sync_to_thread=False),
        },
        lifespan=[lambda _: _opened(core, data, storage, logos, desk)],
        cors_config=CROSS_ORIGIN,
        allowed_hosts=AllowedHostsConfig(allowed_hosts=list(hosts), www_redirect=False),
        before_send=[guard],
        after_exception=[_report],
        exception_handlers={
            HTTP_404_NOT_FOUND: _not_found,
            HTTP_405_METHOD_NOT_ALLOWED: problem.failed,
        },
        template_config=TemplateConfig(instance=JinjaTemplateEngine(engine_instance=templates)),
        openapi_config=api.openapi(),
        state=State({"core": core, "paces": paces}),
        logging_config=None,
        debug=False,
    )
    # Outermost, so that what has no route is counted and held back too.
    named = None if "*" in hosts else frozenset(each.encode() for each in hosts)
    direct = Direct(app.asgi_handler, cast("Any", data), DATA_PATH, named)
    app.asgi_handler = Gate(direct, paces, requests)
    return app


class _App(Litestar):
    """Litestar that begins sooner.

    It is for msgspec alone: pydantic, where it is installed too, takes long to import. And it takes
    routers as they are, which are made for it: to copy them takes a fifth of putting it together.
    """

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]

    def _validate_registration_value(
        self, value: ControllerRouterHandler
    ) -> RouteHandlerType | Router:
        if not isinstance(value, Router):
            return super()._validate_registration_value(value)
        value.owner = self
        return value


#: what Supabase's clients ask for and does not exist here, and where to turn instead
_FOR_CLIENTS = {
    "/auth/v1/admin": "There is no auth.admin here: invite people with POST /api/invitations.",
    "/auth/v1": "The sign-in API has nothing at this address.",
    "/functions/v1": "There are no edge functions here: make it a route of your own, or a job.",
    "/graphql/v1": "There is no GraphQL here: use the data API at /rest/v1.",
    "/realtime/v1": "There is no realtime here: ask again, with If-None-Match; what is unchanged "
    "costs a 304.",
}


def _mounted(path: str, app: DataApi | StorageApi) -> ASGIRouteHandler:
    @asgi(path, is_mount=True, copy_scope=True)
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await app(cast("Any", scope), cast("Any", receive), cast("Any", send))

    return answer


@asynccontextmanager
async def _opened(
    core: Core, data: DataApi, storage: StorageApi | None, logos: Logos, desk: Desk
) -> AsyncIterator[None]:
    """Connections as long as the app runs; a database that is not there yet is waited for."""
    await core.pool.open(wait=False)
    desk.pool.open(wait=False)
    try:
        async with data.kept_fresh():
            yield
    finally:
        await core.pool.close()
        desk.pool.close()
        core.close()
        logos.close()
        if storage is not None:
            storage.close()


async def _report(error: Exception, scope: Scope) -> None:
    """Say what went wrong where the operator looks; the answer itself says nothing of it."""
    if not isinstance(error, HTTPException | RefusedError):
        # The route, not the path: in some a word stands that opens something.
        LOG.error("%s %s failed\n%s", scope["type"], route_of(scope), "".join(_traced(error)))


def _traced(error: BaseException) -> Iterator[str]:
    """The traceback, the cause first; of what a database said one line: the others quote rows."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _traced(before)
        yield "which led to\n"
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__qualname__}: {said or error}\n"


def _not_found(request: Request[object, object, State], error: HTTPException) -> Response[Any]:
    """A page for people, problem details for programs."""
    del error
    path, message = request.url.path, "There is nothing at this address."
    if path.startswith("/api/"):
        return problem.failed(request, HTTPException(message, status_code=HTTP_404_NOT_FOUND))
    said = next((said for start, said in _FOR_CLIENTS.items() if path.startswith(start)), None)
    if said is not None:
        refusal = RefusedError("not_found", said, status=HTTP_404_NOT_FOUND)
        body, media_type = problem.shaped(path, refusal)
        return Response(body, status_code=HTTP_404_NOT_FOUND, media_type=media_type)
    page = page_templates().get_template("error.html")
    return Response(
        page.render(theme=None, title="Not found", message=message),
        status_code=HTTP_404_NOT_FOUND,
        media_type=MediaType.HTML,
    )
