"""The queue: a seed day's jobs with their effects, two workers; idle pick-up; two peers.

MAINSTEM_BENCH_JOBS is the share of the day (default 1.0): 10,000 leads, 100,000 DMs and 1,000,000
pod activities of 20 agencies, each of which inserts a row, or, the pod activities, updates one.
Each commit of jobs, and of effects with their completion, is durable; a claim need not be. The time
is from the first job enqueued to the last one completed, both by the tenant's claims and under
row-level security. The peers, pgqueuer and procrastinate, do the same inserts, without tenants and
with settings of theirs that are quickest, at a scale that they finish: jobs a second are compared,
and jobs a CPU second of all processes, which other work on the machine changes less.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.harness import machine, table, workspace
from benchmarks.server import MAINSTEM, Bench
from mainstem.db.migrate import migrate
from mainstem.db.tenant import Tenant, tenant_transaction
from mainstem.jobs import Job, NewJob, Registry, enqueue
from mainstem.jobs.store import CHANNEL
from mainstem.pg.connect import connect
from mainstem.pg.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

DAY = {"lead": 10_000, "dm": 100_000, "pod": 1_000_000}
AGENCIES = 20
PORTION = 5_000
WORKERS = 2
#: jobs of one claim: these handlers are single statements, and more at once cost less each
BATCH = 2_000
LIMIT_S = 120.0
PICKUPS = 200
PICKUP_LIMIT_MS = 50.0
PEERS = {"pgqueuer": ("1.6.0", 20_000, 5.0), "procrastinate": ("3.10.0", 4_000, 100.0)}
PEER_SOURCE = Path(__file__).with_name("jobs_peer.py")

TABLES = """
create table bench_effect (agency_id uuid not null, number integer not null, kind text not null,
                           done_at timestamptz, primary key (agency_id, kind, number));
alter table bench_effect enable row level security;
alter table bench_effect force row level security;
create policy own on bench_effect using (agency_id = app.agency_id())
  with check (agency_id = app.agency_id());
grant select, insert, update on bench_effect to authenticated;
"""
INSERT = """
insert into bench_effect (agency_id, number, kind, done_at)
select app.agency_id(), unnest(%s::int[]), %s, now()
"""
UPDATE = """
update bench_effect set done_at = now()
where agency_id = %s and kind = %s and number = any(%s)
"""


def main() -> None:
    """Measure and print."""
    share = float(os.environ.get("MAINSTEM_BENCH_JOBS", "1.0"))
    with workspace("jobs") as folder:
        server = EmbeddedServer(folder / "home")
        server.start()
        try:
            _measure(Bench(folder, server, 0), share)
        finally:
            server.stop()


def registry() -> Registry:
    """The handlers of the measured workers."""
    made = Registry()
    made.add("lead", _insert, queue="bench")
    made.add("dm", _insert, queue="bench")
    made.add("pod", _update, queue="bench")
    made.add("ping", _answer, queue="ping")
    return made


def _insert(connection: Connection, jobs: Sequence[Job]) -> None:
    connection.execute(INSERT, ([job.payload["number"] for job in jobs], jobs[0].kind))


def _update(connection: Connection, jobs: Sequence[Job]) -> None:
    numbers = [job.payload["number"] for job in jobs]
    connection.execute(UPDATE, (jobs[0].agency_id, jobs[0].kind, numbers))


def _answer(connection: Connection, jobs: Sequence[Job]) -> None:
    connection.execute("select pg_notify('bench_answer', %s)", (str(len(jobs)),))


@dataclass(frozen=True)
class Work:
    """What so many jobs took: time, CPU of all client processes and of the server."""

    jobs: int
    wall_s: float
    client_s: float
    server_s: float
    enqueue_s: float = 0.0

    @property
    def rate(self) -> float:
        """Jobs a second."""
        return self.jobs / self.wall_s

    @property
    def cpu_rate(self) -> float:
        """Jobs a CPU second, whoever spends it: other work on the machine changes it least."""
        return self.jobs / (self.client_s + self.server_s)


def _measure(bench: Bench, share: float) -> None:
    url = bench.create_database("queue")
    agencies = _prepare(url, share)
    day = _run_day(bench, url, agencies, share)
    waits = _pick_up(url, agencies[0])
    whole_s = sum(DAY.values()) / day.rate
    whole = f"{whole_s:.0f} s" if share < 1 else "this is one"
    table(
        f"A seed day's jobs, two workers ({machine()})",
        ("jobs", "enqueued in", "done after", "jobs/s", "CPU, ours + server's", "a whole day",
         "limit"),
        [
            (
                f"{day.jobs:,}", f"{day.enqueue_s:.1f} s", f"{day.wall_s:.1f} s",
                f"{day.rate:,.0f}", f"{day.client_s:.1f} + {day.server_s:.1f} s", whole,
                f"{LIMIT_S:.0f} s",
            )
        ],
    )  # fmt: skip
    p50, p95 = statistics.median(waits), statistics.quantiles(waits, n=20)[-1]
    table(
        "Idle pick-up: from the commit of a job to the commit of its effects",
        ("jobs", "p50", "p95", "limit of p95"),
        [(str(len(waits)), f"{p50:.1f} ms", f"{p95:.1f} ms", f"{PICKUP_LIMIT_MS:.0f} ms")],
    )
    rows = [_peer(bench, name, day) for name in PEERS]
    header = ("queue", "jobs", "jobs/s", "ours is", "at least", "jobs a CPU second", "ours is")
    table("Beside two peers", header, rows)


def _prepare(url: str, share: float) -> list[UUID]:
    with connect(url) as connection:
        migrate(connection)
    with connect(url, autocommit=True) as connection:
        connection.execute(TABLES.encode())
        made = connection.execute(
            "insert into agency (name, slug) select 'a' || n, 'a' || n"
            " from generate_series(1, %s) as n returning id",
            (AGENCIES,),
        ).fetchall()
        connection.execute(
            "insert into bench_effect (agency_id, number, kind)"
            " select id, n, 'pod' from agency cross join generate_series(0, %s) as n",
            (int(DAY["pod"] * share) // AGENCIES,),
        )
        connection.execute("vacuum analyze bench_effect")
    return [id_ for (id_,) in made]


def _run_day(bench: Bench, url: str, agencies: list[UUID], share: float) -> Work:
    wanted = AGENCIES * sum(int(count * share) // AGENCIES for count in DAY.values())
    client_s, server_s = _client_s(), bench.server_cpu_s()
    with _workers(url, "bench", WORKERS), connect(url, autocommit=True) as connection:
        started = time.perf_counter()
        for kind, count in DAY.items():
            for agency in agencies:
                _enqueue(connection, agency, kind, int(count * share) // AGENCIES)
        enqueued = time.perf_counter()
        while _left(connection):
            time.sleep(0.1)
        ended = time.perf_counter()
        row = connection.execute(
            "select count(*), count(*) filter (where status = 'completed') from app.job_archive"
        ).fetchone()
        effects = connection.execute(
            "select count(*) from bench_effect where done_at is not null"
        ).fetchone()
    if row != (wanted, wanted) or effects != (wanted,):
        sys.exit(f"{wanted} jobs were enqueued, {row} archived and completed, {effects} effects")
    return Work(
        wanted,
        ended - started,
        _client_s() - client_s,
        bench.server_cpu_s() - server_s,
        enqueued - started,
    )


def _client_s() -> float:
    """CPU seconds of this process, and of those that it started and saw end."""
    return sum(os.times()[:4])


def _enqueue(connection: Connection, agency: UUID, kind: str, count: int) -> None:
    tenant = Tenant(agency, None, "owner", None, "revos")
    for first in range(0, count, PORTION):
        numbers = range(first, min(first + PORTION, count))
        jobs = [NewJob(kind=kind, queue="bench", payload={"number": n}) for n in numbers]
        with tenant_transaction(connection, tenant) as open_:
            enqueue(open_, jobs)


def _left(connection: Connection) -> bool:
    return connection.execute("select from app.job limit 1").fetchone() is not None


@contextmanager
def _workers(url: str, queue: str, count: int) -> Iterator[None]:
    """Worker processes; the block begins when all of them listen."""
    handlers = ("--handlers", "benchmarks.jobs:registry", "--batch", str(BATCH))
    command = [MAINSTEM, "worker", "--queues", queue, *handlers]
    environment = os.environ | {"DATABASE_URL": url, "PYTHONPATH": str(PEER_SOURCE.parents[1])}
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) for _ in range(count)
    ]
    try:
        with connect(url, autocommit=True) as connection:
            while _listening(connection) < count:
                time.sleep(0.05)
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


def _listening(connection: Connection) -> int:
    row = connection.execute(
        "select count(*) from pg_stat_activity where query = %s and state = 'idle'",
        (f"listen {CHANNEL}",),
    ).fetchone()
    assert row is not None
    return int(row[0])


def _pick_up(url: str, agency: UUID) -> list[float]:
    """Milliseconds from a job's commit until that of its effects, one idle job after another."""
    waits = []
    tenant = Tenant(agency, None, "owner", None, "revos")
    with (
        _workers(url, "ping", 1),
        connect(url, autocommit=True) as connection,
        connect(url, autocommit=True) as listening,
    ):
        listening.execute("listen bench_answer")
        for _ in range(PICKUPS):
            with tenant_transaction(connection, tenant) as open_:
                enqueue(open_, [NewJob(kind="ping", queue="ping")])
            started = time.perf_counter()
            answered = list(listening.notifies(timeout=5, stop_after=1))
            assert answered, "a job was not picked up within five seconds"
            waits.append(1000 * (time.perf_counter() - started))
            time.sleep(0.01)
    return waits


def _peer(bench: Bench, name: str, day: Work) -> tuple[str, ...]:
    version, count, limit = PEERS[name]
    python = _installed(bench.folder / name, f"{name}=={version}", "psycopg[binary,pool]")
    url = bench.create_database(name)
    client_s, server_s = _client_s(), bench.server_cpu_s()
    finished = subprocess.run(
        [python, str(PEER_SOURCE), name, url, str(count), str(WORKERS)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if finished.returncode != 0:
        sys.exit(f"{name} failed:\n{finished.stderr[-3000:]}")
    wall_s = float(finished.stdout.split()[-1])
    work = Work(count, wall_s, _client_s() - client_s, bench.server_cpu_s() - server_s)
    return (
        f"{name} {version}", f"{count:,}", f"{work.rate:,.0f}",
        f"{day.rate / work.rate:.0f} times", f"{limit:.0f} times", f"{work.cpu_rate:,.0f}",
        f"{day.cpu_rate / work.cpu_rate:.0f} times",
    )  # fmt: skip


def _installed(folder: Path, *requirements: str) -> str:
    """A throw-away environment with a peer in it; its python."""
    python = str(folder / "bin" / "python")
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [python, "-m", "pip", "install", "--quiet", *requirements],
    ):
        subprocess.run(command, check=True)
    return python
