"""The site: which apps there are, in which order, with which sections; and all its pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import Router
from litestar.di import Provide
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR
from psycopg.errors import InsufficientPrivilege

from mainstem import audience, mail, persona
from mainstem.core import desk
from mainstem.errors import RefusedError
from mainstem.revos import pages as revos
from mainstem.server import (
    account_pages,
    agency_pages,
    desk_pages,
    door_pages,
    jobs_pages,
    people_pages,
    search_pages,
    unify_pages,
)
from mainstem.server.visits import (
    crashed,
    own_origin,
    provide_visit,
    read_frame,
    read_only,
    refused,
)
from mainstem.web import App, Site, page_templates

if TYPE_CHECKING:
    from jinja2 import Environment

    from mainstem.core import Core
    from mainstem.web import AnyRequest, Visit

#: no form of a page needs more
BODY_BYTES_MAX = 128 * 1024
APPS = (
    App("revos", "RevOS", "megaphone", revos.SECTIONS),
    App("audience", "AudienceOS", "users", audience.SECTIONS),
    App("mail", "Mail", "mail", mail.SECTIONS),
    App("persona", "Personas", "drama", persona.SECTIONS),
)
SHARED = (
    *audience.SHARED,
    *agency_pages.SHARED,
    *people_pages.SHARED,
    *jobs_pages.SHARED,
    *unify_pages.SHARED,
)
HANDLERS = (
    *desk_pages.HANDLERS,
    *search_pages.HANDLERS,
    *account_pages.HANDLERS,
    *agency_pages.HANDLERS,
    *people_pages.HANDLERS,
    *jobs_pages.HANDLERS,
    *unify_pages.HANDLERS,
    *revos.HANDLERS,
    *audience.HANDLERS,
    *mail.HANDLERS,
    *persona.HANDLERS,
)


def templates() -> Environment:
    """The templates of the server and of all contexts."""
    return page_templates(
        "mainstem.server", "mainstem.revos", "mainstem.audience",
    )  # fmt: skip


def make_site(core: Core) -> Site:
    """What all visits share."""

    async def again(request: AnyRequest) -> Visit:
        return await provide_visit(request, core, site)

    site = Site(templates(), core.pool, APPS, SHARED, read_frame, again, desk.views)
    return site


def router(core: Core) -> Router:
    """All pages: the doors, and what is behind them."""
    site = make_site(core)
    return Router(
        "/",
        route_handlers=[*door_pages.HANDLERS, *HANDLERS],
        dependencies={
            "site": Provide(lambda: site, sync_to_thread=False),
            "visit": Provide(provide_visit),
        },
        before_request=own_origin(core),
        exception_handlers={
            RefusedError: refused,
            InsufficientPrivilege: read_only,
            HTTP_500_INTERNAL_SERVER_ERROR: crashed,
        },
        request_max_body_size=BODY_BYTES_MAX,
        include_in_schema=False,
    )
