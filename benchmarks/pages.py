"""What an overview and list pages take of the server, and what a browser without a cache transfers.

The whole server with all its middleware answers one request after another over HTTP on this
machine. What is held against the limit is CPU, of the server and of PostgreSQL, which other work on
the machine does not change; the time from the request's first byte to the answer's last stands
beside it. The agency has 100,000 leads.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil

from benchmarks.harness import machine, table
from benchmarks.server import open_bench
from mainstem.core import Origin, sessions, store
from mainstem.core.model import Assurance
from mainstem.core.transaction import service_transaction
from mainstem.db.migrate import migrate
from mainstem.pg.connect import connect
from mainstem.server.settings import Settings

if TYPE_CHECKING:
    from benchmarks.server import Bench
    from mainstem.core import Core

LEADS = int(os.environ.get("BENCH_LEADS", "100000"))
REQUESTS, WARM = 100, 10
SERVER_MS_MAX, TRANSFERRED_MAX = 25.0, 60_000
READY_S = 60.0
PATHS = (
    "/revos",
    "/clients",
    "/revos/campaigns",
    "/revos/leads",
    "/revos/leads?status=failed&page=3",
    "/revos/inbox",
    "/revos/accounts",
    "/revos/webhooks",
    "/revos/posts",
    "/jobs",
    "/jobs?status=dead",
    "/revos/campaigns/019b0000-0000-7000-8000-000000000001",
)
DATA = (
    Path(__file__)
    .with_suffix(".sql")
    .read_text(encoding="utf-8")
    .replace(":leads_a_campaign", str(LEADS // 40))
    .replace(":jobs_a_campaign", str(LEADS // 400))
)
SERVE = """
import sys, uvicorn, socket
from mainstem.server import build_app
listener = socket.socket(fileno=int(sys.argv[2]))
uvicorn.Server(uvicorn.Config(build_app(sys.argv[1]), log_level="warning")).run([listener])
"""


def main() -> None:
    """Measure and print."""
    with open_bench("pages") as bench:
        print("## pages: a list page")
        print(machine())
        url = bench.create_database("pages")
        with connect(url) as owner:
            migrate(owner)
        with connect(url, autocommit=True) as owner:
            owner.execute(DATA.encode())
            owner.execute(b"vacuum analyze")
        token = asyncio.run(_signed_in(Settings.throw_away().core(url)))
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            command = [sys.executable, "-c", SERVE, url, str(listener.fileno())]
            with subprocess.Popen(command, pass_fds=[listener.fileno()]) as server:
                try:
                    _measure(bench, address, token, psutil.Process(server.pid))
                finally:
                    server.terminate()


async def _signed_in(core: Core) -> str:
    """The session token of the agency's owner."""
    async with core.pool, service_transaction(core.pool) as connection:
        row = await store.person_by_email(connection, "ada@example.test")
        assert row is not None, "it was just written"
        signed_in = await sessions.begin(
            core,
            connection,
            row.person(),
            assurance=Assurance.PASSWORD,
            kind=sessions.BROWSER,
            origin=Origin(),
        )
    core.close()
    return signed_in.token


def _measure(bench: Bench, address: str, token: str, server: psutil.Process) -> None:
    headers = {"cookie": f"mainstem={token}", "accept-encoding": "br, gzip"}
    with httpx.Client(base_url=address, headers=headers, timeout=READY_S) as browser:
        rows = [_page(bench, browser, path, server) for path in PATHS]
    header = ("page", "CPU, ms", "of 25 ms", "median, ms", "p95, ms", "transferred, bytes")
    title = f"A list page with {LEADS:,} leads, {REQUESTS} requests one after another"
    table(title, header, rows)


def _page(
    bench: Bench, browser: httpx.Client, path: str, server: psutil.Process
) -> tuple[str, ...]:
    for _ in range(WARM):
        page = browser.get(path)
        assert page.status_code == httpx.codes.OK, page.text
    spans, ours_s, theirs_s = [], _cpu_s(server), bench.server_cpu_s()
    for _ in range(REQUESTS):
        begun_s = time.perf_counter()
        page = browser.get(path)
        spans.append((time.perf_counter() - begun_s) * 1000)
    ours_ms = (_cpu_s(server) - ours_s) * 1000 / REQUESTS
    theirs_ms = (bench.server_cpu_s() - theirs_s) * 1000 / REQUESTS
    bytes_all = _transferred(browser, page)
    return (
        path,
        f"{ours_ms:.1f} + {theirs_ms:.1f}",
        f"{(ours_ms + theirs_ms) / SERVER_MS_MAX:.2f} (limit 1)",
        f"{statistics.median(spans):.1f}",
        f"{statistics.quantiles(spans, n=20)[-1]:.1f}",
        f"{bytes_all:,} ({bytes_all / TRANSFERRED_MAX:.2f} of 60,000)",
    )


def _transferred(browser: httpx.Client, page: httpx.Response) -> int:
    """Bytes of the bodies: the page, what it names, what its script imports, the fonts it shows."""
    waiting = re.findall(r'(?:href|src)="(/static/[^"]+|/brand.css[^"]*)"', page.text)
    seen: dict[str, int] = {}
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        file = browser.get(name)
        seen[name] = int(file.headers["content-length"])
        if name.endswith(".js"):
            found = re.findall(r'(?:import|from)\s*"(\.[^"]+)"', file.text)
            waiting += [str(file.url.join(each).path) for each in found]
    if "<code" in page.text:
        mono = next(name for name in seen if "inter.woff2" in name).replace("inter", "mono")
        seen[mono] = int(browser.get(mono).headers["content-length"])
    return int(page.headers["content-length"]) + sum(seen.values())


def _cpu_s(server: psutil.Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system)
