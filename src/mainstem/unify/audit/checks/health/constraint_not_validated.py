"""A constraint does not hold for the rows that were there before it.

## What it finds
Constraints made `not valid` and never validated.

## Why it matters
New rows satisfy it and old ones may not. The planner does not use it, and a copy or merge into a
table with the same constraint fails at the first old row.

## Example
`alter table invoice add constraint positive check (amount > 0) not valid;`

## How to mend it
`alter table invoice validate constraint positive;`, after mending the rows that it names.

## When to ignore it
While a large table is being validated.
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
    """Yield one finding for each such constraint."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in database.tables:
        for constraint in table.constraints:
            if not constraint.is_validated:
                yield Fault(
                    f"constraint {constraint.name} of {table.name} was never validated: older rows "
                    "may break it",
                    shown=f"{constraint.name}: {constraint.definition}",
                    relation=table.name,
                    column=constraint.columns[0] if len(constraint.columns) == 1 else None,
                    fix=f"alter table {as_sql(table.name)} "
                    f"validate constraint {name_sql(constraint.name)}",
                    made_by=(ObjectKind.CONSTRAINT, of_table(table.name, constraint.name)),
                )
