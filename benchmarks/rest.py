"""What the data API costs over a bare handler that runs the same statements with the same driver.

Both sides are one uvicorn process each on the same database, asked in turn by a load generator in
a process of its own: a page of 20 rows of one tenant out of many, the tenant and the offset
changing with each request. The bare side is Starlette with nothing in between: it opens the same
transaction, runs the SQL that the data API runs for this page, and sends what came back.

The resolver of this benchmark looks a key up in memory: what a real one asks of the database comes
on top of it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import socket
import statistics
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import uvicorn
from litestar import Litestar, asgi, types
from litestar.config.allowed_hosts import AllowedHostsConfig
from litestar.config.cors import CORSConfig
from psycopg import AsyncRawCursor
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.harness import machine, table, workspace
from mainstem.db.login import as_login, ensure_login
from mainstem.db.migrate import migrate
from mainstem.db.pool import async_pool
from mainstem.db.tenant import Tenant, async_tenant_transaction
from mainstem.pg.connect import connect
from mainstem.pg.embedded import EmbeddedServer
from mainstem.rest import Access, DataApi
from mainstem.web import guard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from starlette.requests import Request

    from mainstem.rest.model import Scope

FEW, MANY = 10, 10_000
ROWS_EACH = 40
PAGE = 20
CLIENTS = 64
SECONDS = float(os.environ.get("BENCH_SECONDS", "6"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SEED = 20261126
READY_S = 60.0
WARM_S = 1.0
QUERY = "select=id,name,stage,health_status,created_at&order=name&limit=20&offset="
SQL = """
    select coalesce(json_agg(page), '[]')::text, count(*) from (
      select t."id" as "id", t."name" as "name", t."stage" as "stage",
             t."health_status" as "health_status", t."created_at" as "created_at"
      from "public"."client" as t where t."agency_id" = $1::uuid
      order by t."name" limit $2 offset $3) as page
"""
DATA = """
    insert into agency (name, slug) select 'agency ' || i, 'agency-' || i
      from generate_series(1, {tenants}) as i;
    insert into client (agency_id, name) select a.id, 'client ' || lpad(i::text, 4, '0')
      from agency as a cross join generate_series(1, {rows}) as i;
    analyze agency; analyze client;
"""


@dataclass(frozen=True)
class Load:
    """What one round of load saw."""

    requests_per_s: float
    median_ms: float
    p99_ms: float


def main() -> None:
    """Measure and print."""
    with workspace("rest") as folder:
        server = EmbeddedServer(folder / "home")
        server.start()
        try:
            print("## rest: a page of 20 rows of one tenant")
            print(machine())
            _measure(server)
        finally:
            server.stop()


def _measure(server: EmbeddedServer) -> None:
    url = server.url()
    with connect(url) as owner:
        migrate(owner)
    with connect(url, autocommit=True) as owner:
        ensure_login(owner)
    few = _rounds(url, _fill(url, FEW))
    with connect(url, autocommit=True) as owner:
        owner.execute(b"truncate public.agency, public.client cascade")
    many = _rounds(url, _fill(url, MANY))
    rows = [*_lines(f"{FEW} tenants", few), *_lines(f"{MANY:,} tenants", many)]
    flat = _best(many, "rest") / _best(few, "rest")
    rows.append((f"rest: {MANY:,} tenants against {FEW}", "", "", "", f"{flat:.2f} (flat is 1)"))
    header = ("side", "requests/s", "median, ms", "p99, ms", "ratio")
    table(f"A page of {PAGE} rows, {CLIENTS} clients, {ROUNDS} rounds in turn", header, rows)


def _fill(url: str, tenants: int) -> list[str]:
    with connect(url, autocommit=True) as owner:
        owner.execute(DATA.format(tenants=tenants, rows=ROWS_EACH).encode())
        return [str(row[0]) for row in owner.execute(b"select id from agency limit 200")]


def _best(rounds: Mapping[str, Sequence[Load]], side: str) -> float:
    return statistics.median(one.requests_per_s for one in rounds[side])


def _lines(name: str, rounds: Mapping[str, Sequence[Load]]) -> list[tuple[str, ...]]:
    ratio = statistics.median(
        ours.requests_per_s / bare.requests_per_s
        for ours, bare in zip(rounds["rest"], rounds["bare"], strict=True)
    )
    return [
        (
            f"{side}, {name}",
            f"{statistics.median(one.requests_per_s for one in loads):.0f}",
            f"{statistics.median(one.median_ms for one in loads):.1f}",
            f"{statistics.median(one.p99_ms for one in loads):.1f}",
            f"{ratio:.2f} (limit 0.70)" if side == "rest" else "1",
        )
        for side, loads in rounds.items()
    ]


def _rounds(url: str, agencies: list[str]) -> dict[str, list[Load]]:
    found: dict[str, list[Load]] = {"bare": [], "rest": []}
    for _ in range(ROUNDS):
        for side, loads in found.items():
            loads.append(_round(url, side, agencies))
    return found


def _round(url: str, side: str, agencies: list[str]) -> Load:
    """One server process and one process of load."""
    context = multiprocessing.get_context("spawn")
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        port = listener.getsockname()[1]
        serving = (as_login(url), side, listener)
        process = context.Process(target=_serve, args=serving, daemon=True)
        process.start()
        queue: multiprocessing.Queue[Load] = context.Queue()
        load = context.Process(target=_load, args=(port, agencies, queue), daemon=True)
        load.start()
        seen = queue.get(timeout=READY_S + SECONDS * 4)
        load.join()
        process.terminate()
        process.join()
    return seen


def _serve(url: str, side: str, listener: socket.socket) -> None:
    app: Any = _rest_app(url) if side == "rest" else _bare_app(url)
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


def _tenant(agency: str) -> Tenant:
    return Tenant(UUID(agency), None, "owner", None, "revos")


def _rest_app(url: str) -> Litestar:
    """The data API as the server mounts it, with the server's middleware around it."""
    pool = async_pool(url)

    async def resolve(scope: Scope) -> Access:
        found = next(value for name, value in scope["headers"] if name == b"apikey")
        return Access(_tenant(found.decode()))

    api = DataApi(pool, resolve)

    @asgi("/rest/v1", is_mount=True, copy_scope=True)
    async def answer(scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        await api(cast("Any", scope), cast("Any", receive), cast("Any", send))

    return Litestar(
        [answer],
        lifespan=[lambda _: pool],
        allowed_hosts=AllowedHostsConfig(allowed_hosts=["127.0.0.1"], www_redirect=False),
        cors_config=CORSConfig(allow_origins=["*"]),
        before_send=[guard],
        openapi_config=None,
        logging_config=None,
    )


def _bare_app(url: str) -> Starlette:
    """The same transaction, the same SQL, the same driver, and nothing else."""
    pool = async_pool(url)

    async def page(request: Request) -> Response:
        tenant = _tenant(request.headers["apikey"])
        offset = request.query_params["offset"]
        async with async_tenant_transaction(pool, tenant) as connection:
            cursor = AsyncRawCursor(connection)
            values = (str(tenant.agency_id), str(PAGE), offset)
            await cursor.execute(SQL, values, prepare=True)
            row = await cursor.fetchone()
        assert row is not None, "an aggregate has one row"
        return Response(row[0], media_type="application/json")

    @asynccontextmanager
    async def opened(_: Starlette) -> AsyncIterator[None]:
        async with pool:
            yield

    return Starlette(routes=[Route("/rest/v1/client", page)], lifespan=opened)


def _load(port: int, agencies: list[str], queue: multiprocessing.Queue[Load]) -> None:
    queue.put(asyncio.run(_all_clients(port, agencies)))


async def _all_clients(port: int, agencies: list[str]) -> Load:
    await asyncio.wait_for(_one_client(port, agencies, SEED, WARM_S), READY_S)
    started = time.perf_counter()
    every = [_one_client(port, agencies, SEED + number, SECONDS) for number in range(CLIENTS)]
    times = sorted(one for each in await asyncio.gather(*every) for one in each)
    seconds = time.perf_counter() - started
    return Load(
        len(times) / seconds,
        statistics.median(times) * 1_000,
        times[int(len(times) * 0.99)] * 1_000,
    )


async def _one_client(port: int, agencies: list[str], seed: int, seconds: float) -> list[float]:
    """Ask on one connection until the time is up; the seconds that each answer took."""
    draw = random.Random(seed)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times: list[float] = []
    ends = time.perf_counter() + seconds
    while (started := time.perf_counter()) < ends:
        path = f"/rest/v1/client?{QUERY}{draw.randrange(ROWS_EACH - PAGE)}"
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\napikey: {draw.choice(agencies)}\r\n\r\n"
        writer.write(head.encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length: ")[2].split(b"\r", 1)[0])
        body = await reader.readexactly(length)
        if not answer.startswith(b"HTTP/1.1 200") or body.count(b'"stage"') != PAGE:
            raise RuntimeError(f"the server answered {answer[:200]!r} {body[:200]!r}")
        times.append(time.perf_counter() - started)
    writer.close()
    await writer.wait_closed()
    return times
