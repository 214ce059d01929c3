"""A restrictive policy means something else on other engines.

## What it finds
Policies made `as restrictive`: an error where the extension Citus is installed, a note elsewhere.

## Why it matters
PostgreSQL joins restrictive policies to the others with AND. Citus (tried with 13 and 14) makes
them permissive on its shards, where policies are joined with OR: what was to narrow access widens
it, and one tenant reads the rows of others. Tools that copy policies lose the word as easily.

## Example
`create policy same_agency on invoice as restrictive using (agency_id = app.agency_id());`

## How to mend it
Write the condition into every permissive policy with AND; one policy for all commands is clearest.

## When to ignore it
When the database stays on PostgreSQL itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, in_catalogs, policy_made
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import policies_for_people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each restrictive policy."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    has_citus = any(extension.name == "citus" for extension in database.extensions)
    for table, policy in policies_for_people(database):
        if policy.is_permissive:
            continue
        said = "Citus, which is installed, joins it" if has_citus else "other engines join it"
        yield Fault(
            f'policy "{policy.name}" on {table} is restrictive: {said} to the others with OR',
            shown=f'policy "{policy.name}" as restrictive for {policy.command}',
            relation=table,
            severity=Severity.ERROR if has_citus else None,
            fix="join its condition with AND to every permissive policy",
            made_by=policy_made(table, policy),
        )
