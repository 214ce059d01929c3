"""Isolation proofs as the ledger keeps them: what was tried in a database, and when."""

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


@dataclass(frozen=True)
class ProvenObject:
    """One table, view or function, and whether a tenant got through it to another's rows."""

    name: str
    kind: str
    verdict: str
    reason: str


@dataclass(frozen=True)
class KeptProof:
    """An isolation proof and the time it ended."""

    at: datetime
    is_passed: bool
    objects: tuple[ProvenObject, ...]
    attempts: int

    def count(self, verdict: str) -> int:
        """How many objects have that verdict."""
        return sum(each.verdict == verdict for each in self.objects)


def keep_proof(
    connection: Connection, objects: Sequence[ProvenObject], *, is_passed: bool, attempts: int
) -> bool:
    """Keep a proof in the ledger; False where the database has none, which is left as it is."""
    if not store.has_schema(connection):
        return False
    store.ensure_schema(connection)
    connection.execute(
        "insert into unify.isolation_proof (is_passed, objects, attempts) values (%s, %s, %s)",
        (is_passed, Jsonb([vars(each) for each in objects]), attempts),
    )
    return True


def last_proof(connection: Connection) -> KeptProof | None:
    """The last proof of this database; None where there is none."""
    row = connection.execute("select to_regclass('unify.isolation_proof')").fetchone()
    if row is None or row[0] is None:
        return None
    found = connection.execute(
        "select proven_at, is_passed, objects, attempts from unify.isolation_proof"
        " order by id desc limit 1"
    ).fetchone()
    if found is None:
        return None
    at, is_passed, objects, attempts = found
    return KeptProof(at, is_passed, tuple(ProvenObject(**each) for each in objects), attempts)
