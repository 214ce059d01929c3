"""The pages of direct mail: its overview."""

from __future__ import annotations

from litestar import Response, get

from mainstem.mail import store
from mainstem.web import AnyVisit, Breakdown, Figure, Section
from mainstem.web.overview import COUNTED_MAX

APP = "mail"
SECTIONS = (Section("Overview", "/mail", "activity", "g o"),)


@get("/mail", app=APP)
async def overview(visit: AnyVisit) -> Response[bytes]:
    """What there is, in numbers."""
    async with visit.reading() as connection:
        found = await store.overview(connection, visit, counted_max=COUNTED_MAX)
    return visit.page(
        "overview.html",
        figures=[
            Figure("Designs", found["designs"]),
            Figure("Recipients", found["recipients"]),
            Figure("Pieces", found["pieces"]),
            Figure("Scans by people", found["scans"]),
            Figure("Conversions", found["conversions"]),
        ],
        breakdowns=[
            Breakdown.of("Mailings by status", found["campaigns"]),
            Breakdown.of("Pieces by status", found["by_status"]),
        ],
    )


HANDLERS = (overview,)
