"""`/auth/v1/factors`: the second factor as `supabase.auth.mfa` asks for it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import msgspec
import segno
from litestar import delete, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from mainstem.core import gotrue, second_factor
from mainstem.core.requests import AnyRequest, CoreDependency, signed_in
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from mainstem.core.model import Person
    from mainstem.core.parts import Core

CHALLENGE_LIFE = timedelta(minutes=5)
Body = gotrue.Body


class EnrolBody(msgspec.Struct, frozen=True):
    """What `/factors` takes."""

    factor_type: str = "totp"
    friendly_name: str | None = None


class CodeBody(msgspec.Struct, frozen=True):
    """What `/factors/{id}/verify` takes; a challenge holds nothing, attempts are counted."""

    code: str = ""


@post("/factors", status_code=HTTP_200_OK)
async def enrol(request: AnyRequest, core: CoreDependency, data: JSONBody[EnrolBody]) -> Body:
    """Begin with a second factor."""
    session = signed_in(request)
    if data.factor_type != "totp":
        raise RefusedError("validation_failed", "The one kind of factor is totp.", status=422)
    made = await second_factor.enrol(core, session.person, label=data.friendly_name)
    return {
        "id": str(made.id),
        "type": "totp",
        "friendly_name": data.friendly_name,
        "totp": {"secret": made.secret, "uri": made.uri, "qr_code": picture(made.uri)},
    }


@post("/factors/{factor_id:uuid}/challenge", status_code=HTTP_200_OK)
async def challenge(request: AnyRequest, core: CoreDependency, factor_id: FromPath[UUID]) -> Body:
    """Ask for a code."""
    session = signed_in(request)
    await _require_factor(core, session.person, factor_id)
    expires = core.clock() + CHALLENGE_LIFE
    return {"id": str(uuid4()), "type": "totp", "expires_at": int(expires.timestamp())}


@post("/factors/{factor_id:uuid}/verify", status_code=HTTP_200_OK)
async def verify(
    request: AnyRequest, core: CoreDependency, factor_id: FromPath[UUID], data: JSONBody[CodeBody]
) -> Body:
    """Give the code: the session that comes back is whole. The first time confirms the factor."""
    session = signed_in(request)
    factor = await _require_factor(core, session.person, factor_id)
    codes: list[str] = []
    if factor.confirmed_at is None:
        whole, codes = await second_factor.confirm(core, session, data.code)
    else:
        whole = await second_factor.give(core, session, data.code)
    body = await gotrue.session(core, whole, app=session.app_context)
    return {**body, "recovery_codes": codes} if codes else body


@delete("/factors/{factor_id:uuid}", status_code=HTTP_200_OK)
async def take_away(request: AnyRequest, core: CoreDependency, factor_id: FromPath[UUID]) -> Body:
    """End the second factor; the session must have shown it."""
    session = signed_in(request)
    await _require_factor(core, session.person, factor_id)
    await second_factor.take_away(core, session)
    return {"id": str(factor_id)}


async def _require_factor(core: Core, person: Person, factor_id: UUID) -> second_factor.Factor:
    for factor in await second_factor.factors(core, person):
        if factor.id == factor_id:
            return factor
    raise RefusedError("mfa_factor_not_found", "You have no such factor.", status=404)


def picture(uri: str) -> str:
    """The QR code of an authenticator's address, as SVG: dark on light in any theme."""
    return segno.make(uri, error="m").svg_inline(scale=4, dark="#000", light="#fff")


HANDLERS = [enrol, challenge, verify, take_away]
