"""`/metrics`: whose it is, what is in it, and what never is."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
from litestar.testing import TestClient
from psycopg import sql

from mainstem.db import timing
from mainstem.db.pool import open_async_pool
from mainstem.db.queries import load_queries
from mainstem.db.timing import plan_of
from mainstem.server import build_app
from mainstem.server.settings import Settings

if TYPE_CHECKING:
    from litestar import Litestar

LINE = re.compile(r'[a-z_]+(\{([a-z]+="([^"\\]|\\.)*",?)*\})? -?[0-9.e+]+')


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def client_of(app: Litestar, host: str = "127.0.0.1") -> TestClient[Any]:
    """A client of the app at that address."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        scope["client"] = (host, 5)
        await app(scope, receive, send)

    return TestClient(answer)


@pytest.fixture
def here(migrated_url: str) -> TestClient[Any]:
    return client_of(build_app(migrated_url))


def test_it_counts_requests_queries_and_the_pool(here: TestClient[Any]) -> None:
    with here as client:
        client.get("/auth/v1/.well-known/jwks.json")
        client.get("/rest/v1/client")
        client.get("/nothing/at/all")
        answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert all(LINE.fullmatch(line) for line in lines if not line.startswith("#")), lines
    for wanted in (
        'mainstem_request_seconds_count{route="/rest/v1",method="GET",status="401"} 1',
        'mainstem_pool{state="pool_size"}',
        "mainstem_database_up 1",
        'mainstem_query_seconds_count{query="core.signing_keys"}',
        "# TYPE mainstem_jobs gauge",
    ):
        assert any(line.startswith(wanted) for line in lines), (wanted, answer.text)
    assert "/nothing/at/all" not in answer.text


def test_it_is_this_machines_or_the_tokens(reader: TestClient[Litestar], migrated_url: str) -> None:
    assert client_of(reader.app, "203.0.113.7").get("/metrics").status_code == 401
    proxied = client_of(reader.app).get("/metrics", headers={"x-forwarded-for": "203.0.113.7"})
    assert proxied.status_code == 401
    keys = Settings.throw_away().keys
    app = build_app(migrated_url, settings=Settings(keys, metrics_token="a-long-token"))
    with client_of(app) as client:
        for brought, status in (("", 401), ("Bearer wrong", 401), ("Bearer a-long-token", 200)):
            answer = client.get("/metrics", headers={"authorization": brought})
            assert answer.status_code == status
        assert "a-long-token" not in client.get("/metrics").text


def test_it_answers_without_a_database() -> None:
    with client_of(build_app("postgresql://127.0.0.1:1/none")) as client:
        answer = client.get("/metrics")
    assert answer.status_code == 200
    assert "mainstem_database_up 0" in answer.text


@pytest.mark.anyio
async def test_a_slow_query_is_logged_with_its_plan_and_no_value(
    migrated_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(timing.SLOW_VARIABLE, "0")
    query = load_queries("mainstem.core")["person"]
    secret = "hush.hush@example.test"
    async with open_async_pool(migrated_url, size_max=1) as pool:
        with caplog.at_level(logging.WARNING):
            async with pool.connection() as connection, connection.transaction():
                await connection.execute(
                    query, {"user_id": None, "email": secret, "clients_max": 7_654_321}
                )
                # The transaction goes on.
                await connection.execute(sql.SQL("select 1"))
    told = caplog.text
    assert "the query core.person took" in told
    assert "Scan" in told
    assert secret not in told
    assert "7654321" not in told
    assert timing.observed()["core.person"].counts


def test_a_plan_keeps_its_shape_and_loses_its_values() -> None:
    lines = [
        'Index Scan using user_email_key on "user"  (cost=0.14..8.16 rows=1 width=16)',
        "  Filter: ((email = 'it''s me'::text) AND (n > 42) AND (f = -1.5))",
    ]
    shown = plan_of(lines)
    assert "Index Scan using user_email_key" in shown
    assert "(email = ?::text)" in shown
    for value in ("it''s me", "42", "1.5)"):
        assert value not in shown
