"""A unique key does not begin with the tenant, so that tenants get in each other's way.

## What it finds
Unique constraints and indexes of tables with an organisation's key that leave the key out. Primary
keys, uuids, secrets and references are not meant.

## Why it matters
One tenant learns from a refused insert that another has the value; and two databases that are
merged meet in it. Engines that distribute by tenant refuse it.

## Example
`project (agency_id, name text unique)`

## How to mend it
`unique (agency_id, name)`; what must be found across tenants belongs into a small table of its own.

## When to ignore it
For what is really one for all: a domain name, a tracking code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.secrets_names import is_secret
from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.tenancy import tenancy
from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.replay.model import ObjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Relation, RelationIndex

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each such key."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    tenant = tenancy(database)
    if tenant is None or tenant.is_person:
        return
    for table in database.tables:
        for index in table.indexes:
            if table.name not in tenant.tables or not index.is_unique or index.is_primary:
                continue
            if tenant.column not in index.parts and _can_collide(table, index):
                columns = ", ".join(index.parts)
                yield Fault(
                    f"{table.name} ({columns}) is unique across all tenants",
                    shown=index.definition,
                    relation=table.name,
                    column=index.parts[0] if len(index.parts) == 1 else None,
                    fix=f"make ({tenant.column}, {columns}) unique instead",
                    made_by=(ObjectKind.INDEX, ObjectName(table.name.schema, index.name)),
                )


def _can_collide(table: Relation, index: RelationIndex) -> bool:
    """Whether two tenants may want the same value: no uuid, reference or secret is in it."""
    referring = {name for key in table.foreign_keys for name in key.columns}
    columns = [table.column(part) for part in index.parts]
    return not any(
        column is not None
        and (
            column.type == "uuid"
            or column.name in referring
            or is_secret(table.name.name, column.name)
        )
        for column in columns
    )
