"""A table has policies, but row-level security is off, so that none of them holds.

## What it finds
Tables with at least one policy and without `enable row level security`.

## Why it matters
PostgreSQL accepts a policy on any table and ignores it until row-level security is enabled. Whoever
reads the migration sees protection; every row is open all the same.

## Example
`create policy own on note using (user_id = auth.uid());` without
`alter table note enable row level security;`.

## How to mend it
Enable row-level security, after reading the policies: they were never tried, and what they allow
begins to hold in that moment.

## When to ignore it
Never; drop the policies where they are not meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import listed
from mainstem.unify.audit.catalogs import Fault, as_sql, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.catalog.database import RelationKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.ERROR


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table whose policies sleep."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in database.relations:
        is_stored = table.is_table or table.kind is RelationKind.PARTITION
        if is_stored and table.policies and not table.is_row_security_on:
            names = listed(policy.name for policy in table.policies)
            yield Fault(
                f"{table.name} has policies ({names}), but row-level security is off",
                shown=f"{table.name}: {len(table.policies)} policies, row-level security off",
                relation=table.name,
                fix=f"alter table {as_sql(table.name)} enable row level security",
            )
