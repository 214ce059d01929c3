"""A second process that loads half of a large table on a connection of its own.

Reading SQLite and writing COPY text keeps one core of ours busy for twice as long as the server
needs one: a second process halves that. It is a new interpreter, given nothing but the task.
"""

from __future__ import annotations

import multiprocessing
import signal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import psycopg

from mainstem.errors import MainstemError, SourceError, UnifyError
from mainstem.pg.connect import configure, connect
from mainstem.unify.catalog.sqlite import Fingerprint, open_source
from mainstem.unify.copy.load import Counts, LoadOrder, Part, PartLoad

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess
    from pathlib import Path

    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.ledger.rows import Run

    Misfits: TypeAlias = Mapping[str, int]

_JOIN_TIMEOUT_S: Final = 10.0
_SETTINGS: Final = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "search_path": "",
    "synchronous_commit": "off",
    "client_min_messages": "warning",
}


class Lane:
    """The second process; started when it is first needed."""

    def __init__(self, url: str, path: Path, opened: Fingerprint) -> None:
        self._arguments = (url, path, opened)
        self._process: SpawnProcess | None = None
        self._connection: Connection[Any, Any] | None = None
        self._done: Counts | None = None

    def prepare(self) -> None:
        """Start the process, so that it is ready when it is needed."""
        if self._process is None:
            context = multiprocessing.get_context("spawn")
            self._connection, theirs = context.Pipe()
            self._process = context.Process(
                target=_serve, args=(theirs, *self._arguments), daemon=True
            )
            self._process.start()
            theirs.close()

    def start(self, run: Run, order: LoadOrder, part: Part) -> None:
        """Have a part of a table loaded; `finish` tells how it went."""
        self.prepare()
        assert self._connection is not None
        self._connection.send((run, order, part))

    def poll(self, hear: Callable[[int, Misfits], None]) -> None:
        """Hear what the process has committed since: rows, and the misfits of its part so far.

        Raises what the process met with, UnifyError when it ended early.
        """
        while self._connection is not None and self._connection.poll():
            self._receive(hear)

    def finish(self, hear: Callable[[int, Misfits], None]) -> Counts:
        """Wait for the end of the part; raises as `poll`."""
        while self._done is None:
            self._receive(hear)
        done, self._done = self._done, None
        return done

    def stop(self) -> None:
        """End the process; what it has not committed is lost."""
        if self._process is not None and self._connection is not None:
            self._connection.close()
            self._process.terminate()
            self._process.join(_JOIN_TIMEOUT_S)
        self._process = self._connection = None

    def _receive(self, hear: Callable[[int, Misfits], None]) -> None:
        assert self._connection is not None
        try:
            message = self._connection.recv()
        except EOFError:
            raise UnifyError("the second process of the copy ended early; run it again") from None
        if isinstance(message, BaseException):
            raise message
        if isinstance(message, Counts):
            self._done = message
        else:
            hear(*message)


def _serve(connection: Connection[Any, Any], url: str, path: Path, opened: Fingerprint) -> None:
    """Load parts until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started us ends us
    try:
        with (
            open_source(path) as source,
            connect(url, autocommit=True, application_name="mainstem unify lane") as target,
        ):
            if source.opened != opened:
                raise SourceError(f"{path} changed while it was read; run again")
            configure(target, _SETTINGS)
            while True:
                _load(connection, target, source, *connection.recv())
    except (EOFError, BrokenPipeError):
        return
    except (MainstemError, psycopg.Error) as error:
        connection.send(error)


def _load(
    connection: Connection[Any, Any],
    target_connection: psycopg.Connection[TupleRow],
    source: SqliteSource,
    run: Run,
    order: LoadOrder,
    part: Part,
) -> None:
    latest: dict[str, int] = {}

    def remember(misfits: Misfits) -> None:
        latest.update(misfits)

    def tell(rows: int) -> None:
        connection.send((rows, dict(latest)))

    load = PartLoad(target_connection, run, source, order, part=part)
    connection.send(load.run(remember, tell))
