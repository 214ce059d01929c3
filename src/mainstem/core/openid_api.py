"""`/auth/v1/authorize` and `/callback`: the way to a provider of identities and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from litestar import get
from litestar.datastructures import Cookie
from litestar.params import QueryParameter
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from mainstem.core import cookies, gotrue, openid, pkce
from mainstem.core.requests import AnyRequest, CoreDependency, origin_of

if TYPE_CHECKING:
    from mainstem.core.model import SignedIn
    from mainstem.core.parts import Core

Provider = Annotated[str, QueryParameter(name="provider")]
RedirectTo = Annotated[str | None, QueryParameter(name="redirect_to")]
Challenge = Annotated[str | None, QueryParameter(name="code_challenge")]
Method = Annotated[str | None, QueryParameter(name="code_challenge_method")]
Invitation = Annotated[str, QueryParameter(name="invitation")]


@get("/authorize")
async def authorize(
    core: CoreDependency,
    provider: Provider = "",
    redirect_to: RedirectTo = None,
    invitation: Invitation = "",
    challenge: Challenge = None,
    method: Method = None,
) -> Redirect:
    """Go to a provider."""
    begun = await openid.begin(
        core,
        provider,
        redirect_to=redirect_to,
        invitation=invitation,
        challenge=pkce.challenge_of(challenge, method),
    )
    return Redirect(
        begun.location, status_code=HTTP_303_SEE_OTHER, cookies=[_away(core, begun.cookie)]
    )


@get("/callback")
async def callback(request: AnyRequest, core: CoreDependency) -> Redirect:
    """Come back: to our own pages with a cookie, to an app with a code or with tokens behind #."""
    kept = request.cookies.get(_name(core), "")
    arrived = await openid.finish(core, kept, dict(request.query_params), origin=origin_of(request))
    target, given = arrived.target, [_away(core, "")]
    if arrived.code is not None:
        target = pkce.with_code(target, arrived.code)
    elif arrived.signed_in is not None and openid.is_here(core, target):
        given.append(cookies.made(core, arrived.signed_in.token))
    elif arrived.signed_in is not None:
        target = f"{target.partition('#')[0]}#{await _fragment(core, arrived.signed_in)}"
    return Redirect(target, status_code=HTTP_303_SEE_OTHER, cookies=given)


async def _fragment(core: Core, signed_in: SignedIn) -> str:
    made = await gotrue.session(core, signed_in, app="both")
    named = ("access_token", "expires_at", "expires_in", "refresh_token", "token_type")
    return "&".join(f"{name}={made[name]}" for name in named)


def _name(core: Core) -> str:
    return f"{cookies.name(core)}-away"


def _away(core: Core, value: str) -> Cookie:
    """Kept while somebody is at the provider; Lax, so that it comes along on the way back."""
    made = cookies.made(core, value)
    age = int(openid.LIFE.total_seconds()) if value else 0
    return Cookie(
        key=_name(core), value=value, max_age=age, path="/", secure=made.secure, httponly=True,
        samesite="lax",
    )  # fmt: skip
