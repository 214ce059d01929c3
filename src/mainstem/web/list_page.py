"""The page of a list: as it was asked for, with the lists of that page that somebody saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.web.listing import Wish
from mainstem.web.store import read_list, rows

if TYPE_CHECKING:
    from litestar import Response

    from mainstem.web.listing import Listing
    from mainstem.web.visit import Visit


async def list_page(
    visit: Visit, listing: Listing, *, template: str = "list.html", **choices: bytes
) -> Response[bytes]:
    """Read and render it.

    Args:
        visit: who asks.
        listing: the list.
        template: what draws it.
        **choices: by filter, the query of what people can pick: `id` and `name`, of the agency and
            the client that is looked at.
    """
    bound = {"agency_id": visit.agency_id, "client_id": visit.client_id}
    async with visit.reading() as connection:
        for key, query in choices.items():
            offered = await rows(connection, query, **bound)
            listing = listing.with_choices(
                **{key: tuple((each["id"], each["name"]) for each in offered)}
            )
        wish = Wish.read(listing, visit.request.query_params.multi_items())
        listed = await read_list(connection, visit, wish)
        views = await visit.site.views(connection, visit.tenant, listing.page)
    return visit.page(template, listed=listed, views=views)
