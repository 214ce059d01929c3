"""Links in e-mails that sign somebody in: for a new password, or instead of one.

Whether an address is somebody's is told by neither the answer nor its time: it is given before
anything is looked up.
"""

from __future__ import annotations

import enum
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from mainstem.core import lockout, opaque, pkce, sessions, store, trail
from mainstem.core.lockout import Subject
from mainstem.core.mail import Letter
from mainstem.core.model import Assurance, Origin, SignedIn
from mainstem.core.people import plain_email
from mainstem.core.store import RouteRow
from mainstem.core.trail import Action
from mainstem.core.transaction import service_transaction
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mainstem.core.model import KeyUse
    from mainstem.core.parts import Core
    from mainstem.core.store import PersonRow
    from mainstem.core.transaction import Connection

LOG = logging.getLogger(__name__)
LIFE = timedelta(hours=1)


class Purpose(enum.StrEnum):
    """What a link is for, as app.token_route names it."""

    RECOVERY = "recovery"
    MAGIC_LINK = "magic_link"


SUBJECTS = {
    Purpose.RECOVERY: "Choose a new password",
    Purpose.MAGIC_LINK: "Your link to sign in",
}
#: GoTrue's words for them
TYPES = {Purpose.RECOVERY: "recovery", Purpose.MAGIC_LINK: "magiclink"}


@dataclass(frozen=True)
class Wish:
    """A letter that somebody asked for."""

    email: str
    purpose: Purpose
    redirect_to: str
    is_for_page: bool = False
    challenge: str = ""


async def ask(
    core: Core,
    email: str,
    purpose: Purpose,
    *,
    redirect_to: str | None,
    is_for_page: bool = False,
    challenge: str = "",
) -> Wish:
    """Take the wish for a letter; `send` carries it out, after the answer is given.

    Args:
        core: the parts.
        email: whose letter it is.
        purpose: what its link is for.
        redirect_to: the app that the link leads back to; None is our own address.
        is_for_page: whether the link leads to our own page, its code behind the `#`, where no
            server, log or scanner of letters follows it.
        challenge: of an app that wants a code back, and no tokens in the address.

    Raises:
        RefusedError: too many letters were asked for, or they shall lead to a foreign address.
    """
    target = allowed_redirect(core, redirect_to)
    wish = Wish(plain_email(email), purpose, target, is_for_page, challenge)
    async with service_transaction(core.pool) as connection:
        await lockout.count(core, connection, Subject.LETTER, wish.email)
    return wish


async def send(core: Core, wish: Wish, *, key: KeyUse | None = None) -> None:
    """Send the letter, where the address is somebody's; a mail server that fails is logged."""
    token = opaque.new_token()
    async with service_transaction(core.pool) as connection:
        row = await store.person_by_email(connection, wish.email)
        if row is None or not row.is_active or (key and key.agency_id != row.agency_id):
            return
        await store.run(
            connection, "drop_routes_of",
            kinds=[wish.purpose], agency_id=row.agency_id, target_id=row.id,
        )  # fmt: skip
        await store.run(
            connection,
            "add_route",
            kind=wish.purpose,
            token=opaque.route_of(token),
            agency_id=row.agency_id,
            target_id=row.id,
            expires_at=core.clock() + LIFE,
        )
    try:
        await core.mail.send(_letter(core, wish, token))
    except OSError as error:
        LOG.warning("a letter was not sent: %s", error.__class__.__name__)


async def redeem(
    core: Core,
    token: str,
    *,
    origin: Origin,
    kind: str,
    key: KeyUse | None = None,
) -> SignedIn:
    """Sign in whoever the link was sent to; it is good once.

    Raises:
        RefusedError: it was used, is out of date, or never was.
    """
    async with _redeemed(core, token, origin=origin, key=key) as (connection, row):
        return await sessions.begin(
            core, connection, row.person(),
            assurance=Assurance.LINK, kind=kind, origin=origin, key=key,
        )  # fmt: skip


async def redeem_for_code(core: Core, token: str, challenge: str, *, origin: Origin) -> str:
    """The code that the app of the challenge exchanges for a session; the link is good once.

    Raises:
        RefusedError: it was used, is out of date, or never was.
    """
    async with _redeemed(core, token, origin=origin) as (connection, row):
        return await pkce.code_for(core, connection, row, challenge, assurance=Assurance.LINK)


@asynccontextmanager
async def _redeemed(
    core: Core, token: str, *, origin: Origin, key: KeyUse | None = None
) -> AsyncIterator[tuple[Connection, PersonRow]]:
    """Whoever the link was sent to, in the transaction that uses it up."""
    async with service_transaction(core.pool) as connection:
        await lockout.count(core, connection, Subject.ADDRESS, origin.address)
    async with service_transaction(core.pool) as connection:
        route = await store.one(
            connection, RouteRow, "take_route",
            kinds=list(Purpose), token=opaque.route_of(token), now=core.clock(),
        )  # fmt: skip
        row = await store.person_by_id(connection, route.target_id) if route else None
        if row is not None and row.is_active and (key is None or key.agency_id == row.agency_id):
            await lockout.forgive(core, connection, Subject.ADDRESS, origin.address)
            yield connection, row
            return
        if row is not None:
            await trail.note(connection, row.person(), Action.REFUSE, reason="link")
    raise RefusedError(
        "otp_expired", "Email link is invalid or has expired; ask for another one.", status=403
    )


def allowed_redirect(core: Core, wanted: str | None) -> str:
    """Where a link leads back to: our own address, or an origin that the operator named.

    Raises:
        RefusedError: somewhere else.
    """
    if not wanted:
        return core.base_url
    parts = urlsplit(wanted)
    origin = f"{parts.scheme}://{parts.netloc}"
    is_plain = parts.scheme in {"http", "https"} and not set("\\\r\n\t @") & set(wanted)
    if is_plain and origin in {core.base_url, *core.redirects}:
        return wanted
    raise RefusedError(
        "validation_failed",
        "The address to come back to is none of those in MAINSTEM_REDIRECTS.",
        status=422,
    )


def _letter(core: Core, wish: Wish, token: str) -> Letter:
    link = (
        f"{core.base_url}/auth/v1/verify?token={token}&type={TYPES[wish.purpose]}"
        f"&redirect_to={quote(wish.redirect_to, safe='')}"
    )
    if wish.challenge:
        link += f"&code_challenge={wish.challenge}"
    if wish.is_for_page:
        link = f"{core.base_url}/reset#{token}"
    text = (
        f"{SUBJECTS[wish.purpose]}:\n\n{link}\n\nThe link is good once, for an hour. "
        "If you did not ask for it, do nothing: nobody gets in without it."
    )
    return Letter(wish.email, SUBJECTS[wish.purpose], text)
