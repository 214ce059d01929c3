"""A row may refer to a row of another tenant.

## What it finds
Foreign keys between two tables that both have the tenant's key, where the foreign key does not
carry it. References to people (`created_by`) are not meant.

## Why it matters
PostgreSQL checks foreign keys past all policies. Whoever knows or guesses an id of another tenant
can attach a row to it: joins then show foreign data, a cascade deletes across tenants, and a merge
carries the crossing over.

## Example
`invoice (agency_id, client_id references client (id))`

## How to mend it
`foreign key (agency_id, client_id) references client (agency_id, id)`, with a unique key on
`client (agency_id, id)`.

## When to ignore it
When ids cannot be guessed and the code checks each of them; it is a note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.tenancy import is_of_people, tenancy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table with such foreign keys."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    tenant = tenancy(database)
    if tenant is None or tenant.is_person:
        return
    for table in database.tables:
        if table.name not in tenant.tables:
            continue
        keys = [
            key
            for key in table.foreign_keys
            if key.parent in tenant.tables
            and key.parent not in {None, tenant.root, table.name}
            and not is_of_people(key.parent)
            and tenant.column not in key.columns
        ]
        if keys:
            parents = listed(sorted({key.parent for key in keys if key.parent is not None}))
            yield Fault(
                f"{counted(len(keys), 'foreign key')} of {table.name} may lead to rows of another "
                f"tenant, of {parents}",
                shown=f"{table.name}: {keys[0].definition}",
                relation=table.name,
                fix=f"let the foreign key carry {tenant.column}",
            )
