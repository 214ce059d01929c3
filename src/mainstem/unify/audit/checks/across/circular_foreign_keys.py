"""Foreign keys lead in a circle.

## What it finds
Two or more tables whose foreign keys lead from each to the next and back. A table that refers to
itself is fine, and so is a circle that is the same in migrations and live: it is reported once.

## Why it matters
There is no order in which the tables can be loaded, copied or emptied. Where every key in the
circle is `not null` and checked at once, no first row can be inserted at all.

## Example
`team.owner_id -> person`, `person.team_id -> team`.

## How to mend it
Move one of the two facts into a table of its own (`team_owner`), or leave one key nullable and
declare it `deferrable initially deferred`.

## When to ignore it
When one key in the circle is nullable and rows are inserted in two steps on purpose: that is why
such a circle is only a note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Constraint, Database, ObjectName, Relation

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each circle."""
    seen: set[frozenset[ObjectName]] = set()
    for database in subject.catalogs:
        for circle in _circles(database):
            if frozenset(circle) not in seen:
                seen.add(frozenset(circle))
                yield _found(subject, database, circle)


def _circles(database: Database) -> Iterator[tuple[ObjectName, ...]]:
    """A shortest circle through each table that lies on one, each circle once."""
    parents = {
        table.name: tuple(
            dict.fromkeys(
                key.parent
                for key in table.foreign_keys
                if key.parent is not None and key.parent != table.name
            )
        )
        for table in database.tables
    }
    covered: set[ObjectName] = set()
    for name in sorted(parents):
        circle = _way_back(name, parents) if name not in covered else ()
        covered |= set(circle)
        if circle:
            yield circle


def _way_back(
    start: ObjectName, parents: Mapping[ObjectName, tuple[ObjectName, ...]]
) -> tuple[ObjectName, ...]:
    """The tables on a shortest way from `start` to itself, or none; breadth first."""
    ways: list[tuple[ObjectName, ...]] = [(start,)]
    seen: set[ObjectName] = set()
    for way in ways:
        for parent in parents.get(way[-1], ()):
            if parent == start:
                return way
            if parent not in seen:
                seen.add(parent)
                ways.append((*way, parent))
    return ()


def _found(subject: Subject, database: Database, circle: tuple[ObjectName, ...]) -> Found:
    pairs = zip(circle, (*circle[1:], circle[0]), strict=True)
    steps = [
        (
            database.by_name[child],
            [k for k in database.by_name[child].foreign_keys if k.parent == parent],
        )
        for child, parent in pairs
    ]
    is_open = any(_is_open(table, key) for table, keys in steps for key in keys)
    path = " -> ".join(str(name) for name in (*circle, circle[0]))
    so = "insert in two steps" if is_open else "no first row can be inserted"
    return Found(
        message=f"foreign keys lead in a circle: {path}; {so}",
        table=str(circle[0]),
        evidence=tuple(
            evidence.of_catalog(subject, database, table, f"{table.name}: {key.definition}")
            for table, keys in steps
            for key in keys
        ),
        fix="move one of the facts into a table of its own, or defer one of the keys",
        severity=Severity.NOTE if is_open else None,
    )


def _is_open(table: Relation, key: Constraint) -> bool:
    """Whether a row can come before its parent: a nullable column, or a deferred check."""
    columns = [table.column(name) for name in key.columns]
    is_nullable = any(column is not None and column.is_nullable for column in columns)
    return is_nullable or "DEFERRABLE" in key.definition.upper().replace("NOT DEFERRABLE", "")
