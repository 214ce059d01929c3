"""A table's tenant can be reached only through other tables.

## What it finds
Tables without the tenant's key that lead to a table with it through foreign keys which are never
null; with the path.

## Why it matters
A policy on such a table needs a sub-select for each row, or there is none; moving one tenant's rows
needs every join; and a row follows its parent to another tenant without anybody noticing. A merge
needs the key on every row: this is the path that it would take to fill it.

## Example
`comment (post_id)` leads to `post (agency_id)`.

## How to mend it
Add the key, fill it along the path, and let the foreign key carry it:
`foreign key (agency_id, post_id) references post (agency_id, id)`.

## When to ignore it
When the table is small and nothing is merged; it is a note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.tenancy import paths_to_tenant, tenancy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Constraint, Database

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table that has a path and no key."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    tenant = tenancy(database)
    if tenant is None:
        return
    for table, path in paths_to_tenant(database, tenant).items():
        said = _path(path)
        is_at_root = path[-1].parent == tenant.root
        end = said if is_at_root else f"{said}.{tenant.column}"
        yield Fault(
            f"{table} has no {tenant.column}; its tenant is reached through {end}",
            shown=path[0].definition,
            relation=table,
            fix=f"add {tenant.column} to {table} and fill it along {end}",
        )


def _path(path: tuple[Constraint, ...]) -> str:
    return " -> ".join(f"{', '.join(key.columns)} -> {key.parent}" for key in path)
