"""Two foreign keys say the same.

## What it finds
Foreign keys of one table with the same columns and the same parent.

## Why it matters
Both are checked on every change. The data API does not know which one an embedded resource means
and refuses the query (PGRST201); with different `on delete` rules the stricter one wins by
surprise.

## Example
A key that was added again under another name by a later migration.

## How to mend it
`alter table t drop constraint` the one that was not meant.

## When to ignore it
Never for long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, as_sql, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.plan.names import name_sql
from mainstem.unify.replay.creations import of_table
from mainstem.unify.replay.model import ObjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each foreign key that repeats another."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in database.tables:
        first: dict[tuple[object, ...], str] = {}
        for key in table.foreign_keys:
            said = (key.columns, key.parent, key.parent_columns)
            if first.setdefault(said, key.name) != key.name:
                yield Fault(
                    f"foreign key {key.name} of {table.name} says what {first[said]} says",
                    shown=f"{key.name}: {key.definition}",
                    relation=table.name,
                    column=key.columns[0] if len(key.columns) == 1 else None,
                    fix=f"alter table {as_sql(table.name)} drop constraint {name_sql(key.name)}",
                    made_by=(ObjectKind.CONSTRAINT, of_table(table.name, key.name)),
                )
