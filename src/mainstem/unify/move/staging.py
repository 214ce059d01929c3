"""Staging all tables of a plan; a large file with a second process that reads half of it.

Reading SQLite and writing COPY text keeps one core of ours busy, the server half of one. The second
process is a new interpreter with a connection of its own; when it dies, its tables are gone on with
here.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainstem.errors import MainstemError, SourceError
from mainstem.pg.connect import clear_errors
from mainstem.unify.catalog.sqlite import open_source, read_catalog
from mainstem.unify.ledger import store
from mainstem.unify.move.across import make_empty, merge_tasks, read_by_merges
from mainstem.unify.move.file_source import FileSource
from mainstem.unify.move.merge import merge_name, merge_rows
from mainstem.unify.move.sample import keep_sample
from mainstem.unify.move.server_source import ServerSource
from mainstem.unify.move.server_stage import stage_task
from mainstem.unify.move.session import open_helper
from mainstem.unify.move.stage import stage_name, stage_table
from mainstem.unify.move.stale import forget_stale

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection as Pipe
    from pathlib import Path

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Catalog
    from mainstem.unify.catalog.sqlite import Fingerprint, SqliteSource
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.move.run import Move
    from mainstem.unify.move.schedule import Task
    from mainstem.unify.plan.model import Plan, PlannedSource, PlannedTable
    from mainstem.unify.progress import Reporter, Step

    Connection = psycopg.Connection[TupleRow]

#: rows of a source from which starting a second process is worth its time
TWO_PROCESSES_ROWS_MIN = 200_000

_JOIN_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Staging:
    """One connection's part of staging."""

    connection: Connection
    run: Run
    plan: Plan
    source: SqliteSource
    catalog: Catalog
    reporter: Reporter

    def stage(self, planned: PlannedTable) -> None:
        """Read a table, and make one of the rows that are the same."""
        stage_table(
            self.connection,
            self.run,
            planned,
            source=self.source,
            table=self.catalog.table(planned.table),
            reporter=self.reporter,
        )
        if planned.merge:
            self.reporter.step(merge_name(planned.name), None)
            merge_rows(self.connection, self.run, planned, self.plan)


def stage_all(
    move: Move, run: Run, tables: Sequence[PlannedTable], *, beside: Iterable[Task] = ()
) -> None:
    """Stage the tables of all sources, each whole or not at all recorded as done; then merge.

    `beside`: what else may be done meanwhile, where a connection has nothing better to do.

    Raises SourceError when a source cannot be read, or changed.
    """
    forget_stale(move, run, tables)
    make_empty(move.session.main, run, move.plan)
    move.session.main.commit()
    # Files first: their second process takes the helper's place, which servers use to the end.
    for source in move.sources.values():
        if isinstance(source, FileSource):
            staging = Staging(
                move.session.main, run, move.plan, source.file, source.catalog, move.reporter
            )
            own = [table for table in tables if table.source == source.planned.name]
            _stage_file(staging, source.planned, own, url=move.session.url)
    tasks = list(_server_tasks(move, run, tables))
    if move.share is not None:
        move.session.do(tasks)
        keep_sample(move, run, move.share)
        tasks = []
    move.session.do([*merge_tasks(move, run), *tasks, *beside])


def _server_tasks(move: Move, run: Run, tables: Sequence[PlannedTable]) -> Iterator[Task]:
    """What is left to stage of all servers: what merges wait for, then the largest tables first."""
    staged = store.step_names(move.session.main, run.id)
    move.session.main.commit()
    first = read_by_merges(move.plan)
    for table in sorted(tables, key=lambda t: (t.name in first, t.row_count), reverse=True):
        source = move.sources[table.source]
        if isinstance(source, ServerSource) and stage_name(table.name) not in staged:
            yield stage_task(move, run, source, table)


def _stage_file(
    staging: Staging, source: PlannedSource, tables: Sequence[PlannedTable], *, url: str
) -> None:
    ours, theirs = _halves(tables)
    if sum(table.row_count for table in tables) < TWO_PROCESSES_ROWS_MIN:
        ours, theirs = list(tables), []
    with _second_process(staging, source, theirs, url=url) as second:
        for planned in ours:
            staging.stage(planned)
        if second is not None:
            second.wait()
    for planned in theirs:
        staging.stage(planned)


def _halves(tables: Sequence[PlannedTable]) -> tuple[list[PlannedTable], list[PlannedTable]]:
    """Two shares of about the same number of values; rows to merge come first."""
    shares: tuple[list[PlannedTable], list[PlannedTable]] = ([], [])
    sizes = [0, 0]
    for table in sorted(tables, key=lambda t: t.row_count * len(t.staged), reverse=True):
        lighter = sizes.index(min(sizes))
        shares[lighter].append(table)
        sizes[lighter] += table.row_count * len(table.staged)
    for share in shares:
        share.sort(key=lambda table: not table.merge)
    return shares


class _Second:
    """The second process, as the first one sees it."""

    def __init__(self, pipe: Pipe[Any, Any], reporter: Reporter) -> None:
        self._pipe = pipe
        self._reporter = reporter
        self._steps: dict[str, Step] = {}
        self._failure: MainstemError | None = None
        self._thread = threading.Thread(target=self._listen, name="unify-second", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until it is done, or gone; raises what it met with."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _listen(self) -> None:
        while True:
            try:
                message = self._pipe.recv()
            except (EOFError, OSError):
                return
            if isinstance(message, MainstemError):
                self._failure = message
                return
            kind, name, rows = message
            if kind == "step":
                self._steps[name] = self._reporter.step(name, rows)
            else:
                self._steps[name].advance(rows)


@contextmanager
def _second_process(
    staging: Staging, source: PlannedSource, tables: Sequence[PlannedTable], *, url: str
) -> Iterator[_Second | None]:
    if not tables:
        yield None
        return
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=_serve,
        args=(
            theirs,
            url,
            staging.run,
            source.path,
            staging.plan,
            list(tables),
            staging.source.opened,
        ),
        daemon=True,
    )
    process.start()
    theirs.close()
    try:
        yield _Second(ours, staging.reporter)
    finally:
        process.terminate()
        process.join(_JOIN_TIMEOUT_S)
        ours.close()


def _serve(
    pipe: Pipe[Any, Any],
    url: str,
    run: Run,
    path: Path,
    plan: Plan,
    tables: Sequence[PlannedTable],
    opened: Fingerprint,
) -> None:
    """The second process: stage the tables, tell how far it is, and end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started us ends us
    parent = os.getppid()
    try:
        with open_source(path) as source, clear_errors("stage the source"):
            if source.opened != opened:
                raise SourceError(f"{path} changed while it was read; run again")
            connection = open_helper(url)
            try:
                staging = Staging(
                    connection, run, plan, source, read_catalog(source), _Telling(pipe, parent)
                )
                for table in tables:
                    staging.stage(table)
            finally:
                connection.close()
    except MainstemError as error:
        pipe.send(error)
    except BrokenPipeError:
        return


class _Telling:
    """A reporter that tells the first process, and ends with it."""

    def __init__(self, pipe: Pipe[Any, Any], parent: int) -> None:
        self._pipe = pipe
        self._parent = parent

    def say(self, line: str) -> None:
        """Staging says nothing."""

    def step(self, name: str, rows: int | None) -> _TellingStep:
        """A step begins there."""
        self.tell("step", name, rows)
        return _TellingStep(self, name)

    def tell(self, kind: str, name: str, rows: int | None) -> None:
        """Send; nobody may be there to listen any more: then nothing more may be staged."""
        if os.getppid() != self._parent:
            raise BrokenPipeError
        self._pipe.send((kind, name, rows))


@dataclass(frozen=True)
class _TellingStep:
    telling: _Telling
    name: str

    def advance(self, rows: int) -> None:
        """Rows were read."""
        self.telling.tell("advance", self.name, rows)
