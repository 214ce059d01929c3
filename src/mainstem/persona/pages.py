"""The pages of the personas: their overview."""

from __future__ import annotations

from litestar import Response, get

from mainstem.persona import store
from mainstem.web import AnyVisit, Breakdown, Figure, Section
from mainstem.web.overview import COUNTED_MAX

APP = "persona"
SECTIONS = (Section("Overview", "/persona", "activity", "g o"),)


@get("/persona", app=APP)
async def overview(visit: AnyVisit) -> Response[bytes]:
    """What there is, in numbers."""
    async with visit.reading() as connection:
        found = await store.overview(connection, visit, counted_max=COUNTED_MAX)
    return visit.page(
        "overview.html",
        figures=[
            Figure("Active personas", found["personas"]),
            Figure("Connected accounts", found["accounts"]),
            Figure("Campaigns", found["campaigns"]),
            Figure("Posts to review", found["to_review"]),
            Figure("Posts published", found["published"]),
            Figure("To answer", found["to_answer"]),
        ],
        breakdowns=[
            Breakdown.of("Campaigns by status", found["campaigns_by_status"]),
            Breakdown.of("Posts by status", found["by_status"]),
        ],
    )


HANDLERS = (overview,)
