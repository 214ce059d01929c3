"""Deleting a parent sets a column to null that must not be null.

## What it finds
Foreign keys `on delete set null` with a column that is not null.

## Why it matters
Every delete of a parent that has children fails, with an error about the child's column.

## Example
`author_id uuid not null references person (id) on delete set null`

## How to mend it
`on delete cascade`, `on delete restrict`, or let the column be null.

## When to ignore it
Never; it says two things at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each such foreign key."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in database.tables:
        for key in table.foreign_keys:
            required = [
                column.name
                for column in table.columns
                if column.name in key.columns and not column.is_nullable
            ]
            if key.on_delete == "set null" and required and "SET NULL (" not in key.definition:
                yield Fault(
                    f"deleting from {key.parent} sets {table.name}.{required[0]} to null, which "
                    "must not be null",
                    shown=f"{key.name}: {key.definition}",
                    relation=table.name,
                    column=required[0],
                    fix="use on delete cascade or restrict, or drop not null",
                )
