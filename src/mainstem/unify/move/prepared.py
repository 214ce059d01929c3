"""What was taken off the targets before a load, and what they were like: kept for a resumed run.

Once indexes and keys are off, the server's catalog does not tell any more what a table demands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from mainstem.unify.catalog.postgres import TargetTable  # noqa: TC001 - msgspec reads the types
from mainstem.unify.ledger import store
from mainstem.unify.move.definitions import TableRecord  # noqa: TC001 - msgspec reads the types

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import Run

    Connection = psycopg.Connection[TupleRow]

STEP = "prepare"


@dataclass(frozen=True)
class Prepared:
    """The targets as they were, by name, and what was taken off and made."""

    targets: dict[str, TargetTable]
    records: dict[str, TableRecord]
    #: of each target, as SQL: the partitions that the run made
    made_partitions: dict[str, list[str]] = field(default_factory=dict)
    #: further tables, as SQL -> the columns of their primary keys
    further_keys: dict[str, tuple[str, ...]] = field(default_factory=dict)


def save_prepared(connection: Connection, run: Run, prepared: Prepared) -> None:
    """Keep it in the ledger, in the transaction that took things off."""
    store.save_step(connection, run.id, name=STEP, position=1, detail=msgspec.to_builtins(prepared))


def read_prepared(connection: Connection, run: Run) -> Prepared | None:
    """What a run prepared; None before it did."""
    step = store.read_step(connection, run.id, STEP)
    return None if step is None else msgspec.convert(step.detail, Prepared)
