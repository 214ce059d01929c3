"""A worker beside a server, for as long as that runs: `make run` does its jobs so.

It is a process of its own, which ends with the server however that ends: they are tied by a pipe.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mainstem.errors import MainstemError
from mainstem.jobs import Options, Worker
from mainstem.pg.target import database_url
from mainstem.revos.sending import QUEUE
from mainstem.server import demonstration, workers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mainstem.server.sandbox import Running

END_LIMIT_S = 5.0


@contextmanager
def demonstrating(
    running: Running | None, environment: Mapping[str, str], *, url: str, server: str
) -> Iterator[None]:
    """Let the sandbox's agency live beside the block, where there is a sandbox.

    Args:
        running: the sandbox.
        environment: settings that hold for the worker as well.
        url: the database's address.
        server: our own address, which links in messages lead to.
    """
    agency_id = None
    if running is not None:
        agency_id = demonstration.begin(url, running.accounts, at=datetime.now(UTC))
    if running is None or agency_id is None:
        yield
    else:
        with worker(url, {**environment, **running.worker(server, agency_id)}):
            yield


@contextmanager
def worker(url: str, environment: Mapping[str, str]) -> Iterator[None]:
    """Have a worker do RevOS's jobs in a database beside the block.

    Args:
        url: the database's address.
        environment: the worker's settings.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "mainstem.server.beside"],
        stdin=subprocess.PIPE,
        env={**environment, "DATABASE_URL": url},
        start_new_session=True,
    )
    try:
        yield
    finally:
        assert child.stdin is not None, "it was asked for"
        child.stdin.close()
        try:
            child.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def main() -> None:
    """Work until the pipe is closed; a failure that has a name is one line in the server's log."""
    ends = threading.Event()
    threading.Thread(target=_watch, args=(ends,), daemon=True).start()
    url = database_url()
    try:
        registry = workers.registry(url)
        workers.schedule(url)
        Worker(url, registry, Options(queues=(QUEUE,))).run(ends)
    except MainstemError as error:
        sys.exit(f"mainstem worker: {error}")


def _watch(ends: threading.Event) -> None:
    os.read(sys.stdin.fileno(), 1)
    ends.set()


if __name__ == "__main__":
    main()
