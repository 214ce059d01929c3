"""Loads all tables of a copy: each in one part or two, again where a type turns out wrong."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from mainstem.errors import SourceError
from mainstem.unify.catalog.sqlite_rows import middle_key
from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.copy.judge import Judge
from mainstem.unify.copy.lane import Lane
from mainstem.unify.copy.load import Counts, LoadOrder, Part, PartLoad
from mainstem.unify.ledger import store
from mainstem.unify.ledger.rows import Account

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.copy.design import TargetTable
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.progress import Reporter

#: fewer rows are not worth a second process
_SPLIT_ROWS_MIN: Final = 200_000
#: a file of this size has such a table, or is slow to read anyway
_PREPARE_BYTES_MIN: Final = 32 * 2**20


def part_names(table: str) -> tuple[str, str]:
    """The steps that load a source table; of a small one the first alone."""
    return f"load {table}", f"load {table}, second half"


class Loading:
    """Loads tables one after another."""

    def __init__(
        self,
        connection: psycopg.Connection[TupleRow],
        run: Run,
        source: SqliteSource,
        *,
        url: str,
        reporter: Reporter,
    ) -> None:
        self._connection = connection
        self._run = run
        self._source = source
        self._reporter = reporter
        self._judge = Judge(source)
        self._lane = Lane(url, source.path, source.opened)
        if source.opened.size_bytes >= _PREPARE_BYTES_MIN:
            self._lane.prepare()

    def load(self, target: TargetTable) -> Counts:
        """Load what is missing of a table; what happened to all its rows.

        Raises WrongTypeError when a column needs another type, SourceError when the rows are not
        as many as SQLite counts.
        """
        row_count = self._count(target)
        step = self._reporter.step(target.source.name, row_count)
        parts = self._parts(target, row_count)
        self._make_steps(parts)
        try:
            counts = self._load_parts(target, parts, step.advance)
            self._judge.settle(target, counts.misfits)
        except BaseException:
            self._lane.stop()
            raise
        if counts.rows != row_count:
            raise SourceError(
                f"{self._source.path}: {counts.rows} rows of {target.source.name} were read, and "
                f"SQLite counts {row_count}: it is damaged, or changed while it was read"
            )
        return counts

    def close(self) -> None:
        """End the second process."""
        self._lane.stop()

    def _load_parts(
        self, target: TargetTable, parts: list[Part], advance: Callable[[int], None]
    ) -> Counts:
        """Load the last of two parts in the second process, all others here."""
        counts = Counts()
        order = LoadOrder(
            source=target.source,
            schema=self._run.staging_schema,
            table=target.name,
            columns=target.stream_columns,
            target_columns=tuple(column.name for column in target.stored),
        )
        judge = partial(self._judge, target)

        def hear(rows: int, misfits: Mapping[str, int]) -> None:
            advance(rows)
            judge(misfits)

        def advance_both(rows: int) -> None:
            advance(rows)
            self._lane.poll(hear)

        for part in parts[1:]:
            self._lane.start(self._run, order, part)
        for part in parts[:1]:
            load = PartLoad(self._connection, self._run, self._source, order, part=part)
            counts += load.run(judge, advance_both)
        for _ in parts[1:]:
            counts += self._lane.finish(hear)
        return counts

    def _parts(self, target: TargetTable, row_count: int) -> list[Part]:
        """The same parts for the same table every time: a killed copy goes on with them."""
        first, second = part_names(target.source.name)
        middle = None
        if row_count >= _SPLIT_ROWS_MIN:
            middle = middle_key(self._source, target.source, row_count)
        if middle is None:
            return [Part(first)]
        return [Part(first, until=middle), Part(second, after=(middle,))]

    def _make_steps(self, parts: list[Part]) -> None:
        steps = store.read_steps(self._connection, self._run.id)
        with self._connection.transaction():
            for part in parts:
                if part.step not in steps:
                    store.save_step(
                        self._connection, self._run.id, name=part.step, position=1, is_done=False
                    )

    def save_account(self, target: TargetTable, counts: Counts) -> None:
        """Write the row account of a table that is loaded."""
        with self._connection.transaction():
            account = Account(
                source_table=target.source.name,
                target_table=target.name,
                source_rows=counts.rows,
                loaded=counts.loaded,
                quarantined=counts.quarantined,
                conversions=counts.conversions,
            )
            store.set_accounts(self._connection, self._run.id, [(self._run.name, account)])

    def _count(self, target: TargetTable) -> int:
        with self._source.reading() as connection:
            query = f"select count(*) from {quoted(target.source.name)} not indexed"
            return int(connection.execute(query).fetchone()[0])
