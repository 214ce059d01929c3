"""Copying the files of a run: two at a time, each whole, from where an earlier call stopped."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

from mainstem.errors import SourceError
from mainstem.stores.opening import open_source, open_target
from mainstem.unify.files import ledger
from mainstem.unify.files.ledger import Done, State
from mainstem.unify.files.listing import list_files
from mainstem.unify.files.owners import read_owners
from mainstem.unify.files.settings import write_place
from mainstem.unify.ledger import store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.stores.model import Store
    from mainstem.unify.catalog.postgres_source import PostgresSource
    from mainstem.unify.files.ledger import FileRow
    from mainstem.unify.files.model import Files
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.plan.model import Plan
    from mainstem.unify.progress import Reporter

    Connection = psycopg.Connection[TupleRow]

CONNECTIONS = 2
#: files after which what was done is committed
BATCH = 200


def move_files(
    connection: Connection,
    run: Run,
    plan: Plan,
    servers: Mapping[str, PostgresSource],
    *,
    reporter: Reporter,
) -> None:
    """Copy the files of a plan that are not copied yet; commits as it goes.

    Raises:
        ConfigError: keys are not set.
        SourceError: a store or its metadata cannot be read; run again to go on.
        TargetError: a store cannot be written; run again to go on.
    """
    for position, files in enumerate(plan.files, start=1):
        if store.read_step(connection, run.id, step_of(position)) is None:
            reporter.step(f"list {files.called}", None)
            list_files(
                connection,
                run.id,
                position,
                files,
                server=servers.get(files.source),
                owners=read_owners(connection, run, plan, files),
            )
            ledger.fill_quarantine(connection, run.id, position, files.called)
            note_listed(connection, run, position, files)
            connection.commit()
        copy_files(connection, run, position, files, reporter=reporter)


def step_of(position: int) -> str:
    """The step that says that files are listed."""
    return f"files {position}"


def note_listed(connection: Connection, run: Run, position: int, files: Files) -> None:
    """Say in the ledger that files are listed, and where they go; does not commit."""
    detail = {"called": files.called, "to": write_place(files.target)}
    store.save_step(connection, run.id, name=step_of(position), position=position, detail=detail)


def copy_files(
    connection: Connection,
    run: Run,
    position: int,
    files: Files,
    *,
    reporter: Reporter,
    is_read_back: bool = False,
) -> int:
    """Copy the files that are listed and not copied yet; how many. Commits as it goes.

    `is_read_back`: what arrived is read again, and held against what was sent.

    Raises ConfigError, SourceError and TargetError, as `move_files` does.
    """
    copying = _Copying(connection, run, position, files, copy_back if is_read_back else copy)
    copying.do(reporter)
    return copying.copied


@dataclass(frozen=True)
class Pair:
    """The two stores as one thread has them open."""

    source: Store
    target: Store


#: does something with a file
Step: TypeAlias = "Callable[[Pair, FileRow], Done]"


class Pairs:
    """Pairs of open stores, of which each thread borrows one."""

    def __init__(self, pool: ThreadPoolExecutor, pairs: SimpleQueue[Pair]) -> None:
        self._pool = pool
        self._pairs = pairs

    def each(self, step: Step, rows: Iterable[FileRow]) -> Iterator[Done]:
        """Do something with each file, two at a time; in their order."""

        def lent(row: FileRow) -> Done:
            pair = self._pairs.get()
            try:
                return _or_gone(step, pair, row)
            finally:
                self._pairs.put(pair)

        return self._pool.map(lent, rows)


@contextmanager
def open_pairs(files: Files) -> Iterator[Pairs]:
    """Both stores, open as often as files are copied at a time."""
    with ExitStack() as stack:
        pairs: SimpleQueue[Pair] = SimpleQueue()
        for _ in range(CONNECTIONS):
            source = stack.enter_context(open_source(files.origin))
            target = stack.enter_context(open_target(files.target))
            pairs.put(Pair(source, target))
        yield Pairs(stack.enter_context(ThreadPoolExecutor(CONNECTIONS)), pairs)


class _Copying:
    """The files of one `[[files]]` on their way."""

    def __init__(
        self, connection: Connection, run: Run, position: int, files: Files, step: Step
    ) -> None:
        self._connection = connection
        self._run = run
        self._position = position
        self._files = files
        self._step = step
        self.copied = 0

    def do(self, reporter: Reporter) -> None:
        """Batch after batch: look at the target, note what is begun, copy, note what is done."""
        if not self._next(""):
            return
        shown = reporter.step(f"copy {self._files.called}", self._left())
        with open_pairs(self._files) as pairs:
            after = ""
            while rows := self._next(after):
                self._batch(rows, pairs)
                shown.advance(len(rows))
                after = rows[-1].key

    def _batch(self, rows: list[FileRow], pairs: Pairs) -> None:
        begun = self._save(pairs.each(_look, rows))
        states = {one.key: one.state for one in begun}
        rest = [row for row in rows if states[row.key] is State.COPYING]
        done = self._save(pairs.each(self._step, rest))
        self.copied += sum(one.state is State.COPIED for one in done)

    def _save(self, done: Iterable[Done]) -> list[Done]:
        return save_done(self._connection, self._run, self._position, self._files, done)

    def _next(self, after: str) -> list[FileRow]:
        return ledger.read_rows(
            self._connection,
            self._run.id,
            self._position,
            (State.WAITING, State.COPYING),
            after=after,
            limit=BATCH,
        )

    def _left(self) -> int:
        row = self._connection.execute(
            "select count(*) from unify.file where run_id = %s and position = %s"
            " and state in ('waiting', 'copying')",
            (self._run.id, self._position),
        ).fetchone()
        return int(row[0]) if row else 0


def save_done(
    connection: Connection, run: Run, position: int, files: Files, done: Iterable[Done]
) -> list[Done]:
    """Write what became of files, also of those before one that failed; commits."""
    finished: list[Done] = []
    try:
        finished.extend(done)
    finally:
        ledger.save(connection, run.id, position, finished)
        ledger.fill_quarantine(connection, run.id, position, files.called)
        connection.commit()
    return finished


def _or_gone(step: Step, pair: Pair, row: FileRow) -> Done:
    """What a step makes of a file; one whose bytes went away meanwhile waits in quarantine."""
    try:
        return step(pair, row)
    except SourceError:
        if pair.source.size(row.key) is not None:
            raise
        return Done(row.key, State.QUARANTINED, reason="its bytes are not there any more")


def _look(pair: Pair, row: FileRow) -> Done:
    """What is at the target: nothing, the same, or something else, which is never overwritten."""
    size = pair.target.size(row.target_key)
    if size is None or row.state == State.COPYING:
        return Done(row.key, State.COPYING)
    if size == row.size_bytes:
        mine, theirs = digest(pair.source, row.key), digest(pair.target, row.target_key)
        if mine == theirs:
            return Done(row.key, State.THERE, mine)
    return Done(row.key, State.QUARANTINED, reason="another file is there already")


def copy(pair: Pair, row: FileRow) -> Done:
    """Copy a file; its size counts, and its hash is kept for the verification."""
    sums = hashlib.sha256()
    size_bytes = 0

    def passing(blocks: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal size_bytes
        for block in blocks:
            sums.update(block)
            size_bytes += len(block)
            yield block

    try:
        with pair.source.read(row.key) as blocks:
            pair.target.write(
                row.target_key, passing(blocks), size_bytes=row.size_bytes, kind=row.media_type
            )
    except SourceError:
        if pair.source.size(row.key) is None:
            # What an earlier attempt, or an earlier pass, wrote must not stay unaccounted for.
            pair.target.remove(row.target_key)
        raise
    arrived = pair.target.size(row.target_key)
    if not row.size_bytes == size_bytes == arrived:
        pair.target.remove(row.target_key)
        reason = f"{row.size_bytes} bytes were listed, {size_bytes} read and {arrived} arrived"
        return Done(row.key, State.QUARANTINED, reason=reason)
    return Done(row.key, State.COPIED, sums.hexdigest())


def copy_back(pair: Pair, row: FileRow) -> Done:
    """Copy a file, and read it again where it went."""
    done = copy(pair, row)
    if done.state is State.COPIED and digest(pair.target, row.target_key) != done.sha256:
        pair.target.remove(row.target_key)
        return Done(row.key, State.QUARANTINED, reason="other bytes arrived than were sent")
    return done


def digest(where: Store, key: str) -> str:
    """The SHA-256 of a file, read block by block."""
    sums = hashlib.sha256()
    with where.read(key) as blocks:
        for block in blocks:
            sums.update(block)
    return sums.hexdigest()
