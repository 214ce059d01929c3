"""A table or column is named by a reserved word and must be quoted everywhere.

## What it finds
Tables and columns whose names PostgreSQL's parser does not take without quotes (`user`, `order`).

## Why it matters
Forgotten quotes are an error at best. At worst they are none: `select * from user` returns the name
of the database role, not the table. Generated SQL and people's queries meet it again and again.

## Example
`create table "user" (...)`

## How to mend it
Rename it (`account`, `person`, `purchase`); a view under the old name bridges the change.

## When to ignore it
When only a library that always quotes reads the table.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pgparse

from mainstem.kit.wording import listed
from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table with such names."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in database.tables:
        if _is_reserved(table.name.name):
            yield Fault(
                f'table "{table.name}" is a reserved word and must be quoted in every query',
                shown=f"table {table.name}",
                relation=table.name,
            )
        columns = [column.name for column in table.columns if _is_reserved(column.name)]
        if columns:
            yield Fault(
                f"{table.name} has columns that must be quoted in every query: {listed(columns)}",
                shown=f"{table.name} ({listed(columns)})",
                relation=table.name,
                column=columns[0] if len(columns) == 1 else None,
            )


@cache
def _is_reserved(name: str) -> bool:
    if not name.isidentifier() or name != name.lower():
        return False  # it needs quotes for another reason
    try:
        pgparse.parse(f"create table {name} ({name} int)")
    except pgparse.PGQueryError:
        return True
    return False
