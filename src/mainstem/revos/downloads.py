"""`GET /d/{token}`: a person's own link to what they asked for; its clicks are counted.

What looks at links by itself (a network's preview, a mail scanner) is led on as well, and not
counted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from litestar import HttpMethod, Response, route
from litestar.params import FromPath
from litestar.status_codes import HTTP_302_FOUND, HTTP_404_NOT_FOUND, HTTP_410_GONE
from psycopg.rows import dict_row

from mainstem.core.requests import CoreDependency
from mainstem.core.transaction import service_transaction
from mainstem.db.queries import load_queries
from mainstem.revos.sequence.links import PATH, route_of
from mainstem.web import AnyRequest, html

if TYPE_CHECKING:
    from datetime import datetime

    from mainstem.core.transaction import Connection

QUERIES = load_queries("mainstem.revos", "downloads.sql")
TOKEN_CHARACTERS_MAX = 100
#: what an address may hold as it is; all else is escaped, line ends above all
_PLAIN = "%/:=&?~#+!$,;'@()*[]"
_MACHINES = re.compile(
    r"bot\b|crawl|spider|preview|scanner|externalhit|slurp|whatsapp|curl/|wget/|python|monitor",
    re.IGNORECASE,
)


@route(
    f"{PATH}/{{token:str}}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    include_in_schema=False,
)
async def download(
    request: AnyRequest, core: CoreDependency, token: FromPath[str]
) -> Response[bytes]:
    """Lead a person to what they asked for."""
    at = core.clock()
    async with service_transaction(core.pool) as connection:
        cursor = connection.cursor(row_factory=dict_row)
        found = await (
            await cursor.execute(
                QUERIES["link"], {"token": route_of(token[:TOKEN_CHARACTERS_MAX]), "at": at}
            )
        ).fetchone()
        target = None if found is None else target_of(found["url"])
        if found is None or target is None:
            return _page(request, HTTP_404_NOT_FOUND, "There is nothing at this address.")
        if not found["is_good"]:
            said = "This link no longer works. Answer the message that it was in to get another."
            return _page(request, HTTP_410_GONE, said)
        if request.method == "GET" and is_person(request.headers.get("user-agent", "")):
            await _count(connection, found, at)
    headers = {
        "location": target,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex",
    }
    return Response(b"", status_code=HTTP_302_FOUND, headers=headers)


def target_of(url: str | None) -> str | None:
    """An offer's address as a header holds it; None where it is none of a page or file."""
    escaped = quote((url or "").strip(), safe=_PLAIN)
    try:
        parts = urlsplit(escaped)
    except ValueError:
        return None
    return escaped if parts.scheme in {"http", "https"} and parts.netloc else None


def is_person(agent: str) -> bool:
    """Whether a user agent is a browser rather than a program that looks at links."""
    return bool(agent) and _MACHINES.search(agent) is None


async def _count(connection: Connection, found: dict[str, object], at: datetime) -> None:
    for query in ("clicked", "count_download", "complete_lead"):
        await connection.execute(QUERIES[query], {**found, "at": at})


def _page(request: AnyRequest, status: int, message: str) -> Response[bytes]:
    templates = request.app.template_engine
    assert templates is not None, "the app has templates"
    page = templates.get_template("error.html")
    made = page.render(theme=None, title="Download", message=message)
    return html(made, request, status=status)
