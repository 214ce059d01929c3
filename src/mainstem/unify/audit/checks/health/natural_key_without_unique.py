"""A name that should be the only one of its kind is not unique.

## What it finds
Columns named `slug`, `username`, `handle`, `subdomain`, `sku` or the hash of a key or token, which
no unique index contains.

## Why it matters
The code looks a row up by it and takes the first. Two requests at once make two; a merge brings two
databases' worth.

## Example
`create table shop (id uuid primary key, slug text not null)`

## How to mend it
`create unique index concurrently on shop (slug);`, with the tenant's key in front where it has one.

## When to ignore it
Where the column is a copy of another table's, or only shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, as_sql, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.provided import is_provided
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.NOTE

_NAMES = frozenset(
    {"slug", "username", "handle", "subdomain", "sku", "key_hash", "token_hash", "api_key_hash"}
)


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each such column."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in database.tables:
        covered = {part for index in table.indexes if index.is_unique for part in index.parts}
        covered |= {part.partition("(")[2].partition(")")[0].split("::")[0] for part in covered}
        for column in table.columns:
            if column.name in _NAMES and column.name not in covered and not is_provided(table.name):
                yield Fault(
                    f"{table.name}.{column.name} is not unique: two rows may have the same",
                    shown=f"{table.name}.{column.name} {column.type}, in no unique index",
                    relation=table.name,
                    column=column.name,
                    fix=f"create unique index concurrently on {as_sql(table.name)} "
                    f"({name_sql(column.name)})",
                )
