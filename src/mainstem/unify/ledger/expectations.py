"""What came of expectations, as the ledger keeps it: what was expected of a database, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from mainstem.unify.ledger import store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

#: of files that were tried, the last ones are read
_FILES_MAX = 100


@dataclass(frozen=True)
class KeptOutcome:
    """One expectation, and why it was not met; None: it was."""

    title: str
    kind: str
    reason: str | None


@dataclass(frozen=True)
class KeptExpectations:
    """What came of a file's expectations, and the time it was tried."""

    file: str
    at: datetime
    is_passed: bool
    outcomes: tuple[KeptOutcome, ...]

    @property
    def passed(self) -> int:
        """How many were met."""
        return sum(each.reason is None for each in self.outcomes)


def keep_expectations(connection: Connection, file: str, outcomes: Sequence[KeptOutcome]) -> bool:
    """Keep what came of a file; False where the database has no ledger, and is left as it is."""
    if not store.has_schema(connection):
        return False
    store.ensure_schema(connection)
    is_passed = all(each.reason is None for each in outcomes)
    connection.execute(
        "insert into unify.expectation_proof (file, is_passed, outcomes) values (%s, %s, %s)",
        (file, is_passed, Jsonb([vars(each) for each in outcomes])),
    )
    return True


def last_expectations(connection: Connection) -> tuple[KeptExpectations, ...]:
    """What came of each file the last time, the latest first."""
    row = connection.execute("select to_regclass('unify.expectation_proof')").fetchone()
    if row is None or row[0] is None:
        return ()
    rows = connection.execute(
        "select file, proven_at, is_passed, outcomes from unify.expectation_proof where id in"
        " (select max(id) from unify.expectation_proof group by file) order by id desc limit %s",
        (_FILES_MAX,),
    )
    return tuple(
        KeptExpectations(file, at, is_passed, tuple(KeptOutcome(**each) for each in outcomes))
        for file, at, is_passed, outcomes in rows
    )
