"""A column holds numbers of the server's own objects.

## What it finds
Columns of type `oid`, `regclass`, `regproc` and the like.

## Why it matters
The number means another table or function in another database, or none: after a dump, an upgrade or
a merge the row points elsewhere. `pg_upgrade` refuses most of these types.

## Example
`audited regclass not null`

## How to mend it
Keep the name as `text`.

## When to ignore it
In a table that is rebuilt on every server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.WARNING

_TYPES = frozenset(
    {"oid", "regclass", "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper"}
    | {"regoperator", "regproc", "regprocedure", "regrole", "regtype"}
)


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each such column."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in database.tables:
        for column in table.columns:
            if column.type.removesuffix("[]") in _TYPES:
                yield Fault(
                    f"{table.name}.{column.name} holds numbers of this server's objects "
                    f"({column.type})",
                    shown=f"{table.name}.{column.name} {column.type}",
                    relation=table.name,
                    column=column.name,
                    fix="keep the object's name as text",
                )
