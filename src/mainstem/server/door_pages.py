"""The doors: signing in and out, invitations, second factors, forgotten passwords.

Every form is checked against pages of other sites before it gets here. A session begins under a
token that did not exist before, whoever held the cookie until then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.params import QueryParameter

from mainstem import core as identity
from mainstem.core import (
    Core,
    cookies,
    invitations,
    links,
    profile,
    providers,
    second_factor,
    sessions,
    sign_in,
)
from mainstem.core.links import Purpose
from mainstem.core.model import Assurance, SessionUse, SignedIn
from mainstem.core.requests import CoreDependency, origin_of
from mainstem.errors import RefusedError
from mainstem.server.visits import Doors, required_cookie, theme_of
from mainstem.web import AnyRequest, Field, Filled, Form, html, local_path, see_other

if TYPE_CHECKING:
    from uuid import UUID

Next = Annotated[str, QueryParameter(name="next")]
Agency = Annotated[str, QueryParameter(name="agency")]
CODE_LENGTH_MAX = 200
PASSWORD_LENGTH_MAX = 1_000
CODE_HINT = "It stands behind the # of the link in your e-mail."
EMAIL = Field("email", "E-mail", "email", is_required=True, autocomplete="username")
NEW_PASSWORD = Field(
    "password",
    "New password",
    "password",
    is_required=True,
    hint="A few words that do not belong together are best.",
    length_max=PASSWORD_LENGTH_MAX,
    autocomplete="new-password",
)
CODE = Field("code", "Code", is_required=True, hint=CODE_HINT, length_max=CODE_LENGTH_MAX)
SIGN_IN = Form(
    (
        EMAIL,
        Field(
            "password",
            "Password",
            "password",
            is_required=True,
            length_max=PASSWORD_LENGTH_MAX,
            autocomplete="current-password",
        ),
    )
)
SECOND_FACTOR = Form(
    (
        Field(
            "code",
            "Code",
            "code",
            is_required=True,
            hint="Six digits of your authenticator app, or one of your recovery codes.",
            length_max=20,
            autocomplete="one-time-code",
        ),
    )
)
INVITATION = Form(
    (
        CODE,
        EMAIL,
        Field("first_name", "First name", length_max=100, autocomplete="given-name"),
        Field("last_name", "Last name", length_max=100, autocomplete="family-name"),
        NEW_PASSWORD,
    )
)
FORGOTTEN = Form((EMAIL,))
RESET = Form((CODE,))
PASSWORD = Form(
    (
        Field(
            "current",
            "Current password",
            "password",
            length_max=PASSWORD_LENGTH_MAX,
            autocomplete="current-password",
        ),
        NEW_PASSWORD,
    )
)


@get("/sign-in")
async def show_sign_in(
    request: AnyRequest, core: CoreDependency, wanted: Next = "/", agency: Agency = ""
) -> Response[bytes]:
    """The door; of an agency, with the ways in that its owners opened."""
    wanted = local_path(wanted)
    ways = await _ways(core, agency, wanted)
    return _door(request, "sign_in.html", SIGN_IN.blank(), next=wanted, agency=agency, ways=ways)


@post("/sign-in")
async def do_sign_in(request: AnyRequest, core: CoreDependency) -> Response[bytes]:
    """Sign in with e-mail and password."""
    sent, filled = await _read(request, SIGN_IN)
    wanted, agency = local_path(str(sent.get("next", "/"))), str(sent.get("agency", ""))
    ways = await _ways(core, agency, wanted)
    if filled.is_good:
        try:
            signed_in = await sign_in.with_password(
                core,
                filled.texts["email"],
                filled.texts["password"],
                origin=origin_of(request),
                kind=sessions.BROWSER,
                replaces=await _session_before(core, request),
            )
        except RefusedError as error:
            problem = _words(error, "These do not fit together. Nothing says which is wrong.")
            filled = filled.with_problem("", problem)
            return _door(
                request, "sign_in.html", filled, error, next=wanted, agency=agency, ways=ways
            )
        return _inside(core, signed_in, wanted)
    return _door(request, "sign_in.html", filled, next=wanted, agency=agency, ways=ways)


@post("/sign-out")
async def do_sign_out(request: AnyRequest, core: CoreDependency) -> Response[bytes]:
    """End the session of this browser."""
    token = request.cookies.get(cookies.name(core))
    if token:
        try:
            access = await identity.resolve(core, {}, cookie=token, needs_second_factor=False)
        except RefusedError:
            access = None  # it had ended already
        if access is not None and access.session is not None:
            await sessions.end(core, access.session.person, access.session.id)
    return see_other(Doors.sign_in, cookies=[cookies.ended(core)])


@get("/second-factor")
async def show_second_factor(
    request: AnyRequest, core: CoreDependency, wanted: Next = "/"
) -> Response[bytes]:
    """The second door, for those who have a key to it."""
    await _half_session(core, request)
    return _door(request, "second_factor.html", SECOND_FACTOR.blank(), next=local_path(wanted))


@post("/second-factor")
async def do_second_factor(request: AnyRequest, core: CoreDependency) -> Response[bytes]:
    """Give the code; the session goes on under a new token."""
    session = await _half_session(core, request)
    sent, filled = await _read(request, SECOND_FACTOR)
    wanted = local_path(str(sent.get("next", "/")))
    if filled.is_good:
        try:
            signed_in = await second_factor.give(core, session, filled.texts["code"])
        except RefusedError as error:
            filled = filled.with_problem("code", _words(error, "This code is not right."))
            return _door(request, "second_factor.html", filled, error, next=wanted)
        return _inside(core, signed_in, wanted)
    return _door(request, "second_factor.html", filled, next=wanted)


@get("/invitation", sync_to_thread=False)
def show_invitation(request: AnyRequest) -> Response[bytes]:
    """Become one of an agency's people."""
    return _door(request, "invitation.html", INVITATION.blank())


@post("/invitation")
async def do_invitation(request: AnyRequest, core: CoreDependency) -> Response[bytes]:
    """Accept an invitation."""
    _, filled = await _read(request, INVITATION)
    if filled.is_good:
        try:
            signed_in = await invitations.accept(
                core,
                filled.texts["code"],
                email=filled.texts["email"],
                password=filled.texts["password"],
                origin=origin_of(request),
                kind=sessions.BROWSER,
                first_name=filled.value("first_name"),
                last_name=filled.value("last_name"),
            )
        except RefusedError as error:
            name = "password" if error.code == "weak_password" else ""
            problems = {
                "signup_disabled": "It is not good for that address; ask for a new one.",
                "user_already_exists": "You are registered already; sign in.",
            }
            filled = filled.with_problem(name, problems.get(error.code, str(error)))
            return _door(request, "invitation.html", filled, error)
        return _inside(core, signed_in, "/")
    return _door(request, "invitation.html", filled)


@get("/forgotten", sync_to_thread=False)
def show_forgotten(request: AnyRequest) -> Response[bytes]:
    """Ask for a letter."""
    return _door(request, "forgotten.html", FORGOTTEN.blank(), is_sent=False)


@post("/forgotten")
async def do_forgotten(request: AnyRequest, core: CoreDependency) -> Response[bytes]:
    """Send a link for a new password, if the address is somebody's; the answer never tells."""
    _, filled = await _read(request, FORGOTTEN)
    if not filled.is_good:
        return _door(request, "forgotten.html", filled, is_sent=False)
    try:
        wish = await links.ask(
            core, filled.texts["email"], Purpose.RECOVERY, redirect_to=None, is_for_page=True
        )
    except RefusedError as error:
        filled = filled.with_problem("", str(error))
        return _door(request, "forgotten.html", filled, error, is_sent=False)
    answer = _door(request, "forgotten.html", filled, is_sent=True)
    answer.background = BackgroundTask(links.send, core, wish)
    return answer


@get("/reset", sync_to_thread=False)
def show_reset(request: AnyRequest) -> Response[bytes]:
    """Where the link of the letter leads."""
    return _door(request, "reset.html", RESET.blank())


@post("/reset")
async def do_reset(request: AnyRequest, core: CoreDependency) -> Response[bytes]:
    """Come in by the letter's code, to choose a password."""
    _, filled = await _read(request, RESET)
    if not filled.is_good:
        return _door(request, "reset.html", filled)
    try:
        signed_in = await links.redeem(
            core, filled.texts["code"], origin=origin_of(request), kind=sessions.BROWSER
        )
    except RefusedError as error:
        problem = _words(
            error, "This code was used, is out of date, or never was; ask for another."
        )
        return _door(request, "reset.html", filled.with_problem("code", problem), error)
    return _inside(core, signed_in, "/password")


@get("/password")
async def show_password(request: AnyRequest, core: CoreDependency) -> Response[bytes]:
    """Choose another password."""
    session = await _session(core, request)
    return _password_door(request, session, PASSWORD.blank())


@post("/password")
async def do_password(request: AnyRequest, core: CoreDependency) -> Response[bytes]:
    """Change the password; all other sessions of the person end."""
    session = await _session(core, request)
    _, filled = await _read(request, PASSWORD)
    if not filled.is_good:
        return _password_door(request, session, filled)
    try:
        if _asks_for_current(session):
            await profile.require_password(core, session.person, filled.texts["current"])
        await profile.change_password(core, session, filled.texts["password"])
    except RefusedError as error:
        name = "current" if error.code == "invalid_credentials" else "password"
        problem = "This is not your password." if name == "current" else str(error)
        return _password_door(request, session, filled.with_problem(name, problem))
    return see_other("/")


HANDLERS = (
    show_sign_in,
    do_sign_in,
    do_sign_out,
    show_second_factor,
    do_second_factor,
    show_invitation,
    do_invitation,
    show_forgotten,
    do_forgotten,
    show_reset,
    do_reset,
    show_password,
    do_password,
)


async def _read(request: AnyRequest, form: Form) -> tuple[dict[str, object], Filled]:
    sent = dict(await request.form())
    return sent, form.read(sent)


async def _session(core: Core, request: AnyRequest, *, is_half: bool = False) -> SessionUse:
    access = await identity.resolve(
        core, {}, cookie=required_cookie(core, request), needs_second_factor=not is_half
    )
    assert access.session is not None, "a cookie that is good has a session"
    return access.session


async def _half_session(core: Core, request: AnyRequest) -> SessionUse:
    """The session of somebody who signed in, whose second factor may still be missing."""
    return await _session(core, request, is_half=True)


async def _session_before(core: Core, request: AnyRequest) -> UUID | None:
    """The session that this browser had until now; it ends when its person signs in again."""
    if not request.cookies.get(cookies.name(core)):
        return None
    try:
        return (await _half_session(core, request)).id
    except RefusedError:
        return None


def _inside(core: Core, signed_in: SignedIn, wanted: str) -> Response[bytes]:
    cookie = cookies.made(core, signed_in.token)
    if signed_in.needs_second_factor:
        query = urlencode({"next": wanted})
        return see_other(f"{Doors.second_factor}?{query}", cookies=[cookie])
    return see_other(wanted, cookies=[cookie])


def _password_door(request: AnyRequest, session: SessionUse, filled: Filled) -> Response[bytes]:
    return _door(request, "password.html", filled, asks_for_current=_asks_for_current(session))


def _asks_for_current(session: SessionUse) -> bool:
    """A password that was forgotten is not asked for: a letter or a second factor stands for it."""
    return session.assurance is Assurance.PASSWORD


def _words(error: RefusedError, plain: str) -> str:
    """What is said of a refusal: how long to wait where that is it, else the plain words."""
    return str(error) if error.retry_after_s is not None else plain


async def _ways(core: Core, agency: str, wanted: str) -> list[tuple[str, str]]:
    """Through whom people of an agency come in: what the button says, and where it leads."""
    ways = []
    for each in await providers.doors(core, agency) if agency else ():
        asked = {"provider": each.provider, "redirect_to": core.base_url + wanted}
        ways.append((each.label, f"/auth/v1/authorize?{urlencode(asked)}"))
    return ways


def _door(
    request: AnyRequest,
    template: str,
    filled: Filled,
    error: RefusedError | None = None,
    **context: object,
) -> Response[bytes]:
    engine = request.app.template_engine
    assert engine is not None, "the app has templates"
    text = engine.get_template(template).render(theme=theme_of(request), form=filled, **context)
    answer = html(text, request, status=error.status if error else filled.status)
    if error is not None and error.retry_after_s is not None:
        answer.headers["retry-after"] = str(error.retry_after_s)
    return answer
