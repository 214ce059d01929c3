"""A table has no primary key.

## What it finds
Tables and partitioned tables without a primary key.

## Why it matters
A merge cannot tell two rows of such a table apart, nor say which one it has moved already; logical
replication refuses to update or delete in it; and nothing can refer to its rows.

## Example
`create table membership (user_id uuid, team_id uuid)`

## How to mend it
Give it the key that its rows have by nature (`primary key (team_id, user_id)`), after removing rows
that are there twice, or an `id`.

## When to ignore it
For a table that rows are only appended to and dropped from as a whole, such as a raw log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, as_sql, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.provided import is_provided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table without a key."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in database.tables:
        if not table.primary_key and not is_provided(table.name):
            unique = next((index.name for index in table.indexes if index.is_unique), None)
            hint = f"; its unique index {unique} could become one" if unique is not None else ""
            yield Fault(
                f"{table.name} has no primary key{hint}",
                shown=f"{table.name}: no primary key",
                relation=table.name,
                fix=f"alter table {as_sql(table.name)} add primary key (...)",
            )
