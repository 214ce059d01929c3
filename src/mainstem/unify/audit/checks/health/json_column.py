"""A column is json and not jsonb.

## What it finds
Columns of type `json`.

## Why it matters
`json` has no equality: rows that hold it cannot be compared, grouped or made distinct, so that a
merge cannot tell whether two are the same, and no index reaches into it.

## Example
`settings json`

## How to mend it
`alter table t alter column settings type jsonb`; only the order and doubles of keys are lost.

## When to ignore it
When the exact text must be kept, such as a signed payload.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import listed
from mainstem.unify.audit.catalogs import Fault, alter_column, in_catalogs
from mainstem.unify.audit.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table with such columns."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in database.tables:
        names = [column.name for column in table.columns if column.type in {"json", "json[]"}]
        if names:
            yield Fault(
                f"{table.name} keeps {listed(names)} as json, which cannot be compared",
                shown=f"{table.name}: {listed(names)} json",
                relation=table.name,
                column=names[0] if len(names) == 1 else None,
                fix=alter_column(table.name, names[0], "type jsonb"),
            )
