"""The agency as its owners and admins name and colour it (white label)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import Response, get, post
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from mainstem.core import desk
from mainstem.core.requests import CoreDependency
from mainstem.server.visits import own_logo
from mainstem.web import AnyVisit, Field, Form, Section, see_other

if TYPE_CHECKING:
    from mainstem.core.desk import Desk
    from mainstem.web import Filled, Visit

FACE = Form(
    (
        Field("name", "Name", is_required=True, length_max=120),
        Field("primary", "Colour", "colour", hint="Of buttons and marks, such as #0f766e."),
        Field("accent", "Second colour", "colour"),
        Field(
            "logo",
            "Logo",
            hint="The address of a public file of yours: /storage/v1/object/public/…",
            length_max=500,
        ),
    )
)
SHARED = (Section("Agency", "/agency", "building-2", needs=("agency", "update")),)


@get("/agency")
async def face(visit: AnyVisit) -> Response[bytes]:
    """The agency's name, colours and logo."""
    visit.require("agency", "update")
    found = await _read(visit)
    return _page(visit, FACE.blank(**{**found.brand, "name": found.agency}))


@post("/agency")
async def change_face(visit: AnyVisit, core: CoreDependency) -> Response[bytes]:
    """Change them."""
    visit.require("agency", "update")
    filled = FACE.read(dict(await visit.request.form()))
    found = await _read(visit)
    logo = filled.value("logo")
    if logo is not None and own_logo(found.slug, logo) is None:
        own = f"/storage/v1/object/public/BUCKET@{found.slug}/FILE"
        filled = filled.with_problem("logo", f"It is no public file of yours, such as {own}.")
    if not filled.is_good:
        return _page(visit, filled)
    brand = {key: text for key, text in filled.values().items() if text and key != "name"}
    await desk.change_face(core, visit.tenant, name=filled.texts["name"], brand=brand)
    return see_other("/agency")


HANDLERS = (face, change_face)


async def _read(visit: Visit) -> Desk:
    async with visit.reading() as connection:
        return await desk.read(connection, visit.tenant, client_id=visit.client_id)


def _page(visit: Visit, filled: Filled) -> Response[bytes]:
    status = HTTP_200_OK if filled.is_good else HTTP_422_UNPROCESSABLE_ENTITY
    return visit.page("agency.html", status=status, form=filled)
