"""An index was never finished, so that it is written and never read.

## What it finds
Indexes that the server marks as invalid.

## Why it matters
`create index concurrently` leaves such an index behind when it fails. Every change writes it, no
query reads it, and a unique one does not keep rows unique.

## Example
A unique index that failed on two equal rows.

## How to mend it
Remove what stood in the way and `reindex index concurrently`, or drop it and build it again.

## When to ignore it
While it is being built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.replay.model import ObjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each invalid index."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in database.relations:
        for index in table.indexes:
            if not index.is_valid:
                unique = ", and does not keep rows unique" if index.is_unique else ""
                yield Fault(
                    f"index {index.name} on {table.name} is invalid: no query reads it{unique}",
                    shown=index.definition,
                    relation=table.name,
                    fix=f"reindex index concurrently {index.name}",
                    made_by=(ObjectKind.INDEX, ObjectName(table.name.schema, index.name)),
                )
