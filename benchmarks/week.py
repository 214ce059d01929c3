"""A simulated week: campaigns against the sandbox, workers killed at random, calls that fail.

MAINSTEM_BENCH_WEEK_ACCOUNTS (default 100), a campaign each, and MAINSTEM_BENCH_WEEK_SPEED (default
600): how many times as fast as the world. Real workers do the work, through the real queue and the
real client; about one call in twenty fails, half of those after the write landed or without saying.
Every template carries a marker of its campaign and step. The proof is the sandbox's own log of what
was written, not our tables: no marker reaches a person twice, no rolling day of an account holds
more than its cap, nothing is written outside its hours. At such a speed a hundredth of a second is
several seconds of the week, so that spacing is read from our ledger of calls.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter, defaultdict, deque
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.harness import machine, table, workspace
from benchmarks.server import MAINSTEM
from mainstem.db.migrate import migrate
from mainstem.db.queries import load_queries
from mainstem.pg.connect import connect
from mainstem.pg.embedded import EmbeddedServer
from mainstem.revos.clock import VARIABLE as CLOCK_VARIABLE
from mainstem.revos.unipile.client import KEY_VARIABLE, URL_VARIABLE
from mainstem.server.workers import REHEARSAL_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

KEY = "week"
WORKERS = 2
WEEK = timedelta(days=7)
POSTS_EACH = 2
AGENCY_ACCOUNTS = 50
#: real seconds between two kills of a worker
KILL_EVERY_S = 20.0
FAULTS = ("provider_error", "unavailable", "timeout_before", "timeout_after", "lost_after")
FAULT_SHARE = 0.01
QUERIES = load_queries("benchmarks", "week.sql")
DM_CAP = 50
HOURS = (9, 17)


@dataclass(frozen=True)
class Run:
    """What runs."""

    url: str
    address: str
    log: Path
    speed: float
    accounts: int = 0


def main() -> None:
    """Run the week and print what it came to."""
    accounts = int(os.environ.get("MAINSTEM_BENCH_WEEK_ACCOUNTS", "100"))
    speed = float(os.environ.get("MAINSTEM_BENCH_WEEK_SPEED", "600"))
    with workspace("week") as folder, ExitStack() as stack:
        server = EmbeddedServer(folder / "home")
        server.start()
        stack.callback(server.stop)
        with connect(server.url()) as connection:
            migrate(connection)
        address, found = stack.enter_context(_sandbox(log := folder / "log", accounts, speed))
        run = _seeded(Run(server.url(), address, log, speed), found)
        kills = _work(run, folder / "home")
        with connect(run.url) as connection:
            _print(run, connection, kills)


@contextmanager
def _sandbox(log: Path, accounts: int, speed: float) -> Iterator[tuple[str, list[dict[str, str]]]]:
    command = [sys.executable, "-m", "benchmarks.week_sandbox", str(log), str(accounts), str(speed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None, "it was asked for"
        try:
            yield child.stdout.readline().strip(), json.loads(child.stdout.readline())
        finally:
            child.terminate()
            child.wait()


def _seeded(run: Run, found: list[dict[str, str]]) -> Run:
    shows = datetime.fromisoformat(_ask(run.address, "GET", "/sandbox/clock")["now"])
    for kind in FAULTS:
        _ask(run.address, "POST", "/sandbox/faults", {"kind": kind, "share": FAULT_SHARE})
    rows = [
        {"number": number, "agency": number // AGENCY_ACCOUNTS, **one}
        for number, one in enumerate(found)
    ]
    with connect(run.url) as connection:
        connection.execute(
            QUERIES["seed"],
            {"accounts": json.dumps(rows), "starts_at": shows, "posts": POSTS_EACH},
        )
    return replace(run, accounts=len(found))


def _work(run: Run, home: Path) -> int:
    """Let workers work for the week, killing one now and then; how many were killed."""
    real = datetime.now(UTC)
    clock = _ask(run.address, "GET", "/sandbox/clock")["now"]
    environment = os.environ | {
        "DATABASE_URL": run.url,
        "MAINSTEM_HOME": str(home),
        URL_VARIABLE: run.address,
        KEY_VARIABLE: KEY,
        REHEARSAL_VARIABLE: "1",
        CLOCK_VARIABLE: f"{real.isoformat()} {clock} {run.speed}",
    }
    command = [MAINSTEM, "worker", "--lease", "3"]

    def started() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)

    workers = [started() for _ in range(WORKERS)]
    kills, next_kill_s = 0, time.monotonic() + KILL_EVERY_S
    ends_s = time.monotonic() + WEEK.total_seconds() / run.speed
    chance = random.Random(1)
    while time.monotonic() < ends_s:
        time.sleep(0.5)
        if time.monotonic() >= next_kill_s:
            index = chance.randrange(WORKERS)
            workers[index].send_signal(signal.SIGKILL)
            workers[index].wait()
            workers[index] = started()
            kills += 1
            next_kill_s = time.monotonic() + KILL_EVERY_S
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.wait()
    return kills


def _print(run: Run, connection: Connection, kills: int) -> None:
    log = [json.loads(line) for line in run.log.read_text().splitlines()]
    messages = [one for one in log if one["kind"] == "message"]
    per_day = _fullest_day(messages)
    figures: list[tuple[str, ...]] = [
        ("accounts and campaigns", f"{run.accounts:,}"),
        ("speed", f"{run.speed:g}"),
        ("workers killed", f"{kills:,}"),
        ("writes that landed", f"{len(log):,}"),
        ("of these after a fault", f"{sum(1 for one in log if one.get('fault')):,}"),
        ("messages", f"{len(messages):,}"),
        ("messages that a person got twice", f"{_twice(messages):,}"),
        (f"accounts above {DM_CAP} messages in a rolling day", f"{_above(per_day):,}"),
        ("fullest rolling day of an account", f"{max(per_day.values(), default=0):,}"),
        ("writes outside working hours", f"{_outside(log, run):,}"),
    ]
    found = connection.execute(QUERIES["outcome"]).fetchone()
    assert found is not None, "aggregates answer one row"
    assert connection.info is not None
    names = ("leads", "closest two writes of an account (s)", "leads without an explanation")
    figures += [(name, f"{value:,}") for name, value in zip(names, found, strict=True)]
    figures += [
        (f"leads {status}", f"{count:,}")
        for status, count in connection.execute(QUERIES["leads"]).fetchall()
    ]
    figures += [
        (f"sends {status}", f"{count:,}")
        for status, count in connection.execute(QUERIES["sends"]).fetchall()
    ]
    table(f"A simulated week ({machine()})", ("figure", "value"), figures)


def _twice(messages: list[dict[str, Any]]) -> int:
    """How often a person got the same marker of an account again."""
    seen = Counter((one["target"], one["text"].rpartition("[")[2]) for one in messages)
    return sum(count - 1 for count in seen.values())


def _fullest_day(messages: list[dict[str, Any]]) -> dict[str, int]:
    """The most messages in any rolling day, by account."""
    recent: dict[str, deque[datetime]] = defaultdict(deque)
    most: dict[str, int] = defaultdict(int)
    for one in messages:
        at, times = datetime.fromisoformat(one["at"]), recent[one["account"]]
        while times and times[0] <= at - timedelta(days=1):
            times.popleft()
        times.append(at)
        most[one["account"]] = max(most[one["account"]], len(times))
    return most


def _above(per_day: dict[str, int]) -> int:
    return sum(1 for most in per_day.values() if most > DM_CAP)


def _outside(log: list[dict[str, Any]], run: Run) -> int:
    """Writes outside 9 to 17 o'clock, the time that a call takes at this speed allowed for."""
    slack = timedelta(seconds=2 * run.speed)
    count = 0
    for one in log:
        at = datetime.fromisoformat(one["at"])
        opens, closes = (at.replace(hour=hour, minute=0, second=0, microsecond=0) for hour in HOURS)
        count += not opens <= at < closes + slack
    return count


def _ask(address: str, method: str, path: str, given: object = None) -> dict[str, Any]:
    request = urllib.request.Request(
        address + path,
        method=method,
        data=None if given is None else json.dumps(given).encode(),
        headers={"X-API-KEY": KEY, "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        body: dict[str, Any] = json.load(answer)
        return body


if __name__ == "__main__":
    main()
