"""A text is padded with blanks to a fixed length.

## What it finds
Columns of type `char(n)` with n greater than 1.

## Why it matters
The server fills shorter values with blanks and ignores them in some comparisons only: the same
value in a `text` column of another database is not equal to it, and joins and merges miss it.

## Example
`country char(3)`

## How to mend it
`text`, with `check (length(country) <= 3)` where the length matters.

## When to ignore it
When all values have the full length.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, alter_column, in_catalogs
from mainstem.unify.audit.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.NOTE

_PADDED = re.compile(r"character\((\d+)\)")


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each such column."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in database.tables:
        for column in table.columns:
            match = _PADDED.fullmatch(column.type)
            if match is not None and int(match[1]) > 1:
                yield Fault(
                    f"{table.name}.{column.name} is padded with blanks to {match[1]} characters",
                    shown=f"{table.name}.{column.name} {column.type}",
                    relation=table.name,
                    column=column.name,
                    fix=alter_column(table.name, column.name, "type text"),
                )
