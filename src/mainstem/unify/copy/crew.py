"""Two workers for what may be done in any order: a thread of its own, and the caller."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg
    from psycopg.rows import TupleRow

    Connection: TypeAlias = psycopg.Connection[TupleRow]
    Task: TypeAlias = Callable[[Connection], None]

_CANCEL_TIMEOUT_S = 5.0


class Crew:
    """Runs tasks on the thread's connection at once, and on the caller's while it waits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tasks: queue.Queue[Task | None] = queue.Queue()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="mainstem-crew", daemon=True)
        self._thread.start()

    def add(self, task: Task) -> None:
        """Have something done as soon as a worker is free."""
        self._tasks.put(task)

    def drain(self, connection: Connection) -> None:
        """Help, on the caller's connection, until everything added is done.

        Raises what a task raised.
        """
        while True:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                break
            self._do(task, connection)
        self._tasks.join()
        self.check()

    def check(self) -> None:
        """Raise what a task raised, if one did."""
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Give up what waits, cancel what runs, and end the thread."""
        while not self._tasks.empty():
            self._tasks.get_nowait()
            self._tasks.task_done()
        self._tasks.put(None)
        if self._tasks.unfinished_tasks > 1 and not self._connection.closed:
            self._connection.cancel_safe(timeout=_CANCEL_TIMEOUT_S)
        self._thread.join()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            self._do(task, self._connection)

    def _do(self, task: Task | None, connection: Connection) -> None:
        try:
            if task is not None and self._failure is None:
                task(connection)
        except BaseException as error:  # noqa: BLE001 - kept for the caller, who raises it
            self._failure = error
        finally:
            self._tasks.task_done()
