"""Signing in with an identity of elsewhere: OpenID Connect's code flow, with PKCE, state and nonce.

A provider says who somebody is; whether they get in is decided here. A person is found by the
identity they used before, else by an e-mail address that the provider says it verified. Nobody is
made who has no invitation for that address, and an address that is not verified opens nothing.

A provider is its agency's: it speaks for people of that agency only, and for none who runs the
platform, because whoever manages the provider could let it say anything.

The rules are those of OpenID Connect Core 1.0 (3.1.3.7), RFC 7636, RFC 9207 and RFC 9700.
"""

from __future__ import annotations

import hmac
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID  # noqa: TC003 - the journey is decoded by it

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mainstem.core import invitations, links, opaque, pkce, providers, sessions, store, trail
from mainstem.core.issuer import IssuerError
from mainstem.core.model import Assurance
from mainstem.core.people import plain_email
from mainstem.core.store import Id
from mainstem.core.trail import Action
from mainstem.core.transaction import service_transaction
from mainstem.errors import ConfigError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.core.issuer import Document, Provider
    from mainstem.core.model import Origin, SignedIn
    from mainstem.core.parts import Core
    from mainstem.core.store import PersonRow
    from mainstem.core.transaction import Connection

LOG = logging.getLogger(__name__)
LIFE = timedelta(minutes=10)
#: how far the provider's clock may be off
SKEW_S = 60
#: only keys that the provider alone holds: with HS256 a client secret would sign in anybody
ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
CONTEXT = b"openid"


class Journey(msgspec.Struct, frozen=True):
    """What is kept in the browser, sealed, while somebody is away at the provider."""

    provider: UUID
    state: str
    nonce: str
    verifier: str
    redirect_to: str
    invitation: str
    challenge: str
    ends: float


@dataclass(frozen=True)
class Begun:
    """Where the browser goes, and the cookie that it keeps meanwhile."""

    location: str
    cookie: str = field(repr=False)


@dataclass(frozen=True)
class Arrived:
    """Who came back, and where they wanted to go: with a session, or with a code for the app."""

    target: str
    signed_in: SignedIn | None = None
    code: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Identity:
    """Who the provider says that somebody is."""

    subject: str
    email: str
    is_verified: bool


async def begin(
    core: Core,
    provider_name: str,
    *,
    redirect_to: str | None,
    invitation: str = "",
    challenge: str = "",
) -> Begun:
    """Send somebody to a provider, which the address calls `name@slug`.

    With a challenge their app gets a code, and no tokens in its address.

    Raises:
        RefusedError: there is no such provider, it does not answer, or the way back is foreign.
    """
    provider = await providers.called(core, provider_name)
    if provider is None:
        raise _unknown()
    target = links.allowed_redirect(core, redirect_to)
    document = await _document(core, provider)
    journey = Journey(
        provider=provider.id,
        state=opaque.new_token(),
        nonce=opaque.new_token(),
        verifier=opaque.new_token(),
        redirect_to=target,
        invitation=invitation[: opaque.LENGTH_MAX],
        challenge="" if is_here(core, target) else challenge,
        ends=(core.clock() + LIFE).timestamp(),
    )
    digest = sha256(journey.verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": callback_address(core),
        "scope": "openid email profile",
        "state": journey.state,
        "nonce": journey.nonce,
        "code_challenge": urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in document.authorization_endpoint else "?"
    return Begun(
        f"{document.authorization_endpoint}{joint}{urlencode(asked)}", _sealed(core, journey)
    )


async def finish(core: Core, cookie: str, answer: Mapping[str, str], *, origin: Origin) -> Arrived:
    """Sign in whoever comes back from the provider.

    Args:
        core: the parts.
        cookie: what the browser kept.
        answer: the parameters that the provider sent along.
        origin: where the request comes from.

    Returns:
        where they wanted to go, with a session: for a browser where that is here. An app that gave
        a challenge gets a code.

    Raises:
        RefusedError: it is not who was sent, or nobody that may get in.
    """
    journey = _opened(core, cookie)
    if not hmac.compare_digest(answer.get("state", "").encode(), journey.state.encode()):
        raise _not_good("the answer belongs to another sign-in")
    provider = await providers.by_id(core, journey.provider)
    if provider is None:
        raise _unknown()
    document = await _document(core, provider)
    if answer.get("iss", document.issuer) != document.issuer:
        raise _not_good("the answer is another provider's")
    if "error" in answer or not answer.get("code"):
        raise _not_good("the provider refused it")
    try:
        token = await core.issuers.exchange(
            provider,
            document,
            {
                "grant_type": "authorization_code",
                "code": answer["code"],
                "redirect_uri": callback_address(core),
                "code_verifier": journey.verifier,
            },
        )
    except IssuerError as error:
        LOG.warning("the provider %s gave no token: %s", provider.id, error)
        raise _not_good("the provider gave no proof") from None
    identity = await _identity(core, provider, document, token, nonce=journey.nonce)
    kind = sessions.BROWSER if is_here(core, journey.redirect_to) else sessions.TOKEN
    return await _arrive(core, provider, identity, journey, origin=origin, kind=kind)


def callback_address(core: Core) -> str:
    """Where providers send people back to; to be registered there."""
    return f"{core.base_url}/auth/v1/callback"


def is_here(core: Core, target: str) -> bool:
    """Whether an address is one of our own pages."""
    return target == core.base_url or target.startswith(f"{core.base_url}/")


async def _identity(
    core: Core, provider: Provider, document: Document, token: str, *, nonce: str
) -> Identity:
    """What a token says whose signature, issuer, audience, times and nonce are right."""
    claims = await _claims(core, provider, document, token)
    now = core.clock().timestamp()
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    expires, issued, subject = claims.get("exp"), claims.get("iat"), claims.get("sub")
    is_good = (
        claims.get("iss") == document.issuer
        and provider.client_id in audiences
        and claims.get("azp", provider.client_id) == provider.client_id
        and (len(audiences) == 1 or "azp" in claims)
        and isinstance(expires, int | float)
        and expires > now - SKEW_S
        and isinstance(issued, int | float)
        and issued < now + SKEW_S
        and isinstance(subject, str)
        and 0 < len(subject) <= 255  # noqa: PLR2004 - the standard's limit
        and hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode())
    )
    if not is_good:
        raise _not_good("the provider's proof is for something else")
    return Identity(
        str(subject),
        plain_email(str(claims.get("email", ""))),
        claims.get("email_verified") is True,
    )


async def _claims(
    core: Core, provider: Provider, document: Document, token: str
) -> Mapping[str, object]:
    """The claims under a signature of the provider; new keys are fetched once."""
    for is_anew in (False, True):
        try:
            keys = KeySet.import_key_set(
                await core.issuers.keys(provider, document, is_anew=is_anew)  # type: ignore[arg-type]
            )
            return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        except IssuerError as error:
            LOG.warning("the provider %s shows no keys: %s", provider.id, error)
            break
        except (JoseError, ValueError, KeyError, TypeError):
            continue
    raise _not_good("the provider's proof is not signed by it")


async def _arrive(
    core: Core,
    provider: Provider,
    identity: Identity,
    journey: Journey,
    *,
    origin: Origin,
    kind: str,
) -> Arrived:
    async with service_transaction(core.pool) as connection:
        row = await _known_person(connection, provider, identity)
        is_known = row is not None
        if row is None:
            row = await _person_of_address(
                core, connection, identity, invitation=journey.invitation
            )
        why = await _objection(connection, provider, row)
        if why is None:
            if not is_known:
                await _link(core, connection, provider, identity, row)
            known = Assurance.IDENTITY
            if journey.challenge:
                code = await pkce.code_for(
                    core, connection, row, journey.challenge, assurance=known
                )
                return Arrived(journey.redirect_to, code=code)
            signed_in = await sessions.begin(
                core, connection, row.person(), assurance=known, kind=kind, origin=origin
            )
            return Arrived(journey.redirect_to, signed_in)
    async with service_transaction(core.pool) as connection:
        await trail.note(connection, row.person(), Action.REFUSE, reason="identity")
    raise _not_good(why)


async def _person_of_address(
    core: Core, connection: Connection, identity: Identity, *, invitation: str
) -> PersonRow:
    """Whose address the provider says it verified; who was invited joins by it."""
    if not identity.is_verified or not identity.email:
        raise _not_good("the provider has not verified the e-mail address")
    row = await store.person_by_email(connection, identity.email)
    if row is None and invitation:
        row = await invitations.join_without_password(
            core, connection, invitation, email=identity.email
        )
    if row is None:
        raise _not_good("nobody here has that e-mail address; ask for an invitation")
    return row


async def _objection(connection: Connection, provider: Provider, row: PersonRow) -> str | None:
    """Why that person does not get in through that provider; None where they do.

    Raises:
        RefusedError: the provider is another agency's; nothing is kept of it, not even a joining.
    """
    if row.agency_id != provider.agency_id:
        raise _not_good("that person does not sign in this way")
    if not row.is_active:
        return "that person does not sign in this way"
    runs = await store.one(connection, Id, "operator", user_id=row.id, email=row.email)
    return "who runs the platform signs in with a password" if runs is not None else None


async def _known_person(
    connection: Connection, provider: Provider, identity: Identity
) -> PersonRow | None:
    """Who used this identity before. Its subject counts: an address may pass to somebody else."""
    found = await store.one(
        connection, Id, "person_of_identity", provider=provider.issuer, subject=identity.subject
    )
    return await store.person_by_id(connection, found.id) if found else None


async def _link(
    core: Core, connection: Connection, provider: Provider, identity: Identity, row: PersonRow
) -> None:
    """Remember the identity."""
    added = await store.one(
        connection, Id, "add_identity",
        user_id=row.id, provider=provider.issuer, subject=identity.subject,
        email=identity.email, now=core.clock(),
    )  # fmt: skip
    if added is None:
        raise _not_good("another identity of that provider is theirs already")
    await trail.note(connection, row.person(), Action.CHANGE_PASSWORD, reason="identity_added")


def _unknown() -> RefusedError:
    return RefusedError("validation_failed", "Unsupported provider: it is not enabled", status=400)


async def _document(core: Core, provider: Provider) -> Document:
    try:
        return await core.issuers.document(provider)
    except IssuerError as error:
        LOG.warning("the provider %s cannot be used: %s", provider.id, error)
        raise RefusedError(
            "unexpected_failure", "The provider does not answer; try again later.", status=502
        ) from None


def _sealed(core: Core, journey: Journey) -> str:
    sealed = core.keys.wrap(msgspec.json.encode(journey), CONTEXT)
    return f"{core.keys.current.id}.{urlsafe_b64encode(sealed).decode()}"


def _opened(core: Core, cookie: str) -> Journey:
    key_id, _, text = cookie.partition(".")
    try:
        opened = core.keys.unwrap(urlsafe_b64decode(text), CONTEXT, key_id=key_id)
        journey = msgspec.json.decode(opened, type=Journey)
    except (ConfigError, ValueError, msgspec.DecodeError):
        raise _not_good("this browser did not begin it") from None
    if datetime.fromtimestamp(journey.ends, UTC) < core.clock():
        raise _not_good("it took too long")
    return journey


def _not_good(why: str) -> RefusedError:
    return RefusedError("bad_oauth_callback", f"You were not signed in: {why}.", status=403)
