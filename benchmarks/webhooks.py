"""Captured leads told to a receiver on this machine, through the queue, signed and written down."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks.harness import machine, table, workspace
from benchmarks.server import MAINSTEM, Bench
from mainstem.core import master_key
from mainstem.core.encryption import seal
from mainstem.core.parts import Core
from mainstem.core.transaction import service_transaction
from mainstem.db.migrate import migrate
from mainstem.db.pool import async_pool
from mainstem.db.tenant import Tenant, tenant_transaction
from mainstem.pg.connect import connect
from mainstem.pg.embedded import EmbeddedServer
from mainstem.revos.webhooks import LEAD_CAPTURED, Event, Scheme, announce
from mainstem.revos.webhooks.jobs import LOOPBACK_VARIABLE
from mainstem.revos.webhooks.secrets import CURRENT, cell
from mainstem.revos.webhooks.signing import new_secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

LIMIT_PER_S = 1_500
EVENTS = 20_000
WORKERS = 2
CLIENTS = 10
PORTION = 5_000


def main() -> None:
    """Print the rate beside its limit; fail when something is missing at the receiver."""
    count = int(os.environ.get("MAINSTEM_BENCH_WEBHOOKS", str(EVENTS)))
    with workspace("webhooks") as folder:
        server = EmbeddedServer(folder / "home")
        server.start()
        try:
            _measure(Bench(folder, server, 0), count)
        finally:
            server.stop()


def _measure(bench: Bench, count: int) -> None:
    import asyncio  # noqa: PLC0415 - for the one secret that is sealed

    url = bench.create_database("webhooks")
    with connect(url) as connection:
        migrate(connection)
    keys = master_key.generate()
    with _receiver() as (port, receiver), connect(url, autocommit=True) as connection:
        agency, endpoints, leads = _prepare(connection, count, f"http://127.0.0.1:{port}/hook")
        for endpoint in endpoints:
            asyncio.run(_give_secret(url, keys, agency, endpoint))
        _announce(connection, agency, leads)
        before_s = bench.server_cpu_s()
        with _worker(url, keys) as worker:
            began = _first(connection)
            worker_before_s = _cpu_s(worker)
            while _left(connection):
                time.sleep(0.05)
            wall_s = time.perf_counter() - began
            worker_s = _cpu_s(worker) - worker_before_s
        server_s = bench.server_cpu_s() - before_s
        done = _one(connection, "select count(*) from webhook_delivery where status = 'success'")
        received = receiver.communicate(timeout=10)[0].split()
    if (str(done), *received) != (str(count),) * 3:
        sys.exit(f"{count} events, {done} delivered, {received} received and signed")
    rate = count / wall_s
    table(
        f"Webhooks, {CLIENTS} endpoints, {WORKERS} workers ({machine()})",
        ("events", "delivered in", "a second", "a worker's CPU second", "server", "least", "ratio"),
        [
            (
                f"{count:,}", f"{wall_s:.1f} s", f"{rate:,.0f}", f"{count / worker_s:,.0f}",
                f"{server_s:.1f} s CPU", f"{LIMIT_PER_S:,}", f"{rate / LIMIT_PER_S:.2f}",
            )
        ],
    )  # fmt: skip
    if rate < LIMIT_PER_S:
        sys.exit("webhooks are slower than their limit")


def _prepare(
    connection: psycopg.Connection[TupleRow], count: int, address: str
) -> tuple[UUID, list[UUID], list[UUID]]:
    """An agency with some clients, an endpoint and a campaign each: its id, endpoints and leads."""
    agency = _one(connection, "insert into agency (name, slug) values ('a', 'a') returning id")
    connection.execute(
        "insert into client (agency_id, name) select %s, 'c' || n from generate_series(1, %s) as n",
        (agency, CLIENTS),
    )
    connection.execute(
        "insert into campaign (agency_id, client_id, name, trigger_word)"
        " select agency_id, id, 'k', 'GUIDE' from client"
    )
    endpoints = connection.execute(
        "insert into webhook_config (agency_id, client_id, name, url)"
        " select agency_id, id, 'bench', %s from client returning id",
        (address,),
    ).fetchall()
    leads = connection.execute(
        "insert into lead"
        " (agency_id, client_id, campaign_id, linkedin_id, email, first_name, status)"
        " select agency_id, client_id, id, 'p' || n, 'p' || n || '@example.com', 'Maria',"
        " 'email_captured' from campaign cross join generate_series(1, %s) as n returning id",
        (count // CLIENTS,),
    ).fetchall()
    connection.execute("vacuum analyze lead")
    return agency, [row[0] for row in endpoints], [row[0] for row in leads]


def _one(connection: psycopg.Connection[TupleRow], statement: str, *values: object) -> UUID:
    row = connection.execute(statement.encode(), values).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


async def _give_secret(url: str, keys: str, agency: UUID, endpoint: UUID) -> None:
    async with async_pool(url, size_max=1) as pool:
        core = Core(pool=pool, keys=master_key.parse(keys, origin="bench"))
        async with service_transaction(pool) as connection:
            where = cell(agency, endpoint, CURRENT)
            sealed = await seal(core, connection, where, new_secret(Scheme.SHARED).encode())
            await connection.execute(
                "update webhook_config set secret_encrypted = %s where id = %s", (sealed, endpoint)
            )
        core.close()


def _announce(connection: psycopg.Connection[TupleRow], agency: UUID, leads: list[UUID]) -> None:
    tenant = Tenant(agency, None, "owner", None, "revos")
    for first in range(0, len(leads), PORTION):
        events = [Event(LEAD_CAPTURED, str(id_), id_) for id_ in leads[first : first + PORTION]]
        with tenant_transaction(connection, tenant) as open_:
            announce(open_, events)


def _first(connection: psycopg.Connection[TupleRow]) -> float:
    """When the worker began; its own start is not what is measured."""
    while not _one(connection, "select exists (select from app.job_archive)"):
        time.sleep(0.005)
    return time.perf_counter()


def _left(connection: psycopg.Connection[TupleRow]) -> bool:
    return bool(_one(connection, "select exists (select from app.job where queue = 'webhooks')"))


@contextmanager
def _worker(url: str, keys: str) -> Iterator[psutil.Process]:
    environment = os.environ | {
        "DATABASE_URL": url, master_key.VARIABLE: keys, LOOPBACK_VARIABLE: "1",
    }  # fmt: skip
    command = [MAINSTEM, "worker", "--queues", "webhooks", "--processes", str(WORKERS)]
    running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        yield psutil.Process(running.pid)
    finally:
        running.terminate()
        running.wait()


def _cpu_s(process: psutil.Process) -> float:
    """What the workers have used, which are children of the process."""
    each = [child.cpu_times() for child in process.children()]
    return float(sum(times.user + times.system for times in each))


@contextmanager
def _receiver() -> Iterator[tuple[int, subprocess.Popen[str]]]:
    running = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("webhooks_receiver.py"))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stdout is not None
    try:
        yield int(running.stdout.readline()), running
    finally:
        running.terminate()
        running.wait()
