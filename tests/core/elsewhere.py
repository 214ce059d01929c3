"""An issuer of identities that really runs, and a browser's way to it and back."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey
from litestar import Litestar, Request, Response, get, post
from litestar.response import Redirect

from mainstem.core import providers
from mainstem.core.providers import Wish
from mainstem.db.tenant import Tenant
from mainstem.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from tests.core.conftest import Town

    from mainstem.core import Core

SECRET = "hush-hush"
Result = TypeVar("Result")


@dataclass
class Elsewhere:
    """An issuer, and what its next token will say."""

    address: str = ""
    key: RSAKey = field(
        default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}, private=True)
    )
    claims: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    algorithm: str = "RS256"
    signing: Any = None

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
        }

    def token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.address,
            "aud": asked["client_id"],
            "sub": "sub-1",
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
            **self.claims,
        }
        header = {"alg": self.algorithm, "kid": self.key.kid}
        return jwt.encode(header, claims, self.signing or self.key, algorithms=[self.algorithm])


def issuer_app(elsewhere: Elsewhere) -> Litestar:
    @get("/.well-known/openid-configuration", sync_to_thread=False)
    def document() -> dict[str, Any]:
        return elsewhere.document()

    @get("/keys", sync_to_thread=False)
    def keys() -> dict[str, Any]:
        return {"keys": [elsewhere.key.as_dict(private=False)]}

    @get("/authorize")
    async def authorize(request: Request[Any, Any, Any]) -> Redirect:
        asked = dict(request.query_params)
        code = uuid4().hex
        elsewhere.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "iss": elsewhere.address})
        return Redirect(f"{asked['redirect_uri']}?{back}")

    @post("/token")
    async def token(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
        form = {name: str(value) for name, value in (await request.form()).items()}
        asked = elsewhere.codes.pop(form["code"])
        challenge = base64.urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest())
        login = base64.b64encode(f"ours:{SECRET}".encode()).decode()
        is_good = (
            request.headers.get("authorization") == f"Basic {login}"
            and form["redirect_uri"] == asked["redirect_uri"]
            and challenge.rstrip(b"=").decode() == asked["code_challenge"]
            and asked["code_challenge_method"] == "S256"
        )
        if not is_good:
            return Response({"error": "invalid_grant"}, status_code=400)
        return Response({"id_token": elsewhere.token(asked), "access_token": "x"}, status_code=200)

    return Litestar([document, keys, authorize, token], openapi_config=None, logging_config=None)


def add_provider(town: Town, agency: UUID, elsewhere: Elsewhere) -> None:
    wish = Wish("elsewhere", "Elsewhere", elsewhere.address, "ours", SECRET)
    run(town, lambda core: providers.put(core, Tenant(agency, None, "owner", None, "*"), wish))


def run(town: Town, work: Callable[[Core], Awaitable[Result]]) -> Result:
    async def done() -> Result:
        core = Settings(town.keys).core(town.url)
        async with core.pool:
            try:
                return await work(core)
            finally:
                core.close()

    return asyncio.run(done())


def at(town: Town, agency: UUID) -> str:
    """What addresses call the provider of an agency."""
    ((slug,),) = town.sql("select slug from agency where id = %(id)s", id=agency)
    return f"elsewhere@{slug}"


@dataclass
class Trip:
    """One browser on its way there and back."""

    http: httpx.Client
    address: str
    provider: str

    def go(self, provider: str = "", **more: str) -> httpx.URL:
        """To the provider; the address that it sends the browser back to, at our own port."""
        asked = urlencode({"provider": provider or self.provider, **more})
        away = self.http.get(f"{self.address}/auth/v1/authorize?{asked}")
        assert away.status_code == 303, away.text
        back = self.http.get(away.headers["location"])
        assert back.status_code == 302, back.text
        return httpx.URL(back.headers["location"])

    def come_back(self, url: httpx.URL) -> httpx.Response:
        ours = urlsplit(self.address)
        return self.http.get(url.copy_with(host=ours.hostname, port=ours.port))

    def sign_in(self, provider: str = "", **more: str) -> httpx.Response:
        return self.come_back(self.go(provider, **more))
