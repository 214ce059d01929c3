"""`GET /d/{token}`: a person's own link to what they asked for; its clicks are counted.

An offer is a page somewhere, or a file of the agency's: to that the link leads by an address that
is signed at this moment and works for minutes, so that nobody passes it on for long.

What looks at links by itself (a network's preview, a mail scanner) is led on as well, and not
counted.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from litestar import HttpMethod, Response, route
from litestar.params import FromPath
from litestar.status_codes import HTTP_302_FOUND, HTTP_404_NOT_FOUND, HTTP_410_GONE
from psycopg.rows import dict_row

from mainstem.core.requests import CoreDependency
from mainstem.core.transaction import service_transaction
from mainstem.db.queries import load_queries
from mainstem.revos.sequence.links import PATH, route_of
from mainstem.storage import PATH as FILES_PATH
from mainstem.storage import read_address
from mainstem.web import AnyRequest, html

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mainstem.core.master_key import MasterKeys
    from mainstem.core.transaction import Connection

QUERIES = load_queries("mainstem.revos", "downloads.sql")
TOKEN_CHARACTERS_MAX = 100
FILE_WORKS_FOR = timedelta(minutes=10)
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
        target = None if found is None else _target(core.keys, found, at)
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


def _target(keys: MasterKeys, found: Mapping[str, Any], at: datetime) -> str | None:
    """Where the link leads: to the offer's file where there is one, else to its page."""
    if found["object_id"] is None:
        return target_of(found["url"])
    address = read_address(
        keys,
        found["agency_id"],
        bucket=found["bucket"],
        name=found["file"],
        object_id=found["object_id"],
        ends_s=int((at + FILE_WORKS_FOR).timestamp()),
    )
    return f"{FILES_PATH}{quote(address, safe='/?=')}&download="


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
