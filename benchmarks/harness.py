"""Time whole processes and print figures; nothing here knows what is measured."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Measured:
    """What one finished process took."""

    wall_s: float
    cpu_s: float
    peak_bytes: int


def run_measured(
    command: Sequence[str],
    *,
    environment: dict[str, str] | None = None,
    exits: Sequence[int] = (0,),
) -> Measured:
    """Run a command to its end and return its time and its largest memory.

    Raises SystemExit with the end of its output when it exits with another code than `exits`.
    """
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            list(command),
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | (environment or {}),
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in exits:
            output.seek(0)
            tail = output.read().decode(errors="replace")[-2000:]
            sys.exit(f"{' '.join(command)} exited with {process.returncode}:\n{tail}")
    return Measured(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


@contextmanager
def stopwatch(times: dict[str, float], name: str) -> Iterator[None]:
    """Add the seconds that the block takes to `times[name]`."""
    started = time.perf_counter()
    yield
    times[name] = times.get(name, 0.0) + time.perf_counter() - started


def machine() -> str:
    """One line that says on what the figures were taken."""
    cores = os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return (
        f"{cores} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}"
    )


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows as a Markdown table, ready for docs/benchmarks.md."""
    print(f"\n### {title}\n")
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    sys.stdout.flush()


@contextmanager
def workspace(name: str) -> Iterator[Path]:
    """A temporary folder that the database's own user may read files from."""
    with tempfile.TemporaryDirectory(prefix=f"mainstem-bench-{name}-") as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path
