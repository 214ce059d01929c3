"""What the data API costs over a bare handler that runs the same statements with the same driver.

Both sides are one uvicorn process each on the same database, asked in turn by a load generator in
a process of its own: a page of 20 rows of one tenant out of many, the tenant and the offset
changing with each request. The bare side is Starlette with nothing in between: it opens the same
transaction, runs the SQL that the data API runs for this page, and sends what came back.

Our side is the whole server with all its middleware. Each request brings an API key and the access
token of a person who signed in, as supabase-js sends them, and both are looked up in the database.
The bare side is told the agency.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import statistics
import time
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import uvicorn
from psycopg import AsyncRawCursor
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.harness import machine, table, workspace
from mainstem.core import Origin, api_keys, master_key, sessions, store, tokens
from mainstem.core.model import Assurance
from mainstem.core.transaction import service_transaction
from mainstem.db.login import as_login, ensure_login
from mainstem.db.migrate import migrate
from mainstem.db.pool import async_pool
from mainstem.db.tenant import Tenant, async_tenant_transaction
from mainstem.pg.connect import connect
from mainstem.pg.embedded import EmbeddedServer
from mainstem.server import build_app
from mainstem.server.listen import free_socket
from mainstem.server.pace import Rate, Rates
from mainstem.server.settings import Settings

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Mapping, Sequence

    from starlette.requests import Request

    from mainstem.core import Core

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
    insert into "user" (agency_id, email, role)
      select id, slug || '@example.test', 'owner' from agency;
    insert into client (agency_id, name) select a.id, 'client ' || lpad(i::text, 4, '0')
      from agency as a cross join generate_series(1, {rows}) as i;
    analyze agency; analyze client; analyze "user";
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
    keys = master_key.generate()
    few = _rounds(url, keys, _fill(url, keys, FEW))
    with connect(url, autocommit=True) as owner:
        owner.execute(b"truncate public.agency, public.client cascade")
    many = _rounds(url, keys, _fill(url, keys, MANY))
    rows = [*_lines(f"{FEW} tenants", few), *_lines(f"{MANY:,} tenants", many)]
    flat = _best(many, "rest") / _best(few, "rest")
    rows.append((f"rest: {MANY:,} tenants against {FEW}", "", "", "", f"{flat:.2f} (flat is 1)"))
    header = ("side", "requests/s", "median, ms", "p99, ms", "ratio")
    table(f"A page of {PAGE} rows, {CLIENTS} clients, {ROUNDS} rounds in turn", header, rows)


def _fill(url: str, keys: str, tenants: int) -> list[str]:
    """Make the rows; the headers of one caller for each of up to 200 agencies."""
    with connect(url, autocommit=True) as owner:
        owner.execute(DATA.format(tenants=tenants, rows=ROWS_EACH).encode())
        agencies = [row[0] for row in owner.execute(b"select id from agency limit 200")]
    return asyncio.run(_signed_in(_settings(keys).core(url), agencies))


def _settings(keys: str) -> Settings:
    """Of the server; one address asks more than any does elsewhere."""
    rates = Rates(*(Rate(1_000_000, 1_000_000) for _ in range(3)))
    return Settings(master_key.parse(keys, origin="benchmark"), rates=rates)


async def _signed_in(core: Core, agencies: Sequence[UUID]) -> list[str]:
    """A key and a session for the owner of each agency, as the lines of a request's head."""
    callers = []
    async with core.pool:
        for agency in agencies:
            tenant = Tenant(agency, None, "owner", None, "revos")
            key = await api_keys.make(core, tenant, name="benchmark", app="revos")
            async with service_transaction(core.pool) as connection:
                found = await connection.execute(
                    b'select id from "user" where agency_id = %s', (agency,)
                )
                row = await found.fetchone()
                assert row is not None, "each agency has its owner"
                person = await store.person_by_id(connection, row[0])
                assert person is not None, "it was just read"
                signed_in = await sessions.begin(
                    core,
                    connection,
                    person.person(),
                    assurance=Assurance.PASSWORD,
                    kind=sessions.TOKEN,
                    origin=Origin(),
                )
            token, _ = await tokens.access_token(core, signed_in, app="revos")
            callers.append(
                f"agency: {agency}\r\napikey: {key.text}\r\nauthorization: Bearer {token}\r\n"
            )
    core.close()
    return callers


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


def _rounds(url: str, keys: str, callers: list[str]) -> dict[str, list[Load]]:
    found: dict[str, list[Load]] = {"bare": [], "rest": []}
    for _ in range(ROUNDS):
        for side, loads in found.items():
            loads.append(_round(url, keys, side, callers))
    return found


def _round(url: str, keys: str, side: str, callers: list[str]) -> Load:
    """One server process and one process of load."""
    context = multiprocessing.get_context("spawn")
    with closing(free_socket("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        serving = (as_login(url), keys, side, listener)
        process = context.Process(target=_serve, args=serving, daemon=True)
        process.start()
        queue: multiprocessing.Queue[Load] = context.Queue()
        load = context.Process(target=_load, args=(port, callers, queue), daemon=True)
        load.start()
        seen = queue.get(timeout=READY_S + SECONDS * 4)
        load.join()
        process.terminate()
        process.join()
    return seen


def _serve(url: str, keys: str, side: str, listener: socket.socket) -> None:
    app: Any = (
        build_app(url, hosts=["127.0.0.1"], settings=_settings(keys))
        if side == "rest"
        else _bare_app(url)
    )
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


def _tenant(agency: str) -> Tenant:
    return Tenant(UUID(agency), None, "owner", None, "revos")


def _bare_app(url: str) -> Starlette:
    """The same transaction, the same SQL, the same driver, and nothing else."""
    pool = async_pool(url)

    async def page(request: Request) -> Response:
        tenant = _tenant(request.headers["agency"])
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


def _load(port: int, callers: list[str], queue: multiprocessing.Queue[Load]) -> None:
    queue.put(asyncio.run(_all_clients(port, callers)))


async def _all_clients(port: int, callers: list[str]) -> Load:
    await asyncio.wait_for(_one_client(port, callers, SEED, WARM_S), READY_S)
    started = time.perf_counter()
    every = [_one_client(port, callers, SEED + number, SECONDS) for number in range(CLIENTS)]
    times = sorted(one for each in await asyncio.gather(*every) for one in each)
    seconds = time.perf_counter() - started
    return Load(
        len(times) / seconds,
        statistics.median(times) * 1_000,
        times[int(len(times) * 0.99)] * 1_000,
    )


async def _one_client(port: int, callers: list[str], seed: int, seconds: float) -> list[float]:
    """Ask on one connection until the time is up; the seconds that each answer took."""
    draw = random.Random(seed)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times: list[float] = []
    ends = time.perf_counter() + seconds
    while (started := time.perf_counter()) < ends:
        path = f"/rest/v1/client?{QUERY}{draw.randrange(ROWS_EACH - PAGE)}"
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{draw.choice(callers)}\r\n"
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
