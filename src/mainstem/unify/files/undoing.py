"""Taking back the files that a run added: nothing else, and none that was changed since."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mainstem.stores.opening import open_target
from mainstem.unify.files import ledger
from mainstem.unify.files.copying import BATCH, digest
from mainstem.unify.files.ledger import Done, State
from mainstem.unify.files.settings import place_of
from mainstem.unify.ledger import store

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.stores.model import Place, Store
    from mainstem.unify.files.ledger import FileRow
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.progress import Reporter

    Connection = psycopg.Connection[TupleRow]

ADDED = (State.COPYING, State.COPIED)
_PREFIX = "files "


def has_files(connection: Connection, run: Run) -> bool:
    """Whether there are files left that a run added."""
    return ledger.has_rows(connection, run.id, ADDED)


def remove_files(
    connection: Connection, run: Run, *, reporter: Reporter, is_forced: bool = False
) -> None:
    """Remove them; commits as it goes, so that a second call goes on.

    `is_forced`: also those that were changed since.

    Raises TargetError or ConfigError when the store cannot be reached.
    """
    for name, step in store.read_steps(connection, run.id).items():
        if name.startswith(_PREFIX) and isinstance(step.detail, dict):
            position = int(name.removeprefix(_PREFIX))
            place = place_of(step.detail["to"], Path("/"))
            shown = reporter.step(f"remove {step.detail['called']}", None)
            kept = _remove(connection, run, position, place, is_forced=is_forced)
            shown.advance(1)
            for key in kept:
                reporter.say(f"{key} at {place.shown} was changed since, and stays")


def _remove(
    connection: Connection, run: Run, position: int, place: Place, *, is_forced: bool
) -> list[str]:
    kept: list[str] = []
    after = ""
    with open_target(place) as target:
        while rows := ledger.read_rows(
            connection, run.id, position, ADDED, after=after, limit=BATCH
        ):
            done = [_remove_one(target, row, is_forced=is_forced) for row in rows]
            kept += [row.target_key for row, one in zip(rows, done, strict=True) if one.reason]
            ledger.save(connection, run.id, position, done)
            connection.commit()
            after = rows[-1].key
    return kept


def _remove_one(target: Store, row: FileRow, *, is_forced: bool) -> Done:
    size = target.size(row.target_key)
    is_changed = (
        size is not None
        and row.state == State.COPIED
        and row.sha256 is not None
        and (size != row.size_bytes or digest(target, row.target_key) != row.sha256)
    )
    if is_changed and not is_forced:
        return Done(row.key, State.LEFT, reason="it was changed since it was copied")
    if size is not None:
        target.remove(row.target_key)
    return Done(row.key, State.REMOVED)
