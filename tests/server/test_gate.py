"""Too many requests, slow, large and compressed bodies, foreign hosts: refused in each form."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from litestar.testing import TestClient

from mainstem.errors import ConfigError, RefusedError
from mainstem.server import build_app, gate
from mainstem.server.pace import KEPT_MAX, Pace, Rate, Rates
from mainstem.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from litestar import Litestar

PLACES = ("/rest/v1/client", "/auth/v1/user", "/storage/v1/bucket", "/api/flags", "/sign-in")


@pytest.fixture(scope="module")
def narrow(migrated_url: str) -> Iterator[TestClient[Litestar]]:
    """A server that takes two requests of an address, then one in a thousand seconds."""
    made = Settings.throw_away()
    settings = Settings(made.keys, rates=Rates(address=Rate(0.001, 2)))
    with TestClient(build_app(migrated_url, settings=settings)) as client:
        yield client


def test_one_request_too_many_is_told_when_to_come_again(narrow: TestClient[Litestar]) -> None:
    for _ in range(2):
        assert narrow.get("/rest/v1/client").status_code == 401
    told = {}
    for place in PLACES:
        answer = narrow.get(place, headers={"origin": "https://app.example"})
        assert answer.status_code == 429, place
        assert 0 < int(answer.headers["retry-after"]) <= 1_000
        assert answer.headers["access-control-allow-origin"] == "*"
        told[place] = answer.json()
    assert told["/rest/v1/client"]["code"] == "over_request_rate_limit"
    assert set(told["/rest/v1/client"]) == {"code", "message", "details", "hint"}
    assert told["/auth/v1/user"]["error_code"] == "over_request_rate_limit"
    assert told["/storage/v1/bucket"]["statusCode"] == "429"
    assert told["/api/flags"]["status"] == 429
    assert narrow.get("/api/health").status_code == 200


def test_a_pace_lets_a_burst_through_and_then_its_rate() -> None:
    now = [0.0]
    pace = Pace("key", Rate(2, 3), clock=lambda: now[0])
    for _ in range(3):
        pace.count("a")
    with pytest.raises(RefusedError) as refused:
        pace.count("a")
    assert (refused.value.status, refused.value.retry_after_s) == (429, 1)
    pace.count("b")  # another one is not held back
    now[0] = 0.5
    pace.count("a")
    with pytest.raises(RefusedError):
        pace.count("a")
    now[0] = 10.0
    for _ in range(3):
        pace.count("a")


def test_a_flood_of_callers_takes_no_memory_without_end() -> None:
    pace = Pace("address", Rate(1, 1), clock=lambda: 0.0)
    for caller in range(KEPT_MAX + 10):
        pace.count(caller)
    assert len(pace._next) <= KEPT_MAX


def test_rates_are_read_from_the_environment() -> None:
    assert Rates.from_environment({"MAINSTEM_RATE_KEY": "0.5/7"}).key == Rate(0.5, 7)
    for wrong in ("many", "5", "0/5", "5/0"):
        with pytest.raises(ConfigError, match="MAINSTEM_RATE_ADDRESS"):
            Rates.from_environment({"MAINSTEM_RATE_ADDRESS": wrong})


@pytest.mark.parametrize("place", PLACES)
def test_a_compressed_body_is_not_opened(reader: TestClient[Litestar], place: str) -> None:
    bomb = b"\x1f\x8b" + b"\x00" * 100
    answer = reader.post(place, content=bomb, headers={"content-encoding": "gzip"})
    assert answer.status_code == 415, answer.text


@pytest.mark.parametrize(
    ("place", "size", "statuses"),
    [
        ("/auth/v1/token?grant_type=password", 70_000, {413}),
        ("/rest/v1/client", 6_000_000, {401, 413}),
        ("/api/invitations", 11_000_000, {401, 404, 413}),
    ],
)
def test_a_body_that_is_too_large_is_refused(
    reader: TestClient[Litestar], place: str, size: int, statuses: set[int]
) -> None:
    body = b'{"email": "' + b"a" * size + b'"}'
    answer = reader.post(place, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in statuses, answer.text[:300]


async def _post_slowly(app: Litestar, path: str) -> list[dict[str, Any]]:
    """Send the first bytes of a body, and then nothing more."""
    sent: list[dict[str, Any]] = []
    parts = [{"type": "http.request", "body": b'{"ema', "more_body": True}]

    async def receive() -> Any:
        if parts:
            return parts.pop()
        await asyncio.Event().wait()
        return None

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "path": path, "raw_path": path.encode(), "root_path": "", "scheme": "http",
        "query_string": b"grant_type=password", "client": ("127.0.0.1", 1), "server": ("h", 80),
        "headers": [(b"host", b"h"), (b"content-type", b"application/json")], "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    return sent


def test_a_body_that_stops_coming_is_given_up(
    reader: TestClient[Litestar], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "PAUSE_S", 0.01)
    sent = reader.blocking_portal.call(_post_slowly, reader.app, "/auth/v1/token")
    assert sent[0]["status"] == 408
    assert b"did not come in time" in sent[1]["body"]


def test_a_body_that_drips_is_given_up(
    reader: TestClient[Litestar], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "BODY_S", 0.01)
    sent = reader.blocking_portal.call(_post_slowly, reader.app, "/auth/v1/token")
    assert sent[0]["status"] == 408


def test_a_foreign_host_is_refused_and_no_host_gets_into_a_link(
    reader: TestClient[Litestar], migrated_url: str
) -> None:
    app = build_app(migrated_url, hosts=["mainstem.example:443"])
    with TestClient(app) as client:
        assert client.get("/api/health", headers={"host": "evil.example"}).status_code == 400
        good = client.get("/api/health", headers={"host": "mainstem.example:443"})
        assert good.status_code == 200
    for header in ("host", "x-forwarded-host"):
        answer = reader.get(
            "/auth/v1/verify?token=x&type=magiclink", headers={header: "evil.example"}
        )
        assert "evil.example" not in str(answer.headers) + answer.text
