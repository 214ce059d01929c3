"""The pages of the personas: their overview."""

from __future__ import annotations

from litestar import Response, get

from mainstem.db.queries import load_queries
from mainstem.web import AnyVisit, Overview, Panel, Section, read_overview

APP = "persona"
SECTIONS = (Section("Overview", "/persona", "activity", "g o"),)
QUERIES = load_queries("mainstem.persona")
OVERVIEW = Overview(
    QUERIES["figures"],
    (
        ("personas", "Active personas", None),
        ("accounts", "Connected accounts", None),
        ("campaigns", "Campaigns", None),
        ("to_review", "Posts to review", None),
        ("published", "Posts published", None),
        ("to_answer", "To answer", None),
    ),
    (
        Panel("Campaigns by status", QUERIES["campaigns_by_status"]),
        Panel("Posts by status", QUERIES["posts_by_status"]),
    ),
)


@get("/persona", app=APP)
async def overview(visit: AnyVisit) -> Response[bytes]:
    """What there is, in numbers."""
    async with visit.reading() as connection:
        numbers = await read_overview(connection, visit, OVERVIEW)
    return visit.page("overview.html", **numbers)


HANDLERS = (overview,)
