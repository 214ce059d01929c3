"""A visit: one request for a page, by somebody who is signed in.

The server makes it and hands it to the pages of all contexts; they ask it for a transaction of the
visitor's tenant, then render inside the layout.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.status_codes import HTTP_200_OK

from mainstem.db.tenant import async_tenant_transaction
from mainstem.errors import RefusedError
from mainstem.web.answers import AnyRequest, html
from mainstem.web.live import Streams

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from uuid import UUID

    import psycopg
    from jinja2 import Environment
    from litestar import Response
    from psycopg.rows import TupleRow
    from psycopg_pool import AsyncConnectionPool

    from mainstem.db.tenant import Tenant
    from mainstem.web.navigation import App, Section

    Connection = psycopg.AsyncConnection[TupleRow]

STATEMENT_LIMIT_S = 5


@dataclass(frozen=True)
class Viewer:
    """Who looks."""

    id: UUID
    name: str
    email: str
    role: str

    @property
    def initials(self) -> str:
        """Two letters for the corner."""
        parts = self.name.split() or [self.email]
        return "".join(part[0] for part in (parts[0], parts[-1])[: len(parts)]).upper()


@dataclass(frozen=True)
class Frame:
    """What the layout shows around each page of an agency.

    Attributes:
        agency: the agency's name.
        logo: the address of its own logo, on this server; None where it has none.
        style: names the present colours of its own; None where it has none.
        unread: how many notifications wait, `UNREAD_MAX` at most.
        client: the name of the client that is looked at; None for all.
    """

    agency: str
    logo: str | None
    style: str | None
    unread: int
    client: str | None


@dataclass(frozen=True)
class Site:
    """What all visits share; the server makes it once.

    Attributes:
        templates: the templates of all contexts.
        pool: connections of the application's login.
        apps: the apps of the toggle, in its order.
        shared: the sections that every app shows.
        frame: reads what stands around the page.
        again: makes the visit of the same request anew, when it takes long.
        views: the lists of a page that somebody saved.
        streams: how many streams of live numbers each person has open.
    """

    templates: Environment
    pool: AsyncConnectionPool[Connection]
    apps: tuple[App, ...]
    shared: tuple[Section, ...]
    frame: Callable[[Connection, Visit], Awaitable[Frame]]
    again: Callable[[AnyRequest], Awaitable[Visit]]
    views: Callable[[Connection, Tenant, str], Awaitable[Sequence[object]]]
    streams: Streams = field(default_factory=Streams)

    def app(self, key: str) -> App:
        """The app of that key."""
        return next(app for app in self.apps if app.key == key)


@dataclass
class Visit:
    """The visit.

    Attributes:
        site: what all visits share.
        request: the request.
        tenant: whose rows are seen, in the app of the page.
        viewer: who looks.
        session_id: their session.
        is_operator: whether they run the platform.
        app: the app whose sidebar is shown.
        client_id: the client they chose to look at; None for all that they see.
        theme: the theme they chose; None follows the system.
        rights: whether their role may do something (a verb) with rows of a table.
        tenant_in: whose rows they see in another app.
        frame: what stands around the page, once a transaction was opened for reading.
    """

    site: Site
    request: AnyRequest
    tenant: Tenant
    viewer: Viewer
    session_id: UUID
    is_operator: bool
    app: str
    client_id: UUID | None
    theme: str | None
    rights: Callable[[str, str], bool] = field(repr=False)
    tenant_in: Callable[[str], Tenant] = field(repr=False)
    frame: Frame | None = None

    @property
    def agency_id(self) -> UUID:
        """The agency."""
        return self.tenant.agency_id

    def elsewhere(self, app: str) -> Visit:
        """The same visit in another app, whose own policy then decides what is seen."""
        return replace(self, app=app, tenant=self.tenant_in(app))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A transaction of the tenant, in which the frame of the page is read too."""
        async with self.writing() as connection:
            self.frame = await self.site.frame(connection, self)
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Connection]:
        """A transaction of the tenant; it commits when the block ends well."""
        opened = async_tenant_transaction(
            self.site.pool, self.tenant, statement_limit_s=STATEMENT_LIMIT_S
        )
        async with opened as connection:
            yield connection

    def may(self, table: str, verb: str) -> bool:
        """Whether the viewer's role may do that; which rows, says row-level security."""
        return self.rights(table, verb)

    def require(self, table: str, verb: str) -> None:
        """Refuse a viewer whose role may not.

        Raises:
            RefusedError: it may not.
        """
        if not self.may(table, verb):
            raise RefusedError(
                "insufficient_permissions",
                f"A {self.viewer.role} of this agency may not do that"
                f" ({table.replace('_', ' ')}: {verb}); ask an owner.",
            )

    def page(
        self, template: str, *, status: int = HTTP_200_OK, **context: object
    ) -> Response[bytes]:
        """Render a page inside the layout; `reading` was open before.

        Raises:
            RuntimeError: it was not.
        """
        if self.frame is None:
            raise RuntimeError("a page is rendered after its frame was read: use visit.reading()")
        return html(self.part(template, **context), self.request, status=status)

    def part(self, template: str, **context: object) -> str:
        """Render a part of a page; it needs no frame."""
        return self.site.templates.get_template(template).render({**self.context(), **context})

    def context(self) -> Mapping[str, Any]:
        """What every template knows."""
        path = self.request.url.path
        query = self.request.url.query
        return {
            "visit": self,
            "frame": self.frame,
            "viewer": self.viewer,
            "theme": self.theme,
            "app": self.site.app(self.app),
            "apps": self.site.apps,
            "sections": [each for each in self.site.app(self.app).sections if self.offers(each)],
            "shared": [each for each in self.site.shared if self.offers(each)],
            "path": path,
            "here": f"{path}?{query}" if query else path,
        }

    def offers(self, section: Section) -> bool:
        """Whether the viewer may do anything there: by their role, or as an operator."""
        if section.is_operators:
            return self.is_operator
        return section.needs is None or self.may(*section.needs)


AnyVisit = NamedDependency[SkipValidation[Visit]]
