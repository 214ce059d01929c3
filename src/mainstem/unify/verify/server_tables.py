"""The tables of all PostgreSQL sources, two at a time: beside a small one a core stands idle.

Where all are small, connections of their own would take longer than the rows.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mainstem.unify.verify.expressions import open_fresh, with_expressions
from mainstem.unify.verify.planned import moved_tables, planned_comparison
from mainstem.unify.verify.servers import compare_server, hash_alike
from mainstem.unify.verify.target_side import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.move.server_source import ServerSource
    from mainstem.unify.plan.model import PlannedTable
    from mainstem.unify.progress import Reporter
    from mainstem.unify.verify.engine import Compared
    from mainstem.unify.verify.planned import PlannedRun

    Connection = psycopg.Connection[TupleRow]

_AT_A_TIME: Final = 2
#: rows that one connection compares before others are ready to help
ALONE_ROWS_MAX: Final = 20_000


def compare_servers(
    planned: PlannedRun, sources: Mapping[str, ServerSource], url: str, *, reporter: Reporter
) -> dict[str, Compared]:
    """Compare every table that the run moved, by its name; the largest ones first.

    Raises SourceError or ServerError when a side cannot be read.
    """
    tables = [t for source in sources.values() for t in moved_tables(planned, source.planned)]
    left = deque(sorted(tables, key=lambda table: table.row_count, reverse=True))
    found: dict[str, Compared] = {}

    def work(*, is_alone: bool = False) -> None:
        with _open_pair(planned, sources, url, is_alone=is_alone) as pair:
            while (table := _taken(left)) is not None:
                found[table.name] = pair.compare(table, reporter=reporter)

    if sum(table.row_count for table in tables) <= ALONE_ROWS_MAX:
        work(is_alone=True)
        return found
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        started = [pool.submit(work) for _ in range(min(_AT_A_TIME, len(tables)))]
        try:
            for one in as_completed(started):
                one.result()
        finally:
            left.clear()
    return found


def _taken(left: deque[PlannedTable]) -> PlannedTable | None:
    try:
        return left.popleft()
    except IndexError:
        return None


@dataclass(frozen=True)
class _Pair:
    """Both sides over connections that nobody else uses."""

    planned: PlannedRun
    sources: Mapping[str, ServerSource]
    #: by source: whether it hashes as the target does
    are_native: Mapping[str, bool]
    #: for what the plan's own SQL gives
    fresh: Connection

    def compare(self, table: PlannedTable, *, reporter: Reporter) -> Compared:
        """Compare one table."""
        source, comparison = self.sources[table.source], planned_comparison(self.planned, table)
        compared = compare_server(
            self.planned,
            comparison,
            source,
            is_native=self.are_native[table.source],
            reporter=reporter,
        )
        verdict = with_expressions(
            self.planned, compared.verdict, source, comparison=comparison, connection=self.fresh
        )
        return replace(compared, verdict=verdict)


@contextmanager
def _open_pair(
    planned: PlannedRun, sources: Mapping[str, ServerSource], url: str, *, is_alone: bool
) -> Iterator[_Pair]:
    with ExitStack() as stack:
        target, own = planned.connection, dict(sources)
        if not is_alone:
            target = stack.enter_context(open_target(url))
            own = {
                name: replace(source, server=stack.enter_context(source.server.beside()))
                for name, source in sources.items()
            }
        yield _Pair(
            replace(planned, connection=target),
            own,
            {name: hash_alike(source.server.connection, target) for name, source in own.items()},
            stack.enter_context(open_fresh(url)),
        )
