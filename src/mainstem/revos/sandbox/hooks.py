"""Webhooks as the provider sends them: JSON under a form's content type, twice or out of order."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import aiohttp
import msgspec

from mainstem.revos.sandbox import routes_v2, shapes_v1
from mainstem.revos.sandbox.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.revos.sandbox.call import Body, Call
    from mainstem.revos.sandbox.model import Event
    from mainstem.revos.sandbox.world import World

TIMEOUT_S = 30.0
SENDERS = 8
#: between the tries of a delivery, in the sandbox's seconds
DELAYS_S = (10, 60, 300, 1_800, 7_200)
KEPT_DELIVERIES = 10_000
HOOKS_MAX = 100
SOURCES = {
    "messaging": {"message_received"},
    "users": {"new_relation"},
    "account_status": {"account_status"},
}


@dataclass(eq=False)
class Hook:
    """An address that is told something."""

    id: str
    dialect: str
    url: str
    events: frozenset[str]
    accounts: frozenset[str]
    headers: tuple[tuple[str, str], ...] = ()
    name: str = ""
    secret: str = ""
    is_enabled: bool = True

    def wants(self, event: Event) -> bool:
        """Whether this is told of that."""
        known = {event.account.id, event.account.id_v2}
        if not self.is_enabled or (self.accounts and not self.accounts & known):
            return False
        if self.dialect == "v2":
            return not self.events or self.told(event, 0)["type"] in self.events
        return event.kind in self.events

    def told(self, event: Event, number: int) -> Body:
        """The event as this is told."""
        if self.dialect == "v2":
            return routes_v2.event(event, number=number)
        return shapes_v1.event(event, name=self.name)

    def shape_v1(self) -> Body:
        """As the first dialect lists it."""
        return {
            "object": "Webhook",
            "id": self.id,
            "type": "TRIGGER",
            "request_url": self.url,
            "enabled": self.is_enabled,
            "format": "json",
            "name": self.name,
            "account_ids": [{"id": each, "type": "LINKEDIN"} for each in sorted(self.accounts)],
            "headers": [{"key": key, "value": text} for key, text in self.headers],
            "events": sorted(self.events),
        }

    def shape_v2(self, *, with_secret: bool = False) -> Body:
        """As the second dialect lists it; the secret is told once."""
        found: Body = {
            "object": "WebhookEndpoint",
            "id": self.id,
            "enabled": self.is_enabled,
            "url": self.url,
            "trigger_events": sorted(self.events),
            "account_ids": sorted(self.accounts),
        }
        return found | ({"secret": self.secret} if with_secret else {})


@dataclass(eq=False)
class Delivery:
    """One event on its way to one address."""

    hook: Hook
    body: bytes
    tries: int = 0


class Tried(msgspec.Struct, frozen=True):
    """One try, for people to look at. Status 0: there was no answer."""

    hook: str
    event: str
    status: int
    attempt: int


@dataclass
class Hooks:
    """All webhooks, and what sends them.

    Attributes:
        duplicate_share: how many deliveries are made twice.
        reorder: so many events are held back and sent the last one first; 1 sends them in order.
    """

    world: World
    hooks: dict[str, Hook] = field(default_factory=dict)
    tried: deque[Tried] = field(default_factory=lambda: deque(maxlen=KEPT_DELIVERIES))
    duplicate_share: float = 0.0
    reorder: int = 1
    _held: list[Delivery] = field(default_factory=list)
    _queue: asyncio.Queue[Delivery] = field(default_factory=asyncio.Queue)
    _chance: Random = field(init=False)
    _made: int = 0
    _events: int = 0

    def __post_init__(self) -> None:
        """Listen to the world."""
        self._chance = Random(f"{self.world.seed}:hooks")
        self.world.listeners.append(self._tell)

    def of(self, dialect: str) -> list[Hook]:
        """The webhooks of a dialect."""
        return [hook for hook in self.hooks.values() if hook.dialect == dialect]

    def add_v1(self, call: Call) -> str:
        """A webhook as the first dialect asks for it."""
        source = call.text("source")
        if source not in SOURCES:
            raise Refusal("invalid_parameters", "source")
        headers = call.given.get("headers") or []
        if not isinstance(headers, list):
            raise Refusal("invalid_parameters", "headers")
        pairs = [
            (str(each.get("key")), str(each.get("value")))
            for each in headers
            if isinstance(each, dict)
        ]
        url = call.sandbox.loopback(call.text("request_url"))
        assert url is not None, "a text that is there"
        return self._add(
            Hook(
                self._id(),
                "v1",
                url,
                frozenset(SOURCES[source]),
                _accounts(call.given),
                tuple(pairs),
                call.optional("name") or "",
            )
        )

    def add_v2(self, call: Call) -> Hook:
        """A webhook as the second dialect asks for it."""
        url = call.sandbox.loopback(call.text("url"))
        assert url is not None, "a text that is there"
        events = call.given.get("trigger_events")
        if not isinstance(events, list):
            raise Refusal("missing_parameters", "trigger_events")
        secret = f"whsec_{self._chance.getrandbits(192):048x}"
        wanted = frozenset(map(str, events))
        accounts = _accounts(call.given)
        hook = Hook(self._id(), "v2", url, wanted, accounts, secret=secret)
        self._add(hook)
        return hook

    def remove(self, key: str) -> None:
        """Tell it no more."""
        if self.hooks.pop(key, None) is None:
            raise Refusal("resource_not_found", "no such webhook")

    def flush(self) -> None:
        """Send what is held back."""
        held, self._held = self._held, []
        for delivery in reversed(held):
            self._queue.put_nowait(delivery)

    async def idle(self) -> None:
        """Wait until nothing is on its way."""
        self.flush()
        await self._queue.join()

    async def run(self) -> None:
        """Send, until cancelled."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            asyncio.TaskGroup() as group,
        ):
            for _ in range(SENDERS):
                group.create_task(self._send_all(session))

    async def notify(self, url: str, body: bytes) -> None:
        """Tell an address once that an account is linked; whether it listens is its concern."""
        hook = Hook("notify", "v1", url, frozenset(), frozenset())
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            await self._send(session, Delivery(hook, body, tries=len(DELAYS_S)))

    def _add(self, hook: Hook) -> str:
        if len(self.hooks) >= HOOKS_MAX:
            raise Refusal("limit_exceeded", f"at most {HOOKS_MAX} webhooks")
        self.hooks[hook.id] = hook
        return hook.id

    def _id(self) -> str:
        self._made += 1
        return f"wh{self._made:020d}"

    def _tell(self, event: Event) -> None:
        self._events += 1
        for hook in self.hooks.values():
            if not hook.wants(event):
                continue
            body = msgspec.json.encode(hook.told(event, self._events))
            times = 2 if self._chance.random() < self.duplicate_share else 1
            self._held += [Delivery(hook, body) for _ in range(times)]
        if len(self._held) >= self.reorder:
            self.flush()

    async def _send_all(self, session: aiohttp.ClientSession) -> None:
        while True:
            delivery = await self._queue.get()
            try:
                await self._send(session, delivery)
            finally:
                self._queue.task_done()

    async def _send(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        hook = delivery.hook
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "user-agent": "axios/1.7.9",
        } | {name.lower(): text for name, text in hook.headers}
        if hook.secret:
            digest = hmac.new(hook.secret.encode(), delivery.body, hashlib.sha256).hexdigest()
            headers |= {"content-type": "application/json", "unipile-signature": digest}
        status = 0
        try:
            async with session.post(
                hook.url, data=delivery.body, headers=headers, allow_redirects=False
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            pass  # counts as a try without an answer
        delivery.tries += 1
        shown = delivery.body[:80].decode("utf-8", "replace")
        self.tried.append(Tried(hook.id, shown, status, delivery.tries))
        is_taken = status == 200 if hook.dialect == "v1" else 200 <= status < 300  # noqa: PLR2004
        if not is_taken and delivery.tries <= len(DELAYS_S):
            at = self.world.now() + timedelta(seconds=DELAYS_S[delivery.tries - 1])
            self.world.later(at, lambda: self._queue.put_nowait(delivery))


def _accounts(given: Mapping[str, object]) -> frozenset[str]:
    found = given.get("account_ids") or []
    if not isinstance(found, list):
        raise Refusal("invalid_parameters", "account_ids")
    return frozenset(map(str, found))
