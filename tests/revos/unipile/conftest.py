"""A sandbox with a real client in each dialect, and a hand on its clock."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from mainstem.revos.sandbox import SCENARIOS, Sandbox, Scenario, World, serving
from mainstem.revos.unipile import AccountId, PersonId, Provider, Settings, SocialId, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mainstem.revos.sandbox.model import Account
    from mainstem.revos.sandbox.people import Person

KEY = "a-key-for-tests"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Stage:
    """The sandbox, the provider that reaches it, and its first account."""

    sandbox: Sandbox
    provider: Provider
    dialect: str
    address: str
    session: aiohttp.ClientSession

    @property
    def world(self) -> World:
        return self.sandbox.world

    @property
    def first(self) -> Account:
        return self.sandbox.linked()[0]

    @property
    def second(self) -> Account:
        return self.sandbox.linked()[1]

    @property
    def account(self) -> AccountId:
        return self.key(self.first)

    def key(self, account: Account) -> AccountId:
        return AccountId(account.id if self.dialect == "v1" else account.id_v2)

    def at_distance(self, distance: int, *, style: str | None = None) -> Person:
        """Somebody at that distance from the first account."""
        return next(
            person
            for person in self.world.people
            if self.world.distance(self.first, person) == distance and style in {None, person.style}
        )

    def person(self, distance: int = 1) -> PersonId:
        return PersonId(self.at_distance(distance).id)

    def post(self, text: str = 'Comment "GUIDE"') -> SocialId:
        return SocialId(self.world.publish(self.first, text).social_id)

    def later(self, **span: float) -> None:
        """Let time pass."""
        to = self.world.now() + timedelta(**span)
        self.world.happen_until(to)
        self.world.clock.move(to)

    async def control(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        """Call what rules the sandbox, over HTTP."""
        async with self.session.request(
            method,
            f"{self.address}/sandbox/{path}",
            headers={"X-API-KEY": KEY},
            json=given if method == "POST" else None,
            params=given if method != "POST" else None,
        ) as answer:
            body: dict[str, Any] = await answer.json()
            assert answer.status == 200, body
            return body

    async def writes(self, kind: str | None = None) -> list[dict[str, Any]]:
        found = await self.control("GET", "writes", **({"kind": kind} if kind else {}))
        return list(found["writes"])


@asynccontextmanager
async def staged(
    dialect: str, scenario: Scenario, *, seed: int = 1, timeout_s: float = 5.0
) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        sandbox = Sandbox(KEY, World(seed, scenario))
        address = await stack.enter_async_context(serving(sandbox))
        settings = Settings(address, KEY, dialect, timeout_s=timeout_s, retry_s=0)
        provider = await stack.enter_async_context(opened(settings))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield Stage(sandbox, provider, dialect, address, session)


@pytest.fixture(params=["v1", "v2"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def stage(dialect: str) -> AsyncIterator[Stage]:
    """Fifty people who do nothing by themselves."""
    async with staged(dialect, SCENARIOS["quiet"]) as made:
        yield made
