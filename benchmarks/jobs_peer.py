"""One peer of the job benchmark, run with the peer's own environment: prints the seconds it took.

`jobs_peer.py NAME URL JOBS WORKERS`: enqueues so many jobs in the peer's fastest way, then lets so
many processes do them, each an insert into a table on a pooled connection, and times both.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from importlib import import_module
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

POOL_MAX = 10
#: on a busy machine a job may wait longer for a connection than the pool's own 30 s, and would fail
PATIENCE_S = 600.0
INSERT = "insert into bench_effect (number) values (%s)"


def main() -> None:
    """Measure, or be a worker."""
    name, url, count, workers = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if workers == 0:
        asyncio.run(PEERS[name][1](url))
        return
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table bench_effect (number integer)")
    asyncio.run(_prepare(name, url))
    started = time.perf_counter()
    asyncio.run(PEERS[name][0](url, count))
    command = [sys.executable, __file__, name, url, "0", "0"]
    running = [subprocess.Popen(command) for _ in range(workers)]
    try:
        _wait(url, count)
        print(time.perf_counter() - started)
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.wait()  # their CPU time is told only then


def _wait(url: str, count: int) -> None:
    ends = time.monotonic() + PATIENCE_S
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < ends:
            row = connection.execute("select count(*) from bench_effect").fetchone()
            if row == (count,):
                return
            time.sleep(0.05)
    sys.exit(f"after {PATIENCE_S:.0f} s {row} of {count} jobs were done")


def pgqueuer(module: str) -> Any:  # noqa: ANN401 - the peer is not installed where types are checked
    """A module of a package that only the peer's own environment has."""
    return import_module(f"pgqueuer.{module}")


async def _prepare(name: str, url: str) -> None:
    if name == "pgqueuer":
        connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
        await pgqueuer("queries").Queries(pgqueuer("db").PsycopgDriver(connection)).install()
        await connection.close()
    else:
        async with _procrastinate(url).open_async() as app:
            await app.schema_manager.apply_schema_async()


async def _pgqueuer_enqueue(url: str, count: int) -> None:
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    queries = pgqueuer("queries").Queries(pgqueuer("db").PsycopgDriver(connection))
    for first in range(0, count, 5_000):
        numbers = range(first, min(first + 5_000, count))
        portion = [str(n).encode() for n in numbers]
        await queries.enqueue(["effect"] * len(portion), portion, [0] * len(portion))
    await connection.close()


async def _pgqueuer_work(url: str) -> None:
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    pool = AsyncConnectionPool(
        url, max_size=POOL_MAX, timeout=PATIENCE_S, kwargs={"autocommit": True}, open=False
    )
    await pool.open()
    queue = import_module("pgqueuer").PgQueuer(pgqueuer("db").PsycopgDriver(connection))

    async def effect(job: Any) -> None:  # noqa: ANN401 - the peer is not installed where types are checked
        async with pool.connection() as own:
            await own.execute(INSERT, (int(job.payload),))

    queue.entrypoint("effect")(effect)
    await queue.run(batch_size=500)


def _procrastinate(url: str) -> Any:  # noqa: ANN401 - the peer is not installed where types are checked
    procrastinate = import_module("procrastinate")
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(
            conninfo=url, max_size=POOL_MAX, timeout=PATIENCE_S
        )
    )

    async def effect(number: int) -> None:
        async with app.connector.pool.connection() as own:
            await own.execute(INSERT, (number,))

    app.task(name="effect")(effect)
    return app


async def _procrastinate_enqueue(url: str, count: int) -> None:
    async with _procrastinate(url).open_async() as app:
        for first in range(0, count, 5_000):
            numbers = range(first, min(first + 5_000, count))
            await app.configure_task("effect").batch_defer_async(*[{"number": n} for n in numbers])


async def _procrastinate_work(url: str) -> None:
    async with _procrastinate(url).open_async() as app:
        await app.run_worker_async(concurrency=POOL_MAX, install_signal_handlers=False)


PEERS = {
    "pgqueuer": (_pgqueuer_enqueue, _pgqueuer_work),
    "procrastinate": (_procrastinate_enqueue, _procrastinate_work),
}

main()
