"""`/auth/v1`: GoTrue's paths, so that `supabase.auth` signs people in here as it did there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import Response, Router, get, post, put
from litestar.background_tasks import BackgroundTask
from litestar.exceptions import HTTPException
from litestar.params import JSONBody, QueryParameter
from litestar.response import Redirect
from litestar.status_codes import (
    HTTP_200_OK,
    HTTP_204_NO_CONTENT,
    HTTP_303_SEE_OTHER,
    HTTP_400_BAD_REQUEST,
)

from mainstem.core import (
    access,
    factors_api,
    gotrue,
    invitations,
    links,
    openid_api,
    pkce,
    profile,
    providers,
    second_factor,
    sessions,
    sign_in,
    tokens,
)
from mainstem.core.links import Purpose
from mainstem.core.requests import (
    AnyRequest,
    CoreDependency,
    failed,
    key_of,
    origin_of,
    refused,
    token_first,
)
from mainstem.core.requests import signed_in as signed_in_session
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mainstem.core.model import KeyUse, SignedIn
    from mainstem.core.parts import Core

PATH = "/auth/v1"
BODY_BYTES_MAX = 64 * 1024
Body = gotrue.Body
GrantType = Annotated[str, QueryParameter(name="grant_type")]
LogoutScope = Annotated[str, QueryParameter(name="scope")]
RedirectTo = Annotated[str | None, QueryParameter(name="redirect_to")]
LinkToken = Annotated[str, QueryParameter(name="token")]
LinkType = Annotated[str, QueryParameter(name="type")]
Challenge = Annotated[str, QueryParameter(name="code_challenge")]
LINK_PURPOSES = {
    "recovery": Purpose.RECOVERY,
    "magiclink": Purpose.MAGIC_LINK,
    "email": Purpose.MAGIC_LINK,
}


class TokenBody(msgspec.Struct, frozen=True):
    """What `/token` takes; which of it depends on the grant."""

    email: str = ""
    phone: str = ""
    password: str = ""
    refresh_token: str = ""
    auth_code: str = ""
    code_verifier: str = ""


class SignUpBody(msgspec.Struct, frozen=True):
    """What `/signup` takes; the invitation stands in `data`, where clients may put anything."""

    email: str = ""
    phone: str = ""
    password: str = ""
    data: dict[str, object] | None = None


class UserBody(msgspec.Struct, frozen=True):
    """What `PUT /user` takes."""

    email: str | None = None
    password: str | None = None
    data: dict[str, object] | None = None


class LinkBody(msgspec.Struct, frozen=True):
    """What `/recover` and `/otp` take; with a challenge, the link brings the app a code."""

    email: str = ""
    phone: str = ""
    code_challenge: str | None = None
    code_challenge_method: str | None = None


class VerifyBody(msgspec.Struct, frozen=True):
    """What `/verify` takes: the token of a link."""

    type: str = ""
    token_hash: str = ""
    token: str = ""


@post("/token", status_code=HTTP_200_OK)
async def token(
    request: AnyRequest, core: CoreDependency, data: JSONBody[TokenBody], grant_type: GrantType
) -> Body:
    """Sign in with a password, or exchange a refresh token or a code."""
    key = await key_of(core, request)
    if grant_type == "password":
        _refuse_phone(data.phone)
        signed_in = await sign_in.with_password(
            core, data.email, data.password,
            origin=origin_of(request), kind=sessions.TOKEN, key=key,
        )  # fmt: skip
        return await _session(core, signed_in, key)
    if grant_type == "refresh_token":
        signed_in, app = await tokens.refresh(core, data.refresh_token, key=key)
        return await gotrue.session(core, signed_in, app=app)
    if grant_type == "pkce":
        signed_in = await pkce.exchange(
            core, data.auth_code, data.code_verifier, origin=origin_of(request), key=key
        )
        return await _session(core, signed_in, key)
    raise RefusedError(
        "validation_failed",
        "unsupported_grant_type: use password, refresh_token or pkce",
        status=HTTP_400_BAD_REQUEST,
    )


def _refuse_phone(phone: str) -> None:
    if phone:
        raise RefusedError(
            "phone_provider_disabled",
            "Unsupported phone provider: nobody signs in by telephone here; use an e-mail address.",
            status=HTTP_400_BAD_REQUEST,
        )


@get("/user")
async def user(request: AnyRequest, core: CoreDependency) -> Body:
    """Who is signed in."""
    session = signed_in_session(request)
    found = await second_factor.factors(core, session.person)
    return gotrue.user(session.person, [gotrue.factor(each) for each in found])


@put("/user")
async def change_user(request: AnyRequest, core: CoreDependency, data: JSONBody[UserBody]) -> Body:
    """Change one's password or names."""
    session = signed_in_session(request)
    access.require_second_factor(session)
    if data.email not in {None, session.person.email}:
        raise RefusedError(
            "email_address_not_authorized",
            "An e-mail address is changed by an admin of the agency; nothing was changed.",
            status=422,
        )
    if data.password is not None:
        await profile.change_password(core, session, data.password)
    if data.data is not None:
        await profile.change_names(core, session.person, data.data)
    return gotrue.user(await profile.read(core, session.person))


@post("/logout", status_code=HTTP_204_NO_CONTENT)
async def logout(request: AnyRequest, core: CoreDependency, which: LogoutScope = "global") -> None:
    """End this session, the others, or all."""
    session = signed_in_session(request)
    if which == "local":
        await sessions.end(core, session.person, session.id)
    else:
        but = session.id if which == "others" else None
        await sessions.end_all(core, session.person, but=but)


@post("/signup", status_code=HTTP_200_OK)
async def signup(request: AnyRequest, core: CoreDependency, data: JSONBody[SignUpBody]) -> Body:
    """Accept an invitation: its token stands in `options.data.invitation`."""
    key = await key_of(core, request)
    _refuse_phone(data.phone)
    said = dict(data.data or {})
    if not data.email and not data.password:
        raise RefusedError(
            "anonymous_provider_disabled",
            "Anonymous sign-ins are disabled: sign up with an invitation.",
            status=422,
        )
    invitation = said.pop("invitation", "")
    signed_in = await invitations.accept(
        core,
        str(invitation),
        email=data.email,
        password=data.password,
        origin=origin_of(request),
        kind=sessions.TOKEN,
        key=key,
    )
    if said:
        await profile.change_names(core, signed_in.person, said)
    return await _session(core, signed_in, key)


@post("/recover", status_code=HTTP_200_OK)
async def recover(
    request: AnyRequest,
    core: CoreDependency,
    data: JSONBody[LinkBody],
    redirect_to: RedirectTo = None,
) -> Response[Body]:
    """Send a link for a new password, if the address is somebody's; the answer never tells."""
    return await _send_link(core, request, data, Purpose.RECOVERY, redirect_to=redirect_to)


@post("/otp", status_code=HTTP_200_OK)
async def otp(
    request: AnyRequest,
    core: CoreDependency,
    data: JSONBody[LinkBody],
    redirect_to: RedirectTo = None,
) -> Response[Body]:
    """Send a link to sign in, if the address is somebody's; the answer never tells."""
    _refuse_phone(data.phone)
    return await _send_link(core, request, data, Purpose.MAGIC_LINK, redirect_to=redirect_to)


@post("/verify", status_code=HTTP_200_OK)
async def verify(request: AnyRequest, core: CoreDependency, data: JSONBody[VerifyBody]) -> Body:
    """Exchange the token of a link for a session."""
    key = await key_of(core, request)
    signed_in = await links.redeem(
        core, data.token_hash or data.token,
        origin=origin_of(request), kind=sessions.TOKEN, key=key,
    )  # fmt: skip
    return await _session(core, signed_in, key)


@get("/verify")
async def follow_link(
    request: AnyRequest,
    core: CoreDependency,
    link: LinkToken = "",
    purpose: LinkType = "",
    redirect_to: RedirectTo = None,
    challenge: Challenge = "",
) -> Redirect:
    """Follow a link from an e-mail: back to the app, with a code or the session in the fragment."""
    target = links.allowed_redirect(core, redirect_to)
    if challenge := pkce.challenge_of(challenge, "s256"):
        code = await links.redeem_for_code(core, link, challenge, origin=origin_of(request))
        return Redirect(pkce.with_code(target, code), status_code=HTTP_303_SEE_OTHER)
    signed_in = await links.redeem(core, link, origin=origin_of(request), kind=sessions.TOKEN)
    made = await gotrue.session(core, signed_in, app="both")
    named = ("access_token", "expires_at", "expires_in", "refresh_token", "token_type")
    fragment = "&".join([*(f"{name}={made[name]}" for name in named), f"type={_word(purpose)}"])
    return Redirect(f"{target.partition('#')[0]}#{fragment}", status_code=HTTP_303_SEE_OTHER)


@get("/settings")
async def settings(request: AnyRequest, core: CoreDependency) -> Body:
    """How one may sign in here; with a key, through which providers of its agency, too."""
    key = await key_of(core, request)
    doors = await providers.doors_of(core, key.agency_id) if key else []
    return gotrue.settings(doors)


@get("/health", sync_to_thread=False)
def health() -> Body:
    """That it is there."""
    return {"name": "GoTrue", "description": "Mainstem signs people in here", "version": "v2"}


@get("/.well-known/jwks.json")
async def jwks(core: CoreDependency) -> Body:
    """The keys that verify our access tokens."""
    return {"keys": await core.signing.public_keys(core)}


def router(*, led_astray: Callable[[AnyRequest, RefusedError], Response[Any]] = refused) -> Router:
    """The routes; the app provides `core`.

    Args:
        led_astray: answers a refusal where links and providers lead people's browsers.
    """
    return Router(
        PATH,
        route_handlers=[
            token,
            signup,
            recover,
            otp,
            verify,
            settings,
            health,
            jwks,
            Router(
                "/",
                route_handlers=[follow_link, openid_api.authorize, openid_api.callback],
                exception_handlers={RefusedError: led_astray},
            ),
            Router(
                "/",
                route_handlers=[user, change_user, logout, *factors_api.HANDLERS],
                guards=[token_first],
            ),
        ],
        exception_handlers={RefusedError: refused, HTTPException: failed},
        request_max_body_size=BODY_BYTES_MAX,
        include_in_schema=False,
    )


async def _session(core: Core, signed_in: SignedIn, key: KeyUse | None) -> Body:
    return await gotrue.session(core, signed_in, app=key.app if key else "both")


async def _send_link(
    core: Core, request: AnyRequest, data: LinkBody, purpose: Purpose, *, redirect_to: str | None
) -> Response[Body]:
    key = await key_of(core, request)
    challenge = pkce.challenge_of(data.code_challenge, data.code_challenge_method)
    wish = await links.ask(core, data.email, purpose, redirect_to=redirect_to, challenge=challenge)
    return Response({}, background=BackgroundTask(links.send, core, wish, key=key))


def _word(text: str) -> str:
    return text if text in LINK_PURPOSES else "magiclink"
