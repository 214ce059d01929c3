"""Ends statements from outside, because a statement can switch its own limit off.

A second connection, a superuser's, cancels a statement that is over its time, then ends its
connection, then the cluster. The same thread watches the size of the cluster on disk.
"""

from __future__ import annotations

import enum
import os
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import psycopg

from mainstem.errors import ServerError
from mainstem.pg import cluster as clusters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from psycopg.rows import TupleRow

    from mainstem.unify.replay.limits import Limits
    from mainstem.unify.replay.scratch import Scratch

TICK_S: Final = 0.1
SIZE_EVERY_S: Final = 0.3
_LAST_GRACE_S: Final = 5.0


class Ended(enum.Enum):
    """Why the watchdog ended something."""

    TIME = "it took longer than its limit"
    DISK = "the scratch server was larger than its limit"
    CLUSTER = "a statement could not be ended, so the scratch server was"


class Watchdog:
    """Watches one statement at a time. `ended` says why it last interfered."""

    def __init__(self, scratch: Scratch, limits: Limits) -> None:
        self._scratch = scratch
        self._limits = limits
        self._lock = threading.Lock()
        self._watched: tuple[int, float] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._connection: psycopg.Connection[TupleRow] = scratch.keeper()
        self.ended: Ended | None = None
        self._thread.start()

    @contextmanager
    def watching(self, process_id: int) -> Iterator[None]:
        """Watch what one connection runs meanwhile."""
        with self._lock:
            self._watched = (process_id, time.monotonic())
        try:
            yield
        finally:
            with self._lock:
                self._watched = None

    @property
    def is_at_end(self) -> bool:
        """Whether nothing may run any more."""
        return self.ended in {Ended.DISK, Ended.CLUSTER}

    def renew(self) -> None:
        """Forget what happened, before the next replay."""
        self.ended = None

    def close(self) -> None:
        """Stop watching."""
        self._stopping.set()
        self._thread.join()
        self._connection.close()

    def _watch(self) -> None:
        sized_at = 0.0
        while not self._stopping.wait(TICK_S):
            # Not under the lock, and not at every look: it takes as long as a few statements.
            if self._watched is not None and time.monotonic() - sized_at > SIZE_EVERY_S:
                if size_bytes(self._scratch.folder) > self._limits.disk_bytes:
                    self.ended = Ended.DISK
                sized_at = time.monotonic()
            with self._lock, suppress(psycopg.Error):
                if self._watched is not None:
                    self._look(*self._watched)

    def _look(self, process_id: int, since: float) -> None:
        over_s = time.monotonic() - since - self._limits.statement_s
        if self.ended is Ended.DISK:
            self._end(process_id)
        elif over_s > 2 * self._limits.grace_s + _LAST_GRACE_S:
            self.ended = Ended.CLUSTER
            with suppress(ServerError):
                clusters.stop(self._scratch.server.cluster(), mode="immediate")
        elif over_s > 2 * self._limits.grace_s:
            self.ended = Ended.TIME
            self._end(process_id)
        elif over_s > self._limits.grace_s:
            self._connection.execute("select pg_cancel_backend(%s)", (process_id,))

    def _end(self, process_id: int) -> None:
        self._connection.execute("select pg_terminate_backend(%s)", (process_id,))


def size_bytes(folder: Path) -> int:
    """What a folder takes on disk; files that vanish meanwhile count as nothing."""
    total = 0
    for directory, _, files in os.walk(folder):
        for name in files:
            with suppress(OSError):
                total += os.lstat(os.path.join(directory, name)).st_blocks * 512  # noqa: PTH118 - quick
    return total
