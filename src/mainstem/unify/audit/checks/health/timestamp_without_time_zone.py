"""A moment is kept without its time zone.

## What it finds
Columns of type `timestamp without time zone`, table by table: a warning where the database has
columns with time zone too, a note where it has none.

## Why it matters
The value is whatever the writer's clock showed. When rows of two databases, or of two writers in
different zones, come together, nobody can tell which moment was meant; comparing with a
`timestamptz` shifts it by the session's zone.

## Example
`created_at timestamp default now()`

## How to mend it
`alter table t alter column created_at type timestamptz using created_at at time zone 'UTC'`, with
the zone in which it was written.

## When to ignore it
For times of the day at a place, such as opening hours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit.catalogs import Fault, alter_column, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table with such columns."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    is_mixed = any(
        column.type.startswith("timestamp") and column.type.endswith("with time zone")
        for table in database.tables
        for column in table.columns
    )
    for table in database.tables:
        names = [
            column.name
            for column in table.columns
            if column.type.startswith("timestamp") and column.type.endswith("without time zone")
        ]
        if names:
            others = ", while other columns have one" if is_mixed else ""
            yield Fault(
                f"{table.name} keeps {listed(names)} without time zone{others}",
                shown=f"{counted(len(names), 'column')} of type timestamp without time zone",
                relation=table.name,
                column=names[0] if len(names) == 1 else None,
                severity=None if is_mixed else Severity.NOTE,
                fix=alter_column(table.name, names[0], "type timestamptz")
                + f" using {name_sql(names[0])} at time zone 'UTC'",
            )
