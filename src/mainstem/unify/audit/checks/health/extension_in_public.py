"""An extension stands in the schema public.

## What it finds
Extensions whose objects are in `public`, where roles of a data API may reach that schema.

## Why it matters
Its functions are served by the data API as if they were the product's own, its types and operators
mix with the product's in every dump, and a merge of two databases meets the same names twice.

## Example
`create extension pg_trgm;` without `schema extensions`.

## How to mend it
`alter extension pg_trgm set schema extensions;` where the extension can be moved.

## When to ignore it
Where `public` is not served, or the extension cannot be moved (PostGIS).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import has_clients
from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.plan.names import name_sql
from mainstem.unify.replay.model import ObjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each extension."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    if not has_clients(database):
        return  # nothing serves what stands in public
    for extension in database.extensions:
        if extension.schema == "public":
            yield Fault(
                f"extension {extension.name} stands in public, among the product's own objects",
                shown=f"extension {extension.name} in schema public",
                fix=f"alter extension {name_sql(extension.name)} set schema extensions",
                made_by=(ObjectKind.EXTENSION, ObjectName("", extension.name)),
            )
