"""A counter is about to run out.

## What it finds
Sequences that have used 70 per cent of their values, or of those that their column's type can hold;
an error from 90 per cent on.

## Why it matters
When it is reached every insert fails at once, at the busiest time by nature. Changing the type of a
large table's key then takes hours under a lock; a merge that adds rows brings the day nearer.

## Example
`id serial` (at most 2,147,483,647) with 1.9 billion used.

## How to mend it
Change the column and what refers to it to `bigint` in time.

## When to ignore it
For sequences that are meant to cycle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Sequence

SEVERITY = Severity.WARNING

_WARNING_SHARE = 0.7
_ERROR_SHARE = 0.9
_MOST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each such sequence."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for sequence in database.sequences:
        most = min(sequence.value_max, _column_most(database, sequence))
        share = (sequence.last_value or 0) / most if most > 0 else 0.0
        if sequence.increment > 0 and share >= _WARNING_SHARE:
            yield Fault(
                f"sequence {sequence.name} has used {share:.0%} of its {most:,} values",
                shown=f"{sequence.name}: last value {sequence.last_value:,}",
                relation=sequence.table,
                column=sequence.column,
                severity=Severity.ERROR if share >= _ERROR_SHARE else None,
                fix="change the column and what refers to it to bigint",
            )


def _column_most(database: Database, sequence: Sequence) -> int:
    table = database.by_name.get(sequence.table) if sequence.table is not None else None
    column = table.column(sequence.column) if table and sequence.column else None
    return _MOST.get(column.type, sequence.value_max) if column else sequence.value_max
