"""A table of the second database does not say whose its rows are.

## What it finds
Tables that code of the product declares in SQLite without the column by which PostgreSQL's tables
tell tenants apart, and without a key to a table there that has it.

## Why it matters
SQLite knows no row-level security: every row is everyone's, and only the code that remembers to
filter keeps tenants apart. When the rows are brought over, nobody can say whose they are.

## Example
PostgreSQL's tables have `organization_id`; SQLite's `events` has `tracking_code` and no owner.

## How to mend it
Find the path from each row to its tenant now, while the code that wrote it is still there, and
bring the table over with it (`mainstem unify plan` asks for it).

## When to ignore it
When the table holds nothing that belongs to a tenant, such as a list of countries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.naming import referenced_name, same_table, snake_case
from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.second_engine import other_tables
from mainstem.unify.audit.tenancy import tenancy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mainstem.unify.audit.second_engine import OtherTable
    from mainstem.unify.audit.subject import Subject

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table whose columns are known."""
    found = next((t for d in subject.catalogs if (t := tenancy(d)) is not None), None)
    tables = other_tables(subject)
    if found is None or not tables:
        return
    key = found.column
    owned = [table for table in tables.values() if _has(table, key)]
    for table in tables.values():
        if table.columns and not (_has(table, key) or _leads_to(table, owned)):
            yield Found(
                message=(
                    f"{table.name} is in SQLite without {key}, by which PostgreSQL tells tenants "
                    f"apart ({found.evidence})"
                ),
                table=table.name,
                evidence=table.evidence[: evidence.PLACES_MAX],
                fix=f"find how each row leads to its {key}, and bring the table over with it",
            )


def _has(table: OtherTable, key: str) -> bool:
    return any(snake_case(column) == snake_case(key) for column in table.columns)


def _leads_to(table: OtherTable, owned: Iterable[OtherTable]) -> bool:
    """Whether a key of the table leads to a table of the same database that has the tenant's."""
    named = {column.references or referenced_name(name) for name, column in table.columns.items()}
    return any(name and same_table(name, other.name) for name in named for other in owned)
