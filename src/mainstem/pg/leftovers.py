"""What a server that was killed leaves behind: its pid file, and perhaps orphaned workers.

PostgreSQL itself replaces the pid file of a dead server. It cannot when another program has got
that process number since, or while a worker of the dead server still runs.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_S = 10


def clear(data: Path, cluster_name: str) -> None:
    """End orphaned workers of a dead server on this folder and remove a pid file that lies.

    Nothing is touched while the server itself lives. Call it under the cluster's lock.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists() or postmaster(data) is not None:
        return
    _end(_workers(cluster_name))
    if _is_taken_or_unreadable(pid_file):
        pid_file.unlink(missing_ok=True)


def postmaster(data: Path) -> psutil.Process | None:
    """Return the living server process of this data folder, if the pid file names one."""
    pid = recorded_pid(data / "postmaster.pid")
    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
        is_ours = str(data) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return None
    return process if is_ours else None


def recorded_pid(pid_file: Path) -> int | None:
    """Return the process number in a pid file; None when the file is absent, empty or garbled."""
    try:
        first = pid_file.read_text(errors="replace").split("\n", 1)[0].strip()
    except FileNotFoundError:
        return None
    return int(first) if first.isascii() and first.isdigit() else None


def _is_taken_or_unreadable(pid_file: Path) -> bool:
    pid = recorded_pid(pid_file)
    return pid is None or psutil.pid_exists(pid)


def _workers(cluster_name: str) -> list[psutil.Process]:
    """Return the processes whose title names the cluster, as its workers' do."""
    title = f"postgres: {cluster_name}:"
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words: list[str] = process.info["cmdline"] or []
        if words and " ".join(words).startswith(title):
            found.append(process)
    return found


def _end(processes: list[psutil.Process]) -> None:
    """Kill: without their server they can neither commit safely nor be asked."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=PATIENCE_S)
