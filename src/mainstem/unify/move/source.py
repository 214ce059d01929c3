"""The sources of a run, open at the same time: what a run asks of each, whatever its kind."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Protocol

from mainstem.errors import SourceError
from mainstem.unify.move.file_source import open_file
from mainstem.unify.move.server_source import open_server
from mainstem.unify.plan.model import SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Catalog
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.plan.model import Plan, PlannedSource, PlannedTable

    Connection = psycopg.Connection[TupleRow]


class Source(Protocol):
    """An open source. Tables are asked for as they are planned."""

    @property
    def planned(self) -> PlannedSource:
        """Where it is, and what it is called."""

    @property
    def catalog(self) -> Catalog:
        """Its tables, by their own names."""

    @property
    def size_bytes(self) -> int:
        """About how large it is."""

    def identify(self) -> Mapping[str, object]:
        """What tells that it is the same source in the same state, as JSON."""

    def next_transaction(self) -> int | None:
        """The number that its next transaction had when it was opened; None: it counts none."""

    def count(self, table: PlannedTable, columns: Sequence[str] = ()) -> list[int]:
        """Rows of a table, then values that are not null of each column."""

    def check_unchanged(self) -> None:
        """Raise SourceError when what was read is not one state of it."""

    def fill_originals(self, connection: Connection, run: Run, table: PlannedTable) -> None:
        """Give the quarantined rows of a table their originals, secrets masked."""


def same_source(run: Run, source: Source, name: str) -> bool:
    """Whether a run read the source in the state that it is in."""
    known = run.source.get(name)
    return isinstance(known, dict) and known.get("identity") == source.identify()


@contextmanager
def open_sources(plan: Plan) -> Iterator[dict[str, Source]]:
    """Open every source of a plan, by name.

    Raises SourceError when one cannot be read, is another database than the planned one, or has
    rows that the plan's keys do not tell apart.
    """
    for planned in plan.sources:
        if planned.kind is SourceKind.MIGRATIONS:
            raise SourceError(
                f"source {planned.shown} is a folder of migrations, which have no rows; name the "
                'database (postgres = "env:NAME") in the config and plan again'
            )
    with ExitStack() as stack:
        found: dict[str, Source] = {}
        for planned in plan.sources:
            if planned.kind is SourceKind.SQLITE:
                found[planned.name] = stack.enter_context(open_file(planned))
            else:
                keys = {table.table: table.key for table in plan.tables_of(planned)}
                found[planned.name] = stack.enter_context(open_server(planned, keys))
        yield found
