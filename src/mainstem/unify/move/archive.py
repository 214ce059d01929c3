"""Tables that are not carried over but kept: each in a file below the plan's directory.

A PostgreSQL table as `pg_dump` writes it, as of the run's own snapshot; a table of a SQLite file as
statements that make it again there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.errors import SourceError
from mainstem.pg.tools import bin_dir_for, call, last_words
from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.move.file_source import FileSource
from mainstem.unify.move.schedule import Task
from mainstem.unify.move.server_source import ServerSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.move.source import Source
    from mainstem.unify.plan.model import Plan, PlannedSource, PlannedTable

    Connection = psycopg.Connection[TupleRow]

FOLDER = "archive"


def archive_path(plan: Plan, run: Run, table: PlannedTable) -> Path:
    """The file that a run keeps a table in."""
    return plan.directory / FOLDER / f"run-{run.id}" / f"{table.name.replace('/', '_')}.sql"


def write_archives(plan: Plan, run: Run, source: Source) -> None:
    """Write the archived tables of a source, those that are not there yet.

    Raises SourceError when one cannot be read or written.
    """
    for table in plan.tables_of(source.planned):
        if table.archive is not None:
            _write(plan, run, source, table)


def forget_archives(plan: Plan, run: Run, source: PlannedSource) -> None:
    """Remove what was archived of a source that is read again, as of another moment."""
    for table in plan.tables_of(source):
        if table.archive is not None:
            archive_path(plan, run, table).unlink(missing_ok=True)


def archive_tasks(plan: Plan, run: Run, source: Source) -> Iterator[Task]:
    """The same of a server, whose own program writes a file: a task for each table."""
    for table in plan.tables_of(source.planned):
        if table.archive is not None and isinstance(source, ServerSource):
            yield _task(plan, run, source, table)


def _task(plan: Plan, run: Run, source: ServerSource, table: PlannedTable) -> Task:
    def write(_: Connection) -> None:
        _write(plan, run, source, table)

    return Task(f"archive {table.name}", write)


def _write(plan: Plan, run: Run, source: Source, table: PlannedTable) -> None:
    path = archive_path(plan, run, table)
    if path.exists():
        return
    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if isinstance(source, FileSource):
            _write_file_table(source, table, partial)
        elif isinstance(source, ServerSource):
            _write_server_table(source, table, partial)
        partial.rename(path)
    except OSError as error:
        raise SourceError(f"{table.name} cannot be archived in {path}: {error}") from None


def _write_server_table(source: ServerSource, table: PlannedTable, path: Path) -> None:
    server = source.server
    program = bin_dir_for(server.connection) / "pg_dump"
    options = ["--snapshot", server.snapshot, "--table", server.table_sql(table.table)]
    plain = ["--format=plain", "--no-owner", "--no-privileges", "--file", str(path)]
    done = call(program, server.url, *options, *plain)
    if done.returncode:
        raise SourceError(f"{table.name} cannot be archived: {last_words(done)}")


def _write_file_table(source: FileSource, table: PlannedTable, path: Path) -> None:
    with path.open("w", encoding="utf-8", errors="surrogateescape") as file:
        file.writelines(f"{line};\n" for line in _statements(source, table))


def _statements(source: FileSource, table: PlannedTable) -> Iterator[str]:
    own = source.catalog.table(table.table)
    names: Sequence[str] = [column.name for column in own.columns if column.generated is None]
    with source.file.reading() as connection:
        made = connection.execute(
            "select sql from sqlite_master where type = 'table' and name = ?", (own.name,)
        ).fetchone()
        yield made[0]
        values = " || ', ' || ".join(f"quote({quoted(name)})" for name in names)
        columns = ", ".join(map(quoted, names))
        for (row,) in connection.execute(f"select {values} from {quoted(own.name)}"):
            yield f"insert into {quoted(own.name)} ({columns}) values ({row})"
