"""What is asked of a provider of identities: its document, its keys, a token.

Agencies name their providers, so a provider may be anywhere but inside: only public addresses are
called. What a provider says of itself is fetched and kept an hour.
"""

from __future__ import annotations

import time
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote_plus

import msgspec

from mainstem.core.outward import checked_url, guarded_socket

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

TIMEOUT_S = 10.0
ANSWER_BYTES_MAX = 1_000_000
KEPT_S = 3_600.0
#: a token under an unknown key costs the provider one question in so long
KEYS_AGAIN_S = 30.0
#: providers whose documents and keys are remembered
KEPT_MAX = 1_000
Shape = TypeVar("Shape")


class IssuerError(Exception):
    """The provider does not answer, or says what no provider may say."""


@dataclass(frozen=True)
class Provider:
    """One that an agency trusts to say who of its people somebody is.

    Attributes:
        id: of its row.
        agency_id: whose people it is for.
        issuer: its address; https, but on a machine of a developer.
        client_id: what it calls us.
        client_secret: by which it knows us.
    """

    id: UUID
    agency_id: UUID
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)


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


@dataclass
class Issuers:
    """What is known of issuers for now.

    Attributes:
        allow_loopback: whether one may be on this machine: for development and tests.
    """

    allow_loopback: bool = False
    _documents: dict[str, tuple[float, Document]] = field(default_factory=dict)
    _keys: dict[str, tuple[float, dict[str, object]]] = field(default_factory=dict)

    def require_address(self, address: str) -> None:
        """Refuse an address that requests may not go to.

        Raises:
            ValueError: it is none of https, or not public.
        """
        checked_url(address, allow_loopback=self.allow_loopback)

    async def document(self, provider: Provider) -> Document:
        """What the provider says of itself.

        Raises:
            IssuerError: it does not answer, or speaks for another issuer.
        """
        kept = self._documents.get(provider.issuer)
        if kept is not None and kept[0] + KEPT_S > time.monotonic():
            return kept[1]
        address = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = _decoded(await self._fetch("GET", address), Document)
        if found.issuer != provider.issuer:
            raise IssuerError("its document names another issuer")
        for each in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
            self._require(each)
        _keep(self._documents, provider.issuer, found)
        return found

    async def keys(
        self, provider: Provider, document: Document, *, is_anew: bool
    ) -> dict[str, object]:
        """The keys that the provider signs with; fetched anew no more than twice a minute.

        Raises:
            IssuerError: it does not answer.
        """
        kept, now = self._keys.get(provider.issuer), time.monotonic()
        if kept is not None and kept[0] + (KEYS_AGAIN_S if is_anew else KEPT_S) > now:
            return kept[1]
        found = _decoded(await self._fetch("GET", document.jwks_uri), _Keys)
        keys: dict[str, object] = {"keys": found.keys}
        _keep(self._keys, provider.issuer, keys)
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
        answer = await self._fetch("POST", document.token_endpoint, form=form, headers=headers)
        return _decoded(answer, _Token).id_token

    def _require(self, address: str) -> None:
        try:
            self.require_address(address)
        except ValueError as error:
            raise IssuerError(str(error)) from None

    async def _fetch(
        self,
        method: str,
        address: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """One question within the time, whose answer is not too long and leads nowhere else."""
        import aiohttp  # noqa: PLC0415 - slow to import, and most sign in by other ways

        from mainstem.core.resolving import GuardedResolver  # noqa: PLC0415 - imports it

        self._require(address)
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(allow_loopback=self.allow_loopback),
            socket_factory=guarded_socket(allow_loopback=self.allow_loopback),
        )
        limit = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(
                    connector=connector,
                    timeout=limit,
                    auto_decompress=False,  # a small answer may unpack to a large one
                    headers={"accept-encoding": "identity"},
                ) as session,
                session.request(
                    method, address, data=form, headers=headers, allow_redirects=False
                ) as answer,
            ):
                body = await answer.content.read(ANSWER_BYTES_MAX + 1)
                while len(body) <= ANSWER_BYTES_MAX and (more := await answer.content.read(65_536)):
                    body += more
        except (aiohttp.ClientError, OSError) as error:
            raise IssuerError(f"no answer ({error.__class__.__name__})") from None
        if answer.status != 200 or len(body) > ANSWER_BYTES_MAX:  # noqa: PLR2004 - OK
            raise IssuerError(f"status {answer.status}, {len(body)} bytes")
        return body


def _keep(memory: dict[str, tuple[float, Shape]], issuer: str, found: Shape) -> None:
    """Remember for a while; of too many the oldest gives way."""
    if issuer not in memory and len(memory) >= KEPT_MAX:
        del memory[next(iter(memory))]
    memory[issuer] = (time.monotonic(), found)


def _decoded(body: bytes, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, msgspec.ValidationError):
        raise IssuerError("the answer is not of the standard's shape") from None
