"""Tasks with an order among them, done on several connections at the same time."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from psycopg.rows import TupleRow

    Connection: TypeAlias = psycopg.Connection[TupleRow]

_CANCEL_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Task:
    """Something to do in a transaction of its own, which it commits.

    Tasks that share a table do not run at the same time, unless all of them only share it: the
    server would make one wait for the other, and a lock that is waited for long enough is an error.
    """

    name: str
    do: Callable[[Connection], None]
    #: names of the tasks that must be done before
    after: frozenset[str] = frozenset()
    #: tables that it locks against everyone
    alone_on: frozenset[str] = frozenset()
    #: tables that others of the same kind may use beside it
    shared: frozenset[str] = frozenset()


@dataclass
class _Board:
    """What waits, what runs, what is done. Guarded by `changed`."""

    waiting: list[Task]
    done: set[str]
    running: list[Task] = field(default_factory=list)
    failure: BaseException | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self) -> Task | None:
        """The next task that may run; waits for one; None when there is nothing left to do."""
        with self.changed:
            while self.waiting and self.failure is None:
                for task in self.waiting:
                    if task.after <= self.done and not any(_clash(task, r) for r in self.running):
                        self.waiting.remove(task)
                        self.running.append(task)
                        return task
                assert self.running, f"no task can begin: {[task.name for task in self.waiting]}"
                self.changed.wait()
        return None

    def finish(self, task: Task, failure: BaseException | None) -> None:
        """Note that a task ended."""
        with self.changed:
            self.running.remove(task)
            self.done.add(task.name)
            self.failure = self.failure or failure
            self.changed.notify_all()


def do_tasks(tasks: Iterable[Task], connections: Sequence[Connection]) -> None:
    """Do all tasks, those that come first with preference; raises what a task raised.

    When one fails, or the caller is interrupted, no further task begins, and those that run are
    cancelled.
    """
    waiting = list(tasks)
    names = {task.name for task in waiting}
    board = _Board(waiting, done={name for task in waiting for name in task.after} - names)
    threads = [
        threading.Thread(target=_work, args=(board, connection), name=f"unify-{number}")
        for number, connection in enumerate(connections)
    ]
    for thread in threads:
        thread.start()
    try:
        _wait(board)
    finally:
        with board.changed:
            board.waiting.clear()
            is_cut_short = bool(board.running)
            board.changed.notify_all()
        for thread, connection in zip(threads, connections, strict=True):
            if is_cut_short and not connection.closed:
                connection.cancel_safe(timeout=_CANCEL_TIMEOUT_S)
            thread.join()
    if board.failure is not None:
        raise board.failure


def _wait(board: _Board) -> None:
    with board.changed:
        while board.failure is None and (board.waiting or board.running):
            board.changed.wait()


def _work(board: _Board, connection: Connection) -> None:
    while (task := board.take()) is not None:
        failure: BaseException | None = None
        try:
            task.do(connection)
        except BaseException as error:  # noqa: BLE001 - kept for the caller, who raises it
            failure = error
            with suppress(psycopg.Error):
                connection.rollback()
        board.finish(task, failure)


def _clash(one: Task, other: Task) -> bool:
    return bool(
        one.alone_on & (other.alone_on | other.shared)
        or other.alone_on & (one.alone_on | one.shared)
    )
