"""Keys are counted up, so that two databases have the same ones for different rows.

## What it finds
Tables whose primary key is one integer column that the server counts up (serial or identity).

## Why it matters
Row 17 of one database is another row than row 17 of the next: merging them gives each row a new key
and follows every reference to it. A column `generated always` also refuses the old value.

## Example
`id serial primary key`

## How to mend it
New tables: `id uuid primary key default gen_random_uuid()`. Existing ones: let the merge make keys
from (source, table, key), which is the same on every run.

## When to ignore it
When nothing will ever be merged into this database, or from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, RelationColumn

SEVERITY = Severity.NOTE

_INTEGERS = frozenset({"smallint", "integer", "bigint"})


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each such table."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in database.tables:
        column = table.column(table.primary_key[0]) if len(table.primary_key) == 1 else None
        if column is not None and _is_counted(column):
            always = ", generated always" if column.identity == "always" else ""
            yield Fault(
                f"{table.name}.{column.name} is counted up ({column.type}{always}): its values "
                "collide when databases are merged",
                shown=f"{table.name}.{column.name} {column.type}, primary key",
                relation=table.name,
                column=column.name,
            )


def _is_counted(column: RelationColumn) -> bool:
    has_sequence = column.default is not None and column.default.startswith("nextval(")
    return column.type in _INTEGERS and (has_sequence or column.identity is not None)
