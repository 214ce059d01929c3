"""Builds indexes and constraints, noting what the rows do not allow; each piece is a step."""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Final, TypeAlias

import psycopg

from mainstem.unify.catalog.model import NotCarried
from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.copy.orphans import note_orphans
from mainstem.unify.copy.tables import said
from mainstem.unify.ledger import store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from psycopg.rows import TupleRow

    from mainstem.unify.copy.constraints import ForeignKeyPiece, Piece, Plan
    from mainstem.unify.copy.crew import Crew
    from mainstem.unify.copy.design import TargetTable
    from mainstem.unify.ledger.rows import Run, Step

    Connection: TypeAlias = psycopg.Connection[TupleRow]

#: What rows or types may have against a constraint; anything else is a failure of the run.
_REFUSALS: Final = (
    psycopg.IntegrityError,
    psycopg.ProgrammingError,
    psycopg.DataError,
    psycopg.NotSupportedError,
    psycopg.errors.ProgramLimitExceeded,
)
_POSITION: Final = 1_000_000  # after all loads


class Builder:
    """Builds what a plan says for the tables of one run."""

    def __init__(
        self, run: Run, plan: Plan, steps: Mapping[str, Step], done: Callable[[int], None]
    ) -> None:
        self._run = run
        self._plan = plan
        self._steps = steps
        self._done = done
        self._lock = threading.Lock()
        self._waiting: dict[str, int] = {}
        self._failed: set[str] = set()

    def start_table(self, target: TargetTable, crew: Crew) -> None:
        """Queue the indexes of a loaded table; the last one attaches its constraints."""
        name = target.source.name
        indexes = self._plan.indexes[name]
        self._waiting[name] = len(indexes)
        if not indexes:
            crew.add(lambda connection: self._attach(connection, target))
        for piece in indexes:
            crew.add(
                lambda connection, piece=piece: self._index(connection, target, piece)  # type: ignore[misc] # bound now, as loops demand
            )

    def add_foreign_keys(self, connection: Connection) -> list[ForeignKeyPiece]:
        """Add all foreign keys for new rows; those that the server takes."""
        added = []
        for key in self._plan.foreign_keys:
            step = f"foreign key {key.child.source.name} {key.name}"
            if step not in self._steps:
                with connection.transaction():
                    why = _attempt(connection, key.add(self._run.staging_schema))
                    self._save(
                        connection, step, [NotCarried("foreign key", key.label, why)] if why else []
                    )
                if not why:
                    added.append(key)
            elif not (self._steps[step].detail or {}):
                added.append(key)
        return added

    def validate(self, connection: Connection, key: ForeignKeyPiece) -> None:
        """Let the server look at the rows of a foreign key; note the orphans."""
        step = f"validate {key.child.source.name} {key.name}"
        if step in self._steps:
            return
        with connection.transaction():
            notes = []
            if _attempt(connection, key.validate(self._run.staging_schema)):
                count = note_orphans(connection, self._run, key)
                why = f"not validated: {count} rows point at nothing; it holds for new rows"
                notes.append(NotCarried("foreign key", key.label, why))
            self._save(connection, step, notes)
        self._done(1)

    def _index(self, connection: Connection, target: TargetTable, piece: Piece) -> None:
        step = f"index {piece.name}"
        if step in self._steps:
            has_failed = bool(self._steps[step].detail)
        else:
            with connection.transaction():
                # Both cores are busy with loads: helpers would only cost more.
                connection.execute("set local max_parallel_maintenance_workers = 0")
                reasons = _first_way(connection, piece.ways)
                has_failed = len(reasons) == len(piece.ways)
                notes = [NotCarried(piece.kind, piece.label, reasons[0])] if has_failed else []
                self._save(connection, step, notes)
        self._done(1)
        with self._lock:
            if has_failed:
                self._failed.add(piece.name)
            self._waiting[target.source.name] -= 1
            is_last = self._waiting[target.source.name] == 0
        if is_last:
            self._attach(connection, target)

    def _attach(self, connection: Connection, target: TargetTable) -> None:
        step = f"constraints {target.source.name}"
        if step in self._steps:
            return
        pieces = [p for p in self._plan.attached[target.source.name] if p.name not in self._failed]
        table = f"alter table {quoted(self._run.staging_schema)}.{quoted(target.name)} "
        with connection.transaction():
            notes: list[NotCarried] = []
            together = ", ".join(piece.ways[0] for piece in pieces)
            if pieces and _attempt(connection, table + together):
                for piece in pieces:
                    notes += _attach_alone(connection, table, piece)
            self._save(connection, step, notes)
        self._done(1)

    def _save(self, connection: Connection, step: str, notes: Sequence[NotCarried]) -> None:
        store.save_step(
            connection,
            self._run.id,
            name=step,
            position=_POSITION,
            detail=[asdict(note) for note in notes] or None,
        )


def _attach_alone(connection: Connection, table: str, piece: Piece) -> list[NotCarried]:
    reasons = _first_way(connection, [table + way for way in piece.ways])
    if not reasons:
        return []
    if len(reasons) < len(piece.ways):
        why = f"{piece.told}: rows violate it; it holds for new rows"
    else:
        why = "; ".join(filter(None, (reasons[0], piece.told)))
    return [NotCarried(piece.kind, piece.label, why)]


def _first_way(connection: Connection, ways: Sequence[str]) -> list[str]:
    """Try one statement after another; what the server had against those before the accepted."""
    reasons: list[str] = []
    for way in ways:
        why = _attempt(connection, way)
        if why is None:
            break
        reasons.append(why)
    return reasons


def _attempt(connection: Connection, statement: str) -> str | None:
    """Execute in a savepoint; what the server had against it, or None."""
    try:
        with connection.transaction():
            connection.execute(statement.encode())
    except _REFUSALS as error:
        return said(error)
    return None
