"""A trigger is switched off.

## What it finds
Triggers that `alter table ... disable trigger` has left disabled.

## Why it matters
What it keeps true (a time, a count, an audit trail) is no longer kept for new rows. Loads switch
triggers off and forget to switch them on again.

## Example
`alter table invoice disable trigger set_updated_at;`

## How to mend it
`alter table invoice enable trigger set_updated_at;`, and mend the rows of the time between; or drop
it.

## When to ignore it
While a load is running.
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
    """Yield one finding for each disabled trigger."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in database.relations:
        for trigger in table.triggers:
            if not trigger.is_enabled:
                yield Fault(
                    f"trigger {trigger.name} on {table.name} is switched off",
                    shown=trigger.definition,
                    relation=table.name,
                    fix=f"alter table {as_sql(table.name)} enable trigger {name_sql(trigger.name)}",
                    made_by=(ObjectKind.TRIGGER, of_table(table.name, trigger.name)),
                )
