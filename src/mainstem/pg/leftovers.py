"""What a server that was killed leaves behind: its lock files, and perhaps orphaned programs.

PostgreSQL itself replaces the lock files of a dead server. It cannot when another program has got
that process number since, when nobody has collected the dead process, or while a worker still runs.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from pathlib import Path

PID_FILE = "postmaster.pid"
PATIENCE_S = 10
POLL_S = 0.01


def clear(data: Path, socket_lock: Path, cluster_name: str) -> None:
    """End orphaned workers of a dead server on this folder and remove lock files that lie.

    Nothing is touched while the server itself lives. Call it under the cluster's lock.
    """
    lock_files = [file for file in (data / PID_FILE, socket_lock) if file.exists()]
    if not lock_files or any(_server(data, recorded_pid(file)) for file in lock_files):
        return
    _end(_workers(cluster_name))
    for file in lock_files:
        pid = recorded_pid(file)
        if pid is None or psutil.pid_exists(pid):
            file.unlink(missing_ok=True)


def end_makers(folder: Path, bin_dir: Path) -> None:
    """End the programs of a folder that still fill another one for somebody who was killed.

    Whatever else names the folder, such as a listing of it, goes on.
    """
    makers = []
    for process in psutil.process_iter(["cmdline"]):
        words: list[str] = process.info["cmdline"] or []
        if words and words[0].startswith(f"{bin_dir}/") and str(folder) in words:
            makers.append(process)
            with suppress(psutil.NoSuchProcess):
                makers += process.children(recursive=True)
    _end(makers)


def postmaster(data: Path) -> psutil.Process | None:
    """Return the living server process of this data folder, if the pid file names one."""
    return _server(data, recorded_pid(data / PID_FILE))


def _server(data: Path, pid: int | None) -> psutil.Process | None:
    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
        is_ours = str(data) in process.cmdline()
    except psutil.Error:
        return None
    return process if is_ours and not has_ended(process) else None


def has_ended(process: psutil.Process) -> bool:
    """Whether it is gone, or is dead and only waits to be noticed by its parent."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def recorded_pid(pid_file: Path) -> int | None:
    """Return the process number in a pid file; None when the file is absent, empty or garbled."""
    try:
        first = pid_file.read_text(errors="replace").split("\n", 1)[0].strip()
    except FileNotFoundError:
        return None
    return int(first) if first.isascii() and first.isdigit() else None


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
    """Kill: without whom they serve they can neither end their work safely nor be asked."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    deadline = time.monotonic() + PATIENCE_S
    while not all(has_ended(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(POLL_S)
