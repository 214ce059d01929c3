"""Two indexes do the same work.

## What it finds
Indexes of one table with the same columns, method and condition. One that a constraint needs is
kept; the other is named.

## Why it matters
Both are written on every change and take the room of two, and only one is ever read.

## Example
`email text unique` and `create index on person (email)`.

## How to mend it
`drop index concurrently` the one that no constraint needs.

## When to ignore it
Never for long; while one replaces the other, both are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, as_sql, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.replay.model import ObjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, RelationIndex

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each index that another one replaces."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in database.tables:
        kept: dict[tuple[str, tuple[str, ...], str | None, str], RelationIndex] = {}
        for index in sorted(table.indexes, key=_worth):
            work = (index.method, index.parts, index.predicate, _after_parts(index))
            first = kept.setdefault(work, index)
            if first is not index and index.is_valid and not index.is_constraint:
                name = ObjectName(table.name.schema, index.name)
                yield Fault(
                    f"index {index.name} on {table.name} does what {first.name} does",
                    shown=index.definition,
                    relation=table.name,
                    fix=f"drop index concurrently {as_sql(name)}",
                    made_by=(ObjectKind.INDEX, name),
                )


def _worth(index: RelationIndex) -> tuple[bool, bool, bool, str]:
    """The ones to keep first: primary key, constraint, unique."""
    return (not index.is_primary, not index.is_constraint, not index.is_unique, index.name)


def _after_parts(index: RelationIndex) -> str:
    """What the definition says of order, operators and included columns."""
    return index.definition.partition(f" USING {index.method} ")[2]
