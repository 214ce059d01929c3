"""Verifying files: both sides are read again, and held against what the run noted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from mainstem.errors import MainstemError
from mainstem.stores.opening import open_source, open_target
from mainstem.unify.files import ledger
from mainstem.unify.files.copying import BATCH, digest
from mainstem.unify.files.ledger import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.stores.model import Store
    from mainstem.unify.files.ledger import FileRow
    from mainstem.unify.files.model import Files
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.plan.model import Plan
    from mainstem.unify.progress import Reporter

    Connection = psycopg.Connection[TupleRow]


def verify_files(
    connection: Connection, run: Run, plan: Plan, *, reporter: Reporter
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """How many files were compared, where the plan has any; and which have what wrong with them.

    Raises SourceError, TargetError or ConfigError when a store cannot be read at all.
    """
    compared = 0
    found: list[tuple[str, str]] = []
    for position, files in enumerate(plan.files, start=1):
        shown = reporter.step(f"compare {files.called}", None)
        with (
            open_source(files.origin) as source,
            open_target(files.target) as target,
            ThreadPoolExecutor(2) as pool,
        ):
            for row in _rows(connection, run, position):
                here = pool.submit(_digest, source, row.key)
                there = pool.submit(_digest, target, row.target_key)
                found += _compare(files, row, here.result(), there.result())
                compared += 1
                shown.advance(1)
        found += _unfinished(connection, run, position, files)
    return ({"files": compared} if plan.files else {}), found


def _rows(connection: Connection, run: Run, position: int) -> Iterator[FileRow]:
    after = ""
    while rows := ledger.read_rows(
        connection, run.id, position, (State.COPIED, State.THERE), after=after, limit=BATCH
    ):
        yield from rows
        after = rows[-1].key


def _digest(where: Store, key: str) -> str | None:
    """A file's hash; None where it cannot be read."""
    try:
        return digest(where, key) if where.size(key) is not None else None
    except MainstemError:
        return None


def _compare(
    files: Files, row: FileRow, here: str | None, there: str | None
) -> Iterator[tuple[str, str]]:
    name, place = f"{files.called}: {row.target_key}", files.target.shown
    if there is None:
        yield (name, f"it is gone from {place}, or cannot be read")
    elif there != row.sha256:
        yield (name, f"its bytes at {place} are not those that were copied")
    if here is None:
        yield (name, f"{row.key} is gone from {files.origin.shown}")
    elif here != row.sha256:
        yield (name, f"{row.key} changed at {files.origin.shown} since it was copied")


def _unfinished(
    connection: Connection, run: Run, position: int, files: Files
) -> Iterator[tuple[str, str]]:
    row = connection.execute(
        "select count(*) from unify.file where run_id = %s and position = %s"
        " and state in ('waiting', 'copying')",
        (run.id, position),
    ).fetchone()
    listed = connection.execute(
        "select exists (select from unify.step where run_id = %s and name = %s)",
        (run.id, f"files {position}"),
    ).fetchone()
    if listed is None or not listed[0]:
        yield (files.called, "they were not copied yet; run again")
    elif row is not None and row[0]:
        yield (files.called, f"{row[0]} are not copied yet; run again")
