"""The server as a process of its own: start it, wait until it answers, end it."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from mainstem.errors import UsageError
from mainstem.pg.connect import describe
from mainstem.server.model import Health
from mainstem.server.record import LOG, Record, code_state, running

if TYPE_CHECKING:
    from pathlib import Path

START_LIMIT_S = 30.0
STOP_LIMIT_S = 15.0
ANSWER_LIMIT_S = 10.0
POLL_S = 0.05
LOG_LINES_SHOWN = 3

#: servers that this process started, by process number: whoever ends one here also reaps it
_children: dict[int, subprocess.Popen[bytes]] = {}


def start(url: str, *, home: Path, host: str, port: int) -> tuple[Record, bool]:
    """A server for that database that outlives this process; True when it had to be started.

    A server of the home that runs already for the same database is taken as it is; one for another
    database, or of code that was replaced since, is ended first.

    Raises:
        UsageError: it does not start; the message has the end of its log.
    """
    found = running(home)
    if found is not None:
        is_same = found.database == describe(url) and found.code == code_state()
        if is_same and health(found.address) is not None:
            return found, False
        stop(home)
    home.mkdir(parents=True, exist_ok=True, mode=0o711)
    with (home / LOG).open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "mainstem.server", host, str(port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=os.environ | {"DATABASE_URL": url, "MAINSTEM_HOME": str(home)},
            start_new_session=True,
        )
    _children[child.pid] = child
    return _wait(child, home), True


def stop(home: Path) -> Record | None:
    """End the server of the home and wait for it; None when none runs.

    Raises:
        UsageError: it does not end.
    """
    found = running(home)
    if found is None:
        return None
    os.kill(found.pid, signal.SIGTERM)
    ends_s = time.monotonic() + STOP_LIMIT_S
    while running(home) is not None:
        if time.monotonic() > ends_s:
            raise UsageError(f"the server (process {found.pid}) does not end; end it by hand")
        time.sleep(POLL_S)
    child = _children.pop(found.pid, None)
    if child is not None:
        child.wait(STOP_LIMIT_S)
    return found


def health(address: str) -> Health | None:
    """What the server at that address says of itself; None when it does not answer."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=ANSWER_LIMIT_S)
    try:
        connection.request("GET", "/api/health")
        return msgspec.json.decode(connection.getresponse().read(), type=Health)
    except (OSError, http.client.HTTPException, msgspec.DecodeError):
        return None
    finally:
        connection.close()


def _wait(child: subprocess.Popen[bytes], home: Path) -> Record:
    """Wait until the child serves; a child that ends or hangs is a failure with its log's end."""
    ends_s = time.monotonic() + START_LIMIT_S
    while child.poll() is None and time.monotonic() < ends_s:
        found = running(home)
        if found is not None and found.pid == child.pid and health(found.address) is not None:
            return found
        time.sleep(POLL_S)
    child.terminate()
    child.wait(STOP_LIMIT_S)
    said = (home / LOG).read_text("utf-8", "replace").strip().splitlines()[-LOG_LINES_SHOWN:]
    raise UsageError(f"the server does not start: {' | '.join(said) or 'it said nothing'}")
