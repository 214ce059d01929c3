"""A partition can be read around the policies of its parent.

## What it finds
Partitions without row-level security of a parent that has it: an error where people hold a
privilege on the partition, a warning elsewhere.

## Why it matters
Partitions do not inherit row-level security. A query through the parent is filtered; a query of the
partition by its name is not, and returns the rows of every tenant.

## Example
`create table event_2024_05 partition of event ...` where only `event` has row-level security.

## How to mend it
`alter table event_2024_05 enable row level security;` and revoke all grants on it. What creates
partitions must do both each time.

## When to ignore it
When nobody but the owner holds a privilege on the partitions, and it will stay that way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, as_sql, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import granted
from mainstem.unify.catalog.database import RelationKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Relation

SEVERITY = Severity.ERROR


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each open partition."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for partition in database.relations:
        if partition.kind is not RelationKind.PARTITION or partition.is_row_security_on:
            continue
        protected = _protected_parent(database, partition)
        if protected is None:
            continue
        held = granted(partition)
        who = f"{' and '.join(sorted(held))} may query it" if held else "nobody is granted it"
        yield Fault(
            f"partition {partition.name} has no row-level security, and {protected.name} has: "
            f"read by its own name it shows every tenant's rows ({who})",
            shown=f"{partition.name}: partition of {protected.name}, row-level security off",
            relation=partition.name,
            severity=None if held else Severity.WARNING,
            fix=f"alter table {as_sql(partition.name)} enable row level security; "
            "revoke its grants",
        )


def _protected_parent(database: Database, partition: Relation) -> Relation | None:
    """The nearest table above it that has row-level security."""
    above = database.by_name.get(partition.parent) if partition.parent is not None else None
    while above is not None and not above.is_row_security_on:
        above = database.by_name.get(above.parent) if above.parent is not None else None
    return above
