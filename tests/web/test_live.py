"""Live numbers: told when they change, to those who see the page, as long as they may."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.web.test_pages import FOREIGN, OURS, PAGES, UNSEEN, address
from tests.web.world import NORTHWIND, PASSWORD, campaign_id, client_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from litestar import Litestar
    from litestar.testing import TestClient
    from tests.web.world import World

    SignIn = Callable[[str], dict[str, str]]

OWNER = "owner@northwind.example"
LIVE = [path for path in PAGES if path.endswith("/live")]
STREAMED = {"accept": "text/html, text/event-stream"}
#: nothing here takes longer
LIMIT_S = 20.0


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstem.web.live.LOOK_S", 0.01)
    monkeypatch.setattr("mainstem.web.live.HEARTBEAT_S", 0.05)


class Stream:
    """A stream as a browser holds it open, in the app's own loop."""

    def __init__(self, app: Any, path: str, headers: dict[str, str]) -> None:
        self.path, self.sent, self.gone = path, asyncio.Queue[dict[str, Any]](), asyncio.Event()
        named = [(name.encode(), text.encode()) for name, text in (headers | STREAMED).items()]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
            "root_path": "", "headers": named, "client": ("127.0.0.1", 1), "server": ("test", 80),
        }  # fmt: skip
        self.task = asyncio.ensure_future(app(scope, self._receive, self.sent.put))
        self._asked = False

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def status(self) -> int:
        found: int = (await self.sent.get())["status"]
        return found

    async def told(self) -> AsyncIterator[str]:
        """What is sent, until the stream ends."""
        while True:
            message = await self.sent.get()
            if message["body"]:
                yield message["body"].decode()
            if not message.get("more_body"):
                return

    async def leave(self) -> None:
        self.gone.set()
        with suppress(asyncio.CancelledError):
            await self.task


def run(served: TestClient[Litestar], play: Callable[[], Any]) -> Any:
    """Play something in the loop of the app."""

    async def limited() -> Any:
        async with asyncio.timeout(LIMIT_S):
            return await play()

    with served.portal() as portal:
        return portal.call(limited)


@pytest.mark.parametrize("path", LIVE)
def test_only_those_who_see_the_page_are_told(
    served: TestClient[Litestar], sign_in: SignIn, path: str
) -> None:
    owner, member = sign_in(OWNER), sign_in("member@northwind.example")

    async def play() -> None:
        refused = [Stream(served.app, address(path, OURS), {})]
        if ":uuid" in path:
            refused += [
                Stream(served.app, address(path, FOREIGN), owner),
                Stream(served.app, address(path, UNSEEN), member),
            ]
        assert [await each.status() for each in refused] == [401, 404, 404][: len(refused)]
        for each in refused:
            await each.leave()
        seen = Stream(served.app, address(path, OURS), owner)
        assert await seen.status() == 200
        told = seen.told()
        first, then = await anext(told), await anext(told)
        assert first.startswith("data: ")
        assert "FOREIGN" not in first
        assert then.startswith((": nothing new", "event: end"))  # of what is over by now
        await seen.leave()

    run(served, play)


def test_what_happens_is_told_to_ones_own_agency(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    mine, theirs = sign_in(OWNER), sign_in("owner@foreign.example")

    def comes() -> None:
        world.sql(
            "insert into lead (agency_id, client_id, campaign_id, linkedin_id, status)"
            " values (%(agency)s, %(client)s, %(campaign)s, %(id)s, 'backup_sent')",
            agency=NORTHWIND, client=client_id(2), campaign=campaign_id(1), id=uuid4().hex,
        )  # fmt: skip

    async def play() -> None:
        ours, other = (Stream(served.app, "/revos/live", each) for each in (mine, theirs))
        assert [await ours.status(), await other.status()] == [200, 200]
        told, told_other = ours.told(), other.told()
        before = [await anext(told), await anext(told_other)]
        assert "Backup sent" not in before[0]
        await asyncio.to_thread(comes)
        async for each in told:
            if "Backup sent" in each:
                break
        assert await anext(told_other) == ": nothing new\r\n\r\n"
        await ours.leave()
        await other.leave()

    try:
        run(served, play)
    finally:
        world.sql("delete from lead where status = 'backup_sent'")


def test_ends_with_the_session_and_is_bounded_for_each_person(
    served: TestClient[Litestar], world: World
) -> None:
    entered = served.post(
        "/sign-in", data={"email": "manager@foreign.example", "password": PASSWORD}
    )
    served.cookies.clear()
    headers = {"cookie": f"mainstem={entered.cookies['mainstem']}"}

    async def play() -> None:
        streams = [Stream(served.app, "/revos/live", headers) for _ in range(4)]
        tellers = []
        for each in streams:
            assert await each.status() == 200
            tellers.append(each.told())
            await anext(tellers[-1])
        many = Stream(served.app, "/revos/live", headers)
        assert await many.status() == 429
        await many.leave()
        await streams[0].leave()
        # As many as come at once: what is looked up for the first event lets none of them slip in.
        rush = [Stream(served.app, "/revos/live", headers) for _ in range(6)]
        assert sorted([await each.status() for each in rush]) == [200, 429, 429, 429, 429, 429]
        for each in rush:
            await each.leave()
        again = Stream(served.app, "/revos/live", headers)
        assert await again.status() == 200
        await again.leave()
        await asyncio.to_thread(
            world.sql,
            'update app.session set revoked_at = now() from "user" as u'
            " where u.id = user_id and u.email = 'manager@foreign.example'",
        )
        for each, told in zip(streams[1:], tellers[1:], strict=True):
            said = [line async for line in told]
            assert said[-1] == "event: end\r\ndata: \r\n\r\n"
            await each.leave()
        late = Stream(served.app, "/revos/live", headers)
        assert await late.status() == 401
        await late.leave()

    run(served, play)
