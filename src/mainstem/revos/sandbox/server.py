"""The sandbox as an HTTP server: keys, routes, faults, limits and the log of writes."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
from aiohttp import web

from mainstem.revos.sandbox import control, hosted, routes_v1, routes_v2
from mainstem.revos.sandbox.call import Body, Call, Route, Routes
from mainstem.revos.sandbox.faults import SLUGS, FaultKind, Faults, Knob
from mainstem.revos.sandbox.forms import fields
from mainstem.revos.sandbox.hooks import Hooks
from mainstem.revos.sandbox.ledger import Ledger, Written
from mainstem.revos.sandbox.limits import count_call
from mainstem.revos.sandbox.model import Event
from mainstem.revos.sandbox.refusal import Refusal
from mainstem.revos.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mainstem.revos.sandbox.model import Account

HOST = "127.0.0.1"
BODY_BYTES_MAX = 16 * 1024 * 1024
LINKS_MAX = 1_000
TICK_S = 0.05
_ROUTES: dict[str, Routes] = {
    "v1": routes_v1.routes(),
    "v2": routes_v2.routes(),
    "sandbox": control.routes(),
}
_LOST = frozenset({FaultKind.LOST_BEFORE, FaultKind.LOST_AFTER})


class LostConnection(Exception):  # noqa: N818 - a fault that was asked for
    """The caller gets no answer."""


@dataclass
class Sandbox:
    """One sandbox: its world and everything around it."""

    key: str
    world: World = field(default_factory=World)
    ledger: Ledger = field(default_factory=Ledger)
    faults: Faults = field(init=False)
    hooks: Hooks = field(init=False)
    links: dict[str, hosted.Page] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    address: str = ""

    def __post_init__(self) -> None:
        """Put the parts together."""
        self.faults = Faults(self.world.seed)
        self.hooks = Hooks(self.world)

    def linked(self) -> list[Account]:
        """All accounts."""
        return [each for key, each in self.world.accounts.items() if key == each.id]

    def account(self, key: str) -> Account:
        """An account, by its id in either dialect."""
        found = self.world.accounts.get(key)
        if found is None:
            raise Refusal("resource_not_found", "no such account")
        return found

    def unlink(self, account: Account) -> None:
        """Forget an account."""
        del self.world.accounts[account.id], self.world.accounts[account.id_v2]
        self.world.emit(Event("account_status", account, self.world.now(), word="DELETED"))

    def loopback(self, url: str | None) -> str | None:
        """An address of this machine: the sandbox calls no other."""
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
            raise Refusal("invalid_parameters", "the sandbox calls http addresses of this machine")
        return url

    def offer(self, page: hosted.Page) -> str:
        """The address of a page on which an account is linked, good for one answer."""
        if len(self.links) >= LINKS_MAX:
            self.links.pop(next(iter(self.links)))
        token = secrets.token_urlsafe(16)
        self.links[token] = page
        return f"{self.address}/sandbox/auth/{token}"

    def ask(self, call: Call, route: Route) -> tuple[bytes, float]:
        """Carry a call out: faults, limits, the deed, the log.

        Returns:
            The answer, and how many real seconds the caller waits for it.

        Raises:
            Refusal: it is not done.
            LostConnection: it is, or is not, but the caller gets no answer.
        """
        account = call.for_account
        names = {account.id, account.id_v2} if account else set()
        knob = self.faults.strike(names, route.name) if route.name != "control" else None
        _fail_before(knob)
        if account is not None:
            _require_working(account)
            if route.is_counted:
                factor = self.world.scenario.cap_factor
                count_call(account, route.name, self.world.now(), factor=factor)
        body = msgspec.json.encode(route.do(call))
        answered = _answered(knob, call.status)
        if call.write is not None and account is not None:
            self._log(call, account, knob, answered)
        _fail_after(knob)
        if knob is not None and knob.kind is FaultKind.MALFORMED:
            return body[: len(body) // 2], 0
        return body, knob.delay_s if knob is not None else 0

    def _log(self, call: Call, account: Account, knob: Knob | None, answered: int) -> None:
        write = call.write
        assert write is not None, "only writes are logged"
        self.ledger.add(
            Written(
                len(self.ledger.entries) + 1,
                self.world.now(),
                write.kind,
                account.id,
                write.target,
                write.id,
                answered,
                write.text,
                knob.kind.value if knob else "",
            )
        )


@asynccontextmanager
async def serving(sandbox: Sandbox, *, port: int = 0) -> AsyncIterator[str]:
    """Serve a sandbox on this machine as long as the block runs; its address."""
    # Whoever hung up is not answered any more: nor does the sandbox's end wait for a slow answer.
    server = web.Server(_Handler(sandbox), access_log=None, handler_cancellation=True)
    runner = web.ServerRunner(server, handle_signals=False)
    await runner.setup()
    site = web.TCPSite(runner, HOST, port, reuse_address=True)
    await site.start()
    found = runner.addresses[0][1]
    sandbox.address = f"http://{HOST}:{found}"
    tasks = [asyncio.create_task(sandbox.hooks.run()), asyncio.create_task(_tick(sandbox))]
    try:
        yield sandbox.address
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await runner.cleanup()
        sandbox.ledger.close()


async def _tick(sandbox: Sandbox) -> None:
    """Let happen what is due, also while nobody calls."""
    while True:
        sandbox.world.catch_up()
        await asyncio.sleep(TICK_S)


@dataclass(frozen=True)
class _Handler:
    sandbox: Sandbox

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        parts = [unquote(part) for part in path.split("/") if part]
        dialect, parts = _dialect(parts)
        self.sandbox.world.catch_up()
        try:
            if not parts and dialect == "":
                return _html(self._overview())
            if dialect == "sandbox" and parts[:1] == ["auth"]:
                return await self._authorise(request, parts[1:])
            return await self._answer(request, dialect, parts, dict(parse_qsl(query)))
        except Refusal as refusal:
            self.sandbox.refused[refusal.slug] += 1
            retry = {"retry-after": "30"} if dialect == "v2" and refusal.status == 429 else {}  # noqa: PLR2004
            return _json(msgspec.json.encode(refusal.body(dialect or "v1")), refusal.status, retry)
        except LostConnection:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)

    async def _answer(
        self, request: web.BaseRequest, dialect: str, parts: list[str], query: dict[str, str]
    ) -> web.StreamResponse:
        given = await _given(request)
        key = request.headers.get("X-API-KEY", "")
        if not hmac.compare_digest(key.encode(), self.sandbox.key.encode()):
            raise Refusal("missing_credentials")
        route, stars, account_key = _find(dialect, request.method, parts)
        if dialect == "v1" and route.needs_account:
            account_key = query.get("account_id") or str(given.get("account_id") or "")
            account_key = account_key or self._owner_of(parts)
        account = self.sandbox.account(account_key) if account_key else None
        if route.needs_account and account is None:
            raise Refusal("missing_parameters", "account_id")
        call = Call(self.sandbox, dialect, stars, query, given, account)
        body, delay_s = self.sandbox.ask(call, route)
        if delay_s:
            await asyncio.sleep(delay_s)
        if call.settles:
            await self.sandbox.hooks.idle()
        return _json(body, call.status)

    def _owner_of(self, parts: list[str]) -> str:
        """The account of a conversation that is named without its account."""
        chat = self.sandbox.world.chats.get(parts[1]) if len(parts) > 1 else None
        return chat.account.id if chat is not None and parts[0] == "chats" else ""

    async def _authorise(self, request: web.BaseRequest, parts: list[str]) -> web.StreamResponse:
        """The hosted page and its answer."""
        token = parts[0] if len(parts) == 1 else ""
        page = self.sandbox.links.get(token)
        if page is None:
            raise Refusal("expired_link", "the link was used, or never made", status=401)
        if request.method != "POST":
            return _html(hosted.html(page))
        answer = (await _given(request)).get("answer")
        del self.sandbox.links[token]
        account = self._link(page) if answer == "connect" else None
        if account is not None and page.notify_url:
            await self._notify(page, account)
        onward = hosted.onward(page, account)
        if onward is None:
            return _html(hosted.done(is_linked=account is not None))
        return web.Response(status=303, headers={"location": onward})

    def _link(self, page: hosted.Page) -> Account:
        world = self.sandbox.world
        word = "account.reconnect" if page.account else "account.add"
        account = page.account
        if account is None:
            account = world.add_account()
            said = "CREATION_SUCCESS"
            world.emit(Event("account_status", account, world.now(), word=said))
        else:
            account.is_restricted = False
            world.set_status(account, "OK")
        named = f"{word}:{page.name}"
        world.emit(Event("account_linked", account, world.now(), word=named))
        return account

    async def _notify(self, page: hosted.Page, account: Account) -> None:
        status = "RECONNECTED" if page.account else "CREATION_SUCCESS"
        told = {"status": status, "account_id": account.id, "name": page.name}
        assert page.notify_url is not None, "asked by the caller"
        await self.sandbox.hooks.notify(page.notify_url, msgspec.json.encode(told))

    def _overview(self) -> str:
        world = self.sandbox.world
        rows = [
            (each.id, each.person.name, "RESTRICTED" if each.is_restricted else each.status)
            for each in self.sandbox.linked()[:100]
        ]
        facts = [
            ("time", f"{world.now():%Y-%m-%d %H:%M:%S} UTC, speed {world.clock.speed:g}"),
            ("people", f"{len(world.people):,}"),
            ("posts", f"{len(world.posts):,}"),
            ("comments", f"{len(world.comments):,}"),
            ("messages", f"{len(world.messages):,}"),
            ("writes", f"{len(self.sandbox.ledger.entries):,}"),
        ]
        return hosted.overview(rows, facts)


def _dialect(parts: list[str]) -> tuple[str, list[str]]:
    if parts[:2] == ["api", "v1"]:
        return "v1", parts[2:]
    if parts[:1] in (["v2"], ["sandbox"]):
        return parts[0], parts[1:]
    return "", parts


def _find(dialect: str, method: str, parts: list[str]) -> tuple[Route, list[str], str]:
    """The route of a path, what stands for its stars, the account that is part of the path.

    Of two routes that fit, the one that names more of the path is meant.
    """
    routes = _ROUTES.get(dialect, {})
    exact = routes.get((method, tuple(parts)))
    if exact is not None:
        return exact, [], ""
    best: tuple[int, Route, list[str], str] | None = None
    for pattern, route in _by_length(dialect).get((method, len(parts)), ()):
        stars = [part for part, name in zip(parts, pattern, strict=True) if name == "*"]
        if any(name not in {"*", "@", part} for part, name in zip(parts, pattern, strict=True)):
            continue
        if best is None or len(stars) < best[0]:
            account = parts[0] if pattern[0] == "@" else ""
            best = (len(stars), route, stars, account)
    if best is None:
        raise Refusal("resource_not_found", f"no route {method} /{'/'.join(parts)}"[:200])
    return best[1:]


_Lengths = dict[tuple[str, int], list[tuple[tuple[str, ...], Route]]]
_LENGTHS: dict[str, _Lengths] = {}


def _by_length(dialect: str) -> _Lengths:
    if dialect not in _LENGTHS:
        made: _Lengths = {}
        for (method, pattern), route in _ROUTES.get(dialect, {}).items():
            made.setdefault((method, len(pattern)), []).append((pattern, route))
        _LENGTHS[dialect] = made
    return _LENGTHS[dialect]


async def _given(request: web.BaseRequest) -> Body:
    """The fields of a body: JSON, a multipart form or a plain one."""
    if request.method not in {"POST", "PATCH", "PUT"}:
        return {}
    raw = await request.read()
    if len(raw) > BODY_BYTES_MAX:
        raise Refusal("content_too_large", f"at most {BODY_BYTES_MAX} bytes")
    return fields(raw, request.headers.get("content-type", ""))


def _require_working(account: Account) -> None:
    if account.is_restricted:
        raise Refusal("account_restricted")
    if account.status != "OK":
        raise Refusal("disconnected_account")


def _fail_before(knob: Knob | None) -> None:
    if knob is None:
        return
    if knob.kind in SLUGS:
        status = 422 if knob.kind is FaultKind.UNKNOWN_SLUG else None
        raise Refusal(SLUGS[knob.kind], "a fault of the sandbox", status=status)
    if knob.kind is FaultKind.LOST_BEFORE:
        raise LostConnection


def _fail_after(knob: Knob | None) -> None:
    if knob is None:
        return
    if knob.kind is FaultKind.TIMEOUT_AFTER:
        raise Refusal("request_timeout", "a fault of the sandbox")
    if knob.kind is FaultKind.LOST_AFTER:
        raise LostConnection


def _answered(knob: Knob | None, status: int) -> int:
    """The status that the caller will see."""
    if knob is not None and knob.kind in _LOST:
        return 0
    return 504 if knob is not None and knob.kind is FaultKind.TIMEOUT_AFTER else status


def _json(body: bytes, status: int, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)


def _html(page: str) -> web.Response:
    return web.Response(text=page, content_type="text/html")
