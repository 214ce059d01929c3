"""The two connections of a run, their settings, and the lock that keeps a second run away."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from mainstem.errors import TargetError
from mainstem.pg.connect import configure, connect
from mainstem.unify.move.schedule import do_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg.rows import TupleRow

    from mainstem.unify.move.schedule import Task

    Connection = psycopg.Connection[TupleRow]

#: a killed run's sessions notice within a second that nobody listens; this is how long we wait
LOCK_WAIT_S = 5
#: how long a statement waits for a table that another program holds
TABLE_LOCK_WAIT_S = 30

_MAIN_LOCK, _HELPER_LOCK = 7_301_186_002, 7_301_186_003

_SETTINGS = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "client_encoding": "UTF8",
    # Every name in a stored definition is then qualified, and none depends on who runs it.
    "search_path": "",
    "row_security": "off",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": f"{TABLE_LOCK_WAIT_S}s",
    "work_mem": "128MB",
    "maintenance_work_mem": "256MB",
    "jit": "off",
    # A small sample is enough for the run: autovacuum takes a larger one in its own time.
    "default_statistics_target": "20",
    # What a commit says is on disk only a moment later; each step records itself in its own
    # transaction, so that a crash loses steps and never half of one.
    "synchronous_commit": "off",
    "client_min_messages": "warning",
}


class Session:
    """The main connection, and a helper that works beside it. Neither commits by itself.

    The helper is opened when it is first used: before, a second process may hold its lock.
    """

    def __init__(self, url: str, *, lock_wait_s: float) -> None:
        self.url = url
        self._lock_wait_s = lock_wait_s
        self._helper: Connection | None = None
        self.main = _open(url, "run", _MAIN_LOCK, wait_s=lock_wait_s)

    @property
    def helper(self) -> Connection:
        """The second connection.

        Raises TargetError when a killed run still works on the server.
        """
        if self._helper is None:
            self._helper = open_helper(self.url, lock_wait_s=self._lock_wait_s)
        return self._helper

    def do(self, tasks: Sequence[Task]) -> None:
        """Do tasks on both connections; where there is nothing to do, nothing is opened."""
        if tasks:
            do_tasks(tasks, [self.main, self.helper])

    def close(self) -> None:
        """Close both; what is not committed is gone."""
        self.main.close()
        if self._helper is not None:
            self._helper.close()


@contextmanager
def open_session(url: str, *, lock_wait_s: float = LOCK_WAIT_S) -> Iterator[Session]:
    """Open a session and hold the lock of runs until the end.

    Raises:
        ServerError: the server cannot be reached.
        TargetError: another run is under way in this database.
    """
    session = Session(url, lock_wait_s=lock_wait_s)
    try:
        yield session
    finally:
        session.close()


def open_helper(url: str, *, lock_wait_s: float = LOCK_WAIT_S) -> Connection:
    """Open a connection that holds the helper's lock."""
    return _open(url, "helper", _HELPER_LOCK, wait_s=lock_wait_s)


def _open(url: str, role: str, lock: int, *, wait_s: float) -> Connection:
    connection = connect(url, application_name=f"mainstem unify {role}")
    try:
        _configure(connection)
        _take_lock(connection, lock, wait_s=wait_s)
    except BaseException:
        connection.close()
        raise
    return connection


def _configure(connection: Connection) -> None:
    configure(connection, _SETTINGS)
    try:
        # Linux servers only: a backend whose client was killed stops instead of working on.
        with connection.transaction():
            connection.execute("set client_connection_check_interval = '1s'")
    except psycopg.errors.InvalidParameterValue:
        pass
    connection.commit()


def _take_lock(connection: Connection, lock: int, *, wait_s: float) -> None:
    try:
        with connection.transaction():
            connection.execute(
                sql.SQL("set local lock_timeout = {}").format(
                    sql.Literal(f"{max(1, round(wait_s * 1000))}ms")
                )
            )
            connection.execute("select pg_advisory_lock(%s)", (lock,))
    except psycopg.errors.LockNotAvailable:
        raise TargetError(
            "another unification is under way in this database; wait until it ends and run again"
        ) from None
    connection.commit()
