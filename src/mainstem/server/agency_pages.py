"""The agency as its owners and admins name and colour it (white label)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from mainstem.core import desk
from mainstem.core.requests import CoreDependency
from mainstem.errors import RefusedError
from mainstem.server.colours import shown
from mainstem.server.logos import BYTES_MAX, Logos
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
            hint="The address of a public file of yours, or upload one below.",
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
    return _page(visit, found, FACE.blank(**{**found.brand, "name": found.agency}))


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
        return _page(visit, found, filled)
    brand = {key: text for key, text in filled.values().items() if text and key != "name"}
    await desk.change_face(core, visit.tenant, name=filled.texts["name"], brand=brand)
    return see_other("/agency")


@post("/agency/logo", request_max_body_size=BYTES_MAX + 64 * 1024)
async def upload_logo(
    visit: AnyVisit, core: CoreDependency, logos: NamedDependency[SkipValidation[Logos]]
) -> Response[bytes]:
    """Take a picture as the agency's logo."""
    visit.require("agency", "update")
    found = await _read(visit)
    sent = (await visit.request.form()).get("file")
    content = await sent.read(BYTES_MAX + 1) if isinstance(sent, UploadFile) else b""
    try:
        logo = await logos.keep(visit.tenant, found.slug, content)
    except RefusedError as error:
        filled = FACE.blank(**{**found.brand, "name": found.agency})
        return _page(visit, found, filled, problem=str(error))
    brand = {key: str(text) for key, text in found.brand.items() if text} | {"logo": logo}
    await desk.change_face(core, visit.tenant, name=found.agency, brand=brand)
    return see_other("/agency")


HANDLERS = (face, change_face, upload_logo)


async def _read(visit: Visit) -> Desk:
    async with visit.reading() as connection:
        return await desk.read(connection, visit.tenant, client_id=visit.client_id)


def _page(visit: Visit, found: Desk, filled: Filled, *, problem: str = "") -> Response[bytes]:
    is_good = filled.is_good and not problem
    return visit.page(
        "agency.html",
        status=HTTP_200_OK if is_good else HTTP_422_UNPROCESSABLE_ENTITY,
        form=filled,
        colours=shown(found.brand),
        problem=problem,
        kb_max=BYTES_MAX // 1024,
    )
