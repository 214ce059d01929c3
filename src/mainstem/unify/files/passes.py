"""Files in a pass: what is new at the source, other than it was, or gone.

A listing of the source is held against the run's rows. Each file is looked at before it is touched:
what people changed at the target stays, unless forced. So does a copy whose original lost its bytes
while its metadata still names it: it may be the last one that there is. Rows say what is begun
before it is, so that a pass that is killed is made again, and an undo finds all that was brought.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mainstem.kit.wording import counted
from mainstem.unify.files import ledger
from mainstem.unify.files.comparison import Comparison
from mainstem.unify.files.copying import (
    BATCH,
    copy_back,
    copy_files,
    digest,
    note_listed,
    open_pairs,
    save_done,
)
from mainstem.unify.files.ledger import Done, State
from mainstem.unify.files.listing import list_files
from mainstem.unify.files.owners import read_owners

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.postgres_source import PostgresSource
    from mainstem.unify.files.copying import Pair, Pairs
    from mainstem.unify.files.ledger import FileRow
    from mainstem.unify.files.model import Files
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.plan.model import Plan
    from mainstem.unify.progress import Reporter

    Connection = psycopg.Connection[TupleRow]


@dataclass(frozen=True)
class LeftFile:
    """A file of the target that is not as the source says, and why it was left."""

    called: str
    key: str
    why: str

    def __str__(self) -> str:
        return f"{self.called}: {self.key} {self.why}"


@dataclass(frozen=True)
class FileCounts:
    """Files of the target."""

    copied: int = 0
    replaced: int = 0
    removed: int = 0

    def __str__(self) -> str:
        return (
            f"{counted(self.copied, 'file')} copied, {self.replaced:,} replaced,"
            f" {self.removed:,} removed"
        )

    def __add__(self, other: FileCounts) -> FileCounts:
        """Both together."""
        return FileCounts(
            self.copied + other.copied,
            self.replaced + other.replaced,
            self.removed + other.removed,
        )


@dataclass(frozen=True)
class CarriedFiles:
    """What a pass did to the files of the target."""

    counts: FileCounts
    left: tuple[LeftFile, ...]


def carry_files(
    connection: Connection,
    run: Run,
    memory: Run,
    plan: Plan,
    servers: Mapping[str, PostgresSource],
    *,
    reporter: Reporter,
    is_forced: bool,
) -> CarriedFiles:
    """Bring the files of a run to what the sources have now; commits as it goes.

    `is_forced`: files that people changed in the target are overwritten, or removed.

    Raises:
        ConfigError: keys are not set.
        SourceError: a store or its metadata cannot be read; run again to go on.
        TargetError: a store cannot be written; run again to go on.
    """
    counts, left = FileCounts(), list[LeftFile]()
    for position, files in enumerate(plan.files, start=1):
        reporter.step(f"list {files.called}", None)
        server = servers.get(files.source)
        owners = read_owners(connection, run, plan, files)
        list_files(connection, memory.id, position, files, server=server, owners=owners)
        compared = Comparison(connection, run.id, memory.id, position)
        compared.take_over()
        ledger.fill_quarantine(connection, run.id, position, files.called)
        note_listed(connection, run, position, files)
        connection.commit()
        carrying = _Carrying(connection, run, files, compared, is_forced=is_forced)
        carrying.do(reporter)
        counts, left = counts + carrying.counts, [*left, *carrying.left]
    return CarriedFiles(counts, tuple(left))


class _Carrying:
    """The files of one `[[files]]` in a pass."""

    def __init__(
        self,
        connection: Connection,
        run: Run,
        files: Files,
        compared: Comparison,
        *,
        is_forced: bool,
    ) -> None:
        self._connection = connection
        self._run = run
        self._files = files
        self._compared = compared
        self._is_forced = is_forced
        self.counts = FileCounts()
        self.left: list[LeftFile] = []

    def do(self, reporter: Reporter) -> None:
        """First make room, then write over what changed, then copy what is new."""
        shown = reporter.step(f"compare {self._files.called}", None)
        self.left += [
            LeftFile(self._files.called, key, f"stays as it was copied: at the source {lacks}")
            for key, lacks in self._compared.last()
        ]
        with open_pairs(self._files) as pairs:
            for rows in self._batches_unwanted():
                self._remove(pairs, rows)
                shown.advance(len(rows))
            for both in self._batches_changed():
                self._renew(pairs, both)
                shown.advance(len(both))
        copied = copy_files(
            self._connection,
            self._run,
            self._compared.position,
            self._files,
            reporter=reporter,
            is_read_back=True,
        )
        self.counts = self.counts + FileCounts(copied=copied)

    def _batches_unwanted(self) -> Iterator[list[FileRow]]:
        after = ""
        while rows := self._compared.unwanted(after=after, limit=BATCH):
            yield rows
            after = rows[-1].key

    def _batches_changed(self) -> Iterator[list[tuple[FileRow, FileRow]]]:
        after = ""
        while rows := self._compared.changed(after=after, limit=BATCH):
            yield rows
            after = rows[-1][0].key

    def _remove(self, pairs: Pairs, rows: list[FileRow]) -> None:
        """Take files away that are still as they were copied."""
        found = list(pairs.each(partial(_take_away, is_forced=self._is_forced), rows))
        gone = [one.key for one in found if one.state is State.REMOVED]
        self._compared.drop(gone)
        ledger.fill_quarantine(
            self._connection, self._run.id, self._compared.position, self._files.called
        )
        self._connection.commit()
        self.counts = self.counts + FileCounts(removed=len(gone))
        self._leave(found, "the source has it no more, or in a form that cannot go in")

    def _renew(self, pairs: Pairs, both: list[tuple[FileRow, FileRow]]) -> None:
        """Write over files that are still as they were copied, and others at the source."""
        listed = {row.key: row for _, row in both}
        look = partial(_look_again, listed=listed, is_forced=self._is_forced)
        found = list(pairs.each(look, [row for row, _ in both]))
        self._compared.keep([one.key for one in found if one.state is State.COPIED])
        begun = [one.key for one in found if one.state is State.COPYING]
        self._compared.begin(begun)
        self._connection.commit()
        done = save_done(
            self._connection,
            self._run,
            self._compared.position,
            self._files,
            pairs.each(copy_back, [listed[key] for key in begun]),
        )
        replaced = sum(one.state is State.COPIED for one in done)
        self.counts = self.counts + FileCounts(replaced=replaced)
        self._leave(found, "it is another one at the source")

    def _leave(self, found: list[Done], why: str) -> None:
        text = f"was changed at {self._files.target.shown} since it was copied; {why}"
        self.left += [
            LeftFile(self._files.called, one.key, text) for one in found if one.state is State.LEFT
        ]


def _take_away(pair: Pair, row: FileRow, *, is_forced: bool) -> Done:
    """Remove a file that is still as it was copied; `left`: it is not."""
    size = pair.target.size(row.target_key)
    is_ours = row.state == State.COPYING or size is None or is_forced
    if not is_ours and digest(pair.target, row.target_key) != row.sha256:
        return Done(row.key, State.LEFT)
    if size is not None:
        pair.target.remove(row.target_key)
    return Done(row.key, State.REMOVED)


def _look_again(
    pair: Pair, row: FileRow, *, listed: Mapping[str, FileRow], is_forced: bool
) -> Done:
    """Whether a file is the same after all (`copied`), to be written (`copying`), or to be left."""
    now = listed[row.key]
    there = pair.target.size(row.target_key)
    theirs = digest(pair.target, row.target_key) if there is not None else None
    mine = digest(pair.source, row.key) if now.size_bytes == row.size_bytes else None
    if mine == row.sha256 and theirs is not None and now.media_type == row.media_type:
        return Done(row.key, State.COPIED)
    if theirs in {None, row.sha256} or is_forced:
        return Done(row.key, State.COPYING)
    if theirs == (mine or digest(pair.source, row.key)):
        return Done(row.key, State.COPYING)
    return Done(row.key, State.LEFT)


@dataclass(frozen=True)
class FilesDifference:
    """What changed among the files of a source since a pass listed them."""

    called: str
    new: int
    changed: int
    gone: int

    def __str__(self) -> str:
        return f"{self.called}: {self.new} new, {self.changed} changed, {self.gone} gone"


def find_file_differences(
    connection: Connection,
    run: Run,
    memory: Run,
    plan: Plan,
    servers: Mapping[str, PostgresSource],
) -> list[FilesDifference]:
    """What a pass would find to do that the last one did not; nothing is copied or removed.

    Raises SourceError when a store or its metadata cannot be read.
    """
    found = []
    for position, files in enumerate(plan.files, start=1):
        connection.execute("drop table if exists pg_temp.unify_listed")
        connection.execute(
            "create temp table unify_listed as select * from unify.file"
            f" where run_id = {memory.id} and position = {position} and state = 'waiting'"
        )
        server = servers.get(files.source)
        owners = read_owners(connection, run, plan, files)
        list_files(connection, memory.id, position, files, server=server, owners=owners)
        row = connection.execute(
            "select count(*) filter (where b.key is null), count(*) filter (where"
            " (b.target_key, b.size_bytes, b.media_type, b.stamp)"
            " <> (l.target_key, l.size_bytes, l.media_type, l.stamp)),"
            " count(*) filter (where l.key is null)"
            " from unify_listed as b full join (select * from unify.file"
            f" where run_id = {memory.id} and position = {position} and state = 'waiting') as l"
            " on l.key = b.key"
        ).fetchone()
        assert row is not None
        if any(row):
            found.append(FilesDifference(files.called, *row))
    return found
