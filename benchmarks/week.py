"""A simulated week: campaigns against the sandbox, workers killed at random, calls that fail.

MAINSTEM_BENCH_WEEK_ACCOUNTS (default 100), a campaign each, for MAINSTEM_BENCH_WEEK_DAYS (default
7), or as many of them as MAINSTEM_BENCH_WEEK_MINUTES of the machine's time (default 60) allow. Real
workers do the work, through the real queue and the real client; about one call in twenty fails,
half of those after the write landed or without saying.

The time moves in steps of MAINSTEM_BENCH_WEEK_STEP_S seconds (default 120), as fast as the workers
keep up: the next step begins once nothing that is due is left, or once a killed worker's jobs are
all that is left; so the week goes on while leases run out. The sandbox and the workers read the
same clock, which stands still while a step's work is done: times in the sandbox's log are exact.

Every template carries a marker of its campaign and step. The proof is that log (`week_proof`), not
our tables: no marker reaches a person twice, no rolling day of an account holds more than its cap,
nothing is written outside its hours, which lie in three time zones. That every comment is accounted
for compares the sandbox's list of comments with ours, one by one.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks import week_proof
from benchmarks.harness import workspace
from benchmarks.server import MAINSTEM, Bench
from mainstem.db.migrate import migrate
from mainstem.db.queries import load_queries
from mainstem.pg.connect import connect
from mainstem.pg.embedded import EmbeddedServer
from mainstem.revos.clock import VARIABLE as CLOCK_VARIABLE
from mainstem.revos.clock import set_hand
from mainstem.revos.unipile.client import KEY_VARIABLE, URL_VARIABLE
from mainstem.server.workers import REHEARSAL_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

KEY = "week"
MINUTES_VARIABLE = "MAINSTEM_BENCH_WEEK_MINUTES"
WORKERS = 2
POSTS_EACH = 2
AGENCY_ACCOUNTS = 200
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata")
#: what a second of the machine's is about, for waits that the queue measures
SPEED = 40
BATCH = 40
LEASE_S = 2
#: real seconds between two kills of a worker
KILL_EVERY_S = 20.0
#: how far into a step a worker is killed, at most
KILL_WITHIN_S = 0.3
#: how long a step waits before it goes on without the jobs of a killed worker
PATIENCE_S = 0.1
LOOK_S = 0.02
#: a week that stands still for so long is broken
STEP_LIMIT_S = 120.0
FAULTS = ("provider_error", "unavailable", "timeout_before", "timeout_after", "lost_after")
FAULT_SHARE = 0.01
QUERIES = load_queries("benchmarks", "week.sql")


@dataclass
class Crew:
    """Two workers, of which one is killed now and then."""

    command: list[str]
    environment: dict[str, str]
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    kills: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    next_kill_s: float = 0.0

    def start(self) -> None:
        """Begin."""
        self.running = [self._started() for _ in range(WORKERS)]
        self.next_kill_s = time.monotonic() + KILL_EVERY_S

    def kill_one(self) -> None:
        """Kill one when it is time, in the middle of its work, and start another in its place."""
        if time.monotonic() < self.next_kill_s:
            return
        time.sleep(self.chance.random() * KILL_WITHIN_S)
        index = self.chance.randrange(WORKERS)
        self.running[index].send_signal(signal.SIGKILL)
        self.running[index].wait()
        self.running[index] = self._started()
        self.kills += 1
        self.next_kill_s = time.monotonic() + KILL_EVERY_S * self.chance.uniform(0.5, 1.5)

    def names(self) -> list[str]:
        """What the living are called in the queue ends in their process number."""
        return [f"%:{each.pid}" for each in self.running]

    def end(self) -> None:
        """Let them finish."""
        for worker in self.running:
            worker.terminate()
        for worker in self.running:
            worker.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self.command, env=self.environment, stdout=subprocess.DEVNULL)


def main() -> None:
    """Run the week and print what it came to."""
    accounts = int(os.environ.get("MAINSTEM_BENCH_WEEK_ACCOUNTS", "100"))
    days = float(os.environ.get("MAINSTEM_BENCH_WEEK_DAYS", "7"))
    step = timedelta(seconds=float(os.environ.get("MAINSTEM_BENCH_WEEK_STEP_S", "120")))
    with workspace("week") as folder, ExitStack() as stack:
        server = EmbeddedServer(folder / "home")
        server.start()
        stack.callback(server.stop)
        url = server.url()
        with connect(url) as connection:
            migrate(connection)
        log = folder / "log"
        with _sandbox(log, accounts) as (address, found):
            starts_at = _seeded(url, address, found)
            began_s = time.monotonic()
            crew, ended_at = _work(url, address, folder, starts_at, timedelta(days=days), step)
            wall_s = time.monotonic() - began_s
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        proof = week_proof.Week(
            log=log,
            days=(ended_at - starts_at) / timedelta(days=1),
            step=step,
            wall_s=wall_s,
            programs_s=used.ru_utime + used.ru_stime,
            server_s=Bench(folder, server, accounts).server_cpu_s(),
            kills=crew.kills,
        )
        with connect(url) as connection:
            week_proof.show(proof, connection, QUERIES)


@contextmanager
def _sandbox(log: Path, accounts: int) -> Iterator[tuple[str, list[dict[str, str]]]]:
    command = [sys.executable, "-m", "benchmarks.week_sandbox", str(log), str(accounts)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None, "it was asked for"
        try:
            yield child.stdout.readline().strip(), json.loads(child.stdout.readline())
        finally:
            child.terminate()
            child.wait()


def _seeded(url: str, address: str, found: list[dict[str, str]]) -> datetime:
    """Make the agencies, accounts and campaigns; when the week begins."""
    starts_at = datetime.fromisoformat(_ask(address, "GET", "/sandbox/clock")["now"])
    for kind in FAULTS:
        _ask(address, "POST", "/sandbox/faults", {"kind": kind, "share": FAULT_SHARE})
    rows = [
        {
            "number": number,
            "agency": number // AGENCY_ACCOUNTS,
            "timezone": ZONES[number % len(ZONES)],
            **one,
        }
        for number, one in enumerate(found)
    ]
    with connect(url) as connection:
        connection.execute(
            QUERIES["seed"],
            {"accounts": json.dumps(rows), "starts_at": starts_at, "posts": POSTS_EACH},
        )
    return starts_at


def _work(
    url: str, address: str, folder: Path, starts_at: datetime, span: timedelta, step: timedelta
) -> tuple[Crew, datetime]:
    """Let workers work for the week; when it ended."""
    hand = folder / "clock"
    set_hand(hand, starts_at)
    environment = os.environ | {
        # who takes a killed one's place starts from compiled modules, as installed programs do
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        "DATABASE_URL": url,
        "MAINSTEM_HOME": str(folder / "home"),
        URL_VARIABLE: address,
        KEY_VARIABLE: KEY,
        REHEARSAL_VARIABLE: "1",
        CLOCK_VARIABLE: f"{hand} {SPEED}",
    }
    command = [MAINSTEM, "worker", "--queues", "revos"]
    command += ["--lease", str(LEASE_S), "--batch", str(BATCH)]
    crew = Crew(command, environment)
    crew.start()
    at = starts_at
    try:
        with connect(url, autocommit=True) as connection:
            _wait_for_tick(connection)
            ends_s = time.monotonic() + 60 * float(os.environ.get(MINUTES_VARIABLE, "60"))
            while at < starts_at + span and time.monotonic() < ends_s:
                at += step
                _ask(address, "POST", "/sandbox/clock", {"to": at.isoformat()})
                set_hand(hand, at)
                connection.execute(QUERIES["tick"])
                crew.kill_one()
                _wait_until_done(connection, crew)
    finally:
        crew.end()
    return crew, at


def _wait_for_tick(connection: Connection) -> None:
    """The workers are there once they have begun to look for what is due."""
    ends_s = time.monotonic() + STEP_LIMIT_S
    while not connection.execute(QUERIES["ticking"]).fetchone() and time.monotonic() < ends_s:
        time.sleep(LOOK_S)


def _wait_until_done(connection: Connection, crew: Crew) -> None:
    """Wait until nothing that is due is left, but what a killed worker held."""
    began_s = time.monotonic()
    while time.monotonic() < began_s + STEP_LIMIT_S:
        waited_s = time.monotonic() - began_s
        row = connection.execute(QUERIES["left"], {"living": crew.names()}).fetchone()
        assert row is not None, "counts answer one row"
        due, held, lost = row
        if not due and not held and (not lost or waited_s > PATIENCE_S):
            return
        time.sleep(LOOK_S)
    sys.exit(f"the workers have not kept up for {STEP_LIMIT_S:g} s")


def _ask(address: str, method: str, path: str, given: object = None) -> dict[str, Any]:
    request = urllib.request.Request(
        address + path,
        method=method,
        data=None if given is None else json.dumps(given).encode(),
        headers={"X-API-KEY": KEY, "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        body: dict[str, Any] = json.load(answer)
        return body


if __name__ == "__main__":
    main()
