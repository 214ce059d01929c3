"""Staging: the source's rows in unlogged, typed tables, a group of portions in each transaction."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from psycopg import sql

from mainstem.errors import UnifyError
from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.ledger import store
from mainstem.unify.move.maps import own_table
from mainstem.unify.move.positions import decode_position, encode_position
from mainstem.unify.move.stream import StreamColumn, TableReader
from mainstem.unify.plan.names import text_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Table
    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.ledger.rows import LedgerRow, QuarantineRow, Run, Step
    from mainstem.unify.move.stream import Portion
    from mainstem.unify.plan.model import PlannedTable
    from mainstem.unify.progress import Reporter
    from mainstem.unify.progress import Step as Shown

    Connection = psycopg.Connection[TupleRow]

#: rows, or noted changes, after which what was staged is committed
COMMIT_ROWS = 100_000
COMMIT_NOTES = 5_000


@dataclass
class _Group:
    """Portions that are committed together; notes wait until the COPY is over."""

    rows: int = 0
    staged: int = 0
    last: Portion | None = None
    ledger: list[LedgerRow] = field(default_factory=list)
    quarantined: list[QuarantineRow] = field(default_factory=list)

    def add(self, portion: Portion) -> None:
        self.rows += portion.rows
        self.staged += portion.loaded
        self.last = portion
        self.ledger += portion.ledger
        self.quarantined += portion.quarantined

    @property
    def is_full(self) -> bool:
        notes = len(self.ledger) + len(self.quarantined)
        return self.rows >= COMMIT_ROWS or notes >= COMMIT_NOTES


def stage_name(table: str) -> str:
    """The step that stages a source table."""
    return f"stage {table}"


def keyed(table: Table, planned: PlannedTable) -> Table:
    """The table with the plan's key: SQLite lets most primary keys be NULL, the plan saw none."""
    columns = tuple(
        replace(column, is_nullable=column.is_nullable and column.name not in planned.key)
        for column in table.columns
    )
    return replace(table, columns=columns)


def stream_columns(planned: PlannedTable) -> list[StreamColumn]:
    """How the plan reads a source table's columns."""
    return [
        StreamColumn(column.name, column.type, column.rules, planned.holds_secret(column.name))
        for column in planned.staged
    ]


def stage_table(
    connection: Connection,
    run: Run,
    planned: PlannedTable,
    *,
    source: SqliteSource,
    table: Table,
    reporter: Reporter,
) -> None:
    """Read one source table into its staging table; goes on where a killed run stopped.

    Raises SourceError when the file cannot be read.
    """
    done = _so_far(connection, run, planned)
    if done is not None and done.is_done:
        connection.commit()
        return
    columns = stream_columns(planned)
    names = [sql.Identifier("_key"), *(sql.Identifier(column.name) for column in columns)]
    copy_in = sql.SQL("copy {} ({}) from stdin").format(
        sql.SQL(own_table(run, "stage", planned.name)), sql.SQL(", ").join(names)
    )
    after = decode_position(done.last_key) if done is not None else None
    reader = TableReader(
        source,
        keyed(table, planned),
        columns,
        with_key=True,
        after=after,
        called=planned.name,
    )
    staged = done.row_count or 0 if done is not None else 0
    portions = iter(reader)
    shown = reporter.step(stage_name(planned.name), planned.row_count)
    while (group := _copy_group(connection, portions, copy_in=copy_in, shown=shown)).last:
        staged += group.staged
        store.add_ledger_rows(connection, run.id, group.ledger)
        store.add_quarantine_rows(connection, run.id, group.quarantined)
        store.save_step(
            connection,
            run.id,
            name=stage_name(planned.name),
            is_done=False,
            row_count=staged,
            last_key=encode_position(group.last.last_key),
        )
        connection.commit()
    source_rows = _check_count(connection, run, planned, source=source, staged=staged)
    store.save_step(
        connection,
        run.id,
        name=stage_name(planned.name),
        row_count=staged,
        detail={"source_rows": source_rows},
    )
    connection.execute(f"analyze {own_table(run, 'stage', planned.name)}")
    connection.commit()


def count_rows(source: SqliteSource, table: str) -> int:
    """How many rows a source table has now."""
    with source.reading() as connection:
        return int(connection.execute(f"select count(*) from {quoted(table)}").fetchone()[0])


def _check_count(
    connection: Connection,
    run: Run,
    planned: PlannedTable,
    *,
    source: SqliteSource,
    staged: int,
) -> int:
    """Every row that SQLite counts must have been staged or refused."""
    row = connection.execute(
        "select count(*) from unify.quarantine where run_id = %s and source_table = %s",
        (run.id, planned.name),
    ).fetchone()
    refused = row[0] if row is not None else 0
    source_rows = count_rows(source, planned.table)
    if staged + refused != source_rows:
        source.check_unchanged()
        raise UnifyError(
            f"{planned.name} has {source_rows} rows, of which {staged} were read and {refused} "
            "refused; the file may be damaged: try `pragma integrity_check` on it"
        )
    return source_rows


def _so_far(connection: Connection, run: Run, planned: PlannedTable) -> Step | None:
    """How far the table was staged before; nothing of it counts if a crash emptied the table."""
    name = stage_name(planned.name)
    done = store.read_step(connection, run.id, name)
    if done is not None and not whole_stages(connection, run, [planned], {name: done}):
        forget_stage(connection, run, planned)
        done = None
    if done is None:
        _create(connection, run, planned)
    return done


def forget_stage(connection: Connection, run: Run, planned: PlannedTable) -> None:
    """Make as if a table had never been staged."""
    store.forget_table(connection, run.id, planned.name)
    names = [stage_name(planned.name), f"merge {planned.name}"]
    store.forget_steps(connection, run.id, names)


def whole_stages(
    connection: Connection, run: Run, tables: Iterable[PlannedTable], steps: Mapping[str, Step]
) -> set[str]:
    """The tables that are staged as far as their steps say; a server's crash empties them."""
    noted = {
        own_table(run, "stage", table.name): (table.name, steps[stage_name(table.name)])
        for table in tables
        if stage_name(table.name) in steps
    }
    there = connection.execute(
        "select name from unnest(%s::text[]) as name where to_regclass(name) is not null",
        (list(noted),),
    ).fetchall()
    if not there:
        return set()
    counts = " union all ".join(
        f"select {text_sql(name)}, count(*) from {name}" for (name,) in there
    )
    return {
        noted[name][0]
        for name, count in connection.execute(counts.encode())
        if count == (noted[name][1].row_count or 0)
    }


def _create(connection: Connection, run: Run, planned: PlannedTable) -> None:
    name = sql.SQL(own_table(run, "stage", planned.name))
    columns = [
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(column.type))
        for column in planned.staged
    ]
    connection.execute(
        sql.SQL(
            "drop table if exists {} cascade;"
            " create unlogged table {} ({}) with (autovacuum_enabled = off)"
        ).format(name, name, sql.SQL(", ").join([sql.SQL("_key text not null"), *columns]))
    )


def _copy_group(
    connection: Connection, portions: Iterator[Portion], *, copy_in: sql.Composed, shown: Shown
) -> _Group:
    """Copy portions until there are enough for a commit; an empty group when there are none."""
    group = _Group()
    with connection.cursor() as cursor, cursor.copy(copy_in) as copy:
        for portion in portions:
            for piece in portion.pieces():
                copy.write(piece)
            group.add(portion)
            shown.advance(portion.rows)
            if group.is_full:
                break
    return group
