"""An embedded server for a benchmark, and what programs cost that work with it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
from psycopg import sql

from benchmarks.harness import MEBIBYTE, run_measured, workspace
from mainstem.pg.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAINSTEM = str(Path(sys.executable).parent / "mainstem")
QUARANTINE_EXITS = (0, 3)


@dataclass(frozen=True)
class Cost:
    """What one thing took: time, CPU of its processes and of the server, its largest memory."""

    wall_s: float
    client_s: float
    server_s: float
    peak_bytes: int = 0

    def __add__(self, other: Cost) -> Cost:
        """One thing after another."""
        return Cost(
            self.wall_s + other.wall_s,
            self.client_s + other.client_s,
            self.server_s + other.server_s,
            max(self.peak_bytes, other.peak_bytes),
        )

    def without(self, wall_s: float) -> Cost:
        """The same but for a part of its time."""
        return replace(self, wall_s=self.wall_s - wall_s)

    def cells(self, raw: Cost) -> tuple[str, ...]:
        """Seconds, ratio to raw, CPU seconds of client and server, memory."""
        return (
            f"{self.wall_s:.1f}",
            f"{self.wall_s / raw.wall_s:.2f}",
            f"{self.client_s:.1f} + {self.server_s:.1f}",
            f"{self.peak_bytes / MEBIBYTE:.0f} MiB" if self.peak_bytes else "",
        )


@dataclass(frozen=True)
class Bench:
    """Where this run keeps its files and which server it uses."""

    folder: Path
    server: EmbeddedServer
    rows: int

    def create_database(self, name: str) -> str:
        """Create an empty database and return its URL."""
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        return self.server.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database with all that is in it."""
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {}").format(sql.Identifier(name)))

    def mainstem(self, *arguments: str, url: str) -> Cost:
        """Run our command line against a database."""
        environment = {"DATABASE_URL": url, "MAINSTEM_HOME": str(self.folder / "home")}
        return self.program(MAINSTEM, *arguments, environment=environment, exits=QUARANTINE_EXITS)

    def program(
        self,
        *command: str,
        environment: dict[str, str] | None = None,
        exits: Sequence[int] = (0,),
    ) -> Cost:
        """Run a program that uses the server."""
        before_s = self.server_cpu_s()
        ran = run_measured(command, environment=environment, exits=exits)
        return Cost(ran.wall_s, ran.cpu_s, self.server_cpu_s() - before_s, ran.peak_bytes)

    def server_cpu_s(self) -> float:
        """CPU seconds of the server until now, its ended sessions included."""
        pid = self.server.pid()
        assert pid is not None
        main = psutil.Process(pid)
        own = main.cpu_times()
        seconds = own.user + own.system + own.children_user + own.children_system
        for child in main.children():
            with suppress(psutil.NoSuchProcess):
                seconds += child.cpu_times().user + child.cpu_times().system
        return float(seconds)

    def postgres(self, name: str, *arguments: str) -> str:
        """Run one of PostgreSQL's own programs and return what it prints."""
        command = [str(self.server.bin_dir / name), *arguments]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        if finished.returncode != 0:
            sys.exit(f"{name} failed:\n{finished.stderr[-2000:]}")
        return finished.stdout


@contextmanager
def open_bench(name: str) -> Iterator[Bench]:
    """A server of its own, for so many rows as MAINSTEM_BENCH_ROWS says; ends with the block."""
    rows = int(os.environ.get("MAINSTEM_BENCH_ROWS", "4000000"))
    with workspace(name) as folder:
        server = EmbeddedServer(folder / "home")
        server.start()
        try:
            yield Bench(folder, server, rows)
        finally:
            server.stop()
