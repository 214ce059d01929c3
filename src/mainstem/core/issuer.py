"""Providers of identities, and what is asked of them: their document, their keys, a token.

The operator names providers in a file; what a provider says of itself is fetched and kept an hour.
"""

from __future__ import annotations

import ipaddress
import time
import tomllib
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote_plus, urlsplit
from uuid import UUID  # noqa: TC003 - tables of the file are converted by it

import aiohttp
import msgspec

from mainstem.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "MAINSTEM_OPENID_FILE"
TIMEOUT_S = 10.0
ANSWER_BYTES_MAX = 1_000_000
KEPT_S = 3_600.0
#: a token under an unknown key costs the provider one question in so long
KEYS_AGAIN_S = 30.0
PROVIDERS_MAX = 100
Shape = TypeVar("Shape")


class IssuerError(Exception):
    """The provider does not answer, or says what no provider may say."""


@dataclass(frozen=True)
class Provider:
    """One that the operator trusts to say who somebody is.

    Attributes:
        name: what requests call it.
        issuer: its address; https, but on this machine itself.
        client_id: what it calls us.
        client_secret: by which it knows us.
        agency_id: the one agency whose people it is for; None is everybody's.
    """

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    agency_id: UUID | None = None


class Document(msgspec.Struct, frozen=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0, 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Token(msgspec.Struct, frozen=True):
    id_token: str


class _Keys(msgspec.Struct, frozen=True):
    keys: list[dict[str, object]]


class Issuers:
    """The providers, and what is known of them for now."""

    def __init__(self, providers: Mapping[str, Provider] | None = None) -> None:
        self.providers = providers or {}
        self._documents: dict[str, tuple[float, Document]] = {}
        self._keys: dict[str, tuple[float, dict[str, object]]] = {}

    async def document(self, provider: Provider) -> Document:
        """What the provider says of itself.

        Raises:
            IssuerError: it does not answer, or speaks for another issuer.
        """
        kept = self._documents.get(provider.name)
        if kept is not None and kept[0] + KEPT_S > time.monotonic():
            return kept[1]
        address = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = _decoded(await _fetch("GET", address), Document)
        addresses = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
        if found.issuer != provider.issuer or not all(map(is_safe, addresses)):
            raise IssuerError("its document names another issuer, or addresses without TLS")
        self._documents[provider.name] = (time.monotonic(), found)
        return found

    async def keys(
        self, provider: Provider, document: Document, *, is_anew: bool
    ) -> dict[str, object]:
        """The keys that the provider signs with; fetched anew no more than twice a minute.

        Raises:
            IssuerError: it does not answer.
        """
        kept, now = self._keys.get(provider.name), time.monotonic()
        if kept is not None and kept[0] + (KEYS_AGAIN_S if is_anew else KEPT_S) > now:
            return kept[1]
        found = _decoded(await _fetch("GET", document.jwks_uri), _Keys)
        keys: dict[str, object] = {"keys": found.keys}
        self._keys[provider.name] = (now, keys)
        return keys

    async def exchange(
        self, provider: Provider, document: Document, given: Mapping[str, str]
    ) -> str:
        """Exchange a code for the token that says who somebody is.

        Raises:
            IssuerError: the provider refuses.
        """
        form, headers = dict(given), {}
        if "client_secret_basic" in document.token_endpoint_auth_methods_supported:
            login = f"{quote_plus(provider.client_id)}:{quote_plus(provider.client_secret)}"
            headers["authorization"] = f"Basic {b64encode(login.encode()).decode()}"
        else:
            form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
        answer = await _fetch("POST", document.token_endpoint, form=form, headers=headers)
        return _decoded(answer, _Token).id_token


def load(environment: Mapping[str, str]) -> Issuers:
    """Read the file that MAINSTEM_OPENID_FILE names: one table `[name]` a provider.

    Raises:
        ConfigError: it cannot be read, or says what there is not.
    """
    named = environment.get(VARIABLE, "").strip()
    if not named:
        return Issuers()
    try:
        tables = tomllib.loads(Path(named).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{named}, which {VARIABLE} names, cannot be read: {error.__class__.__name__}"
        ) from None
    if len(tables) > PROVIDERS_MAX:
        raise ConfigError(f"{named} names more than {PROVIDERS_MAX} providers")
    return Issuers({name: _provider(named, name, table) for name, table in tables.items()})


def _provider(file: str, name: str, table: object) -> Provider:
    try:
        made = msgspec.convert({"name": name, **dict(table)}, Provider)  # type: ignore[call-overload]
    except (msgspec.ValidationError, TypeError, ValueError):
        raise ConfigError(
            f"{file}: [{name}] needs issuer, client_id and client_secret, and may have agency_id"
        ) from None
    if not is_safe(made.issuer):
        raise ConfigError(f"{file}: the issuer of [{name}] is no https address")
    return made


def is_safe(address: str) -> bool:
    """Whether nobody on the way can read along: https, or this machine itself."""
    parts = urlsplit(address)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.scheme == "http" and parts.hostname == "localhost"


async def _fetch(
    method: str,
    address: str,
    *,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """One question within the time, whose answer is not too long and leads nowhere else."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as session,
            session.request(
                method, address, data=form, headers=headers, allow_redirects=False
            ) as answer,
        ):
            body = await answer.content.read(ANSWER_BYTES_MAX + 1)
            while len(body) <= ANSWER_BYTES_MAX and (more := await answer.content.read(65_536)):
                body += more
    except (aiohttp.ClientError, TimeoutError) as error:
        raise IssuerError(f"no answer ({error.__class__.__name__})") from None
    if answer.status != 200 or len(body) > ANSWER_BYTES_MAX:  # noqa: PLR2004 - OK
        raise IssuerError(f"status {answer.status}, {len(body)} bytes")
    return body


def _decoded(body: bytes, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, msgspec.ValidationError):
        raise IssuerError("the answer is not of the standard's shape") from None
