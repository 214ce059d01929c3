"""The pages of direct mail: its overview."""

from __future__ import annotations

from litestar import Response, get

from mainstem.db.queries import load_queries
from mainstem.web import AnyVisit, Overview, Panel, Section, read_overview

APP = "mail"
SECTIONS = (Section("Overview", "/mail", "activity", "g o"),)
QUERIES = load_queries("mainstem.mail")
OVERVIEW = Overview(
    QUERIES["figures"],
    (
        ("designs", "Designs", None),
        ("recipients", "Recipients", None),
        ("pieces", "Pieces", None),
        ("scans", "Scans by people", None),
        ("conversions", "Conversions", None),
    ),
    (
        Panel("Mailings by status", QUERIES["campaigns_by_status"]),
        Panel("Pieces by status", QUERIES["pieces_by_status"]),
    ),
)


@get("/mail", app=APP)
async def overview(visit: AnyVisit) -> Response[bytes]:
    """What there is, in numbers."""
    async with visit.reading() as connection:
        numbers = await read_overview(connection, visit, OVERVIEW)
    return visit.page("overview.html", **numbers)


HANDLERS = (overview,)
