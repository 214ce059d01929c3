"""Bytes without a file: what a crash between the two left behind, found and removed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from mainstem.storage import store
from mainstem.storage.files import key_of, milliseconds_of
from mainstem.stores.opening import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.stores.model import Place, Store

#: younger bytes may be of an upload that is under way
GRACE_S = 7 * 24 * 3600
_BATCH = 1_000


@dataclass(frozen=True)
class Swept:
    """What a sweep did.

    Attributes:
        removed: bytes without a file, removed: how many versions.
        kept: versions that have a file, or are too young to tell.
        strange: what lies in the store and is of no agency of this database, or no version: it
            stays, another database may know it.
    """

    removed: int = 0
    kept: int = 0
    strange: int = 0

    def __add__(self, other: Swept) -> Swept:
        """Both together."""
        return Swept(
            self.removed + other.removed, self.kept + other.kept, self.strange + other.strange
        )


def sweep(
    connection: psycopg.Connection[TupleRow], place: Place, *, grace_s: float = GRACE_S
) -> Swept:
    """Remove bytes that no file names, once they are older than a grace.

    Args:
        connection: as the database's owner, who sees every agency; each portion is a transaction.
        place: where the bytes lie.
        grace_s: how old they must be, in seconds.

    Raises:
        TargetError: the store cannot be reached.
    """
    total = Swept()
    before_ms = int((time.time() - grace_s) * 1000)
    with open_target(place) as there:
        folders = there.buckets()
        ids = {one: id_ for one in folders if (id_ := _id(one)) is not None}
        known = store.known_agencies(connection, ids.values())
        connection.commit()
        for folder in folders:
            if ids.get(folder) in known:
                total += _sweep(connection, there, ids[folder], before_ms=before_ms)
            else:
                total += Swept(strange=1)
    return total


def _sweep(
    connection: psycopg.Connection[TupleRow], there: Store, agency_id: UUID, *, before_ms: int
) -> Swept:
    total, orphans = Swept(), set[UUID]()
    names = (one.key.partition("/")[2] for one in there.files(str(agency_id)))
    for batch in _batches(names):
        versions = {id_ for name in batch if (id_ := _id(name)) is not None}
        old = {version for version in versions if milliseconds_of(version) < before_ms}
        found = old - store.kept_versions(connection, agency_id, old)
        connection.commit()
        orphans |= found
        total += Swept(len(found), len(versions - found), len(batch) - len(versions))
    # Only now: a listing that goes on while its files go may leave some out.
    for version in orphans:
        there.remove(key_of(agency_id, version))
    return total


def _batches(names: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(names, _BATCH)):
        yield batch


def _id(text: str) -> UUID | None:
    """The id that a name is, in its one form."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None
