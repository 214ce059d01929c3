"""A table is a copy that somebody put aside.

## What it finds
Tables whose name says so: `backup_*`, `*_backup`, `*_old`, `*_copy`, `*_tmp`, or a date at the end,
beside the table that they are a copy of. A name that says backup in so many words needs no table
beside it, as long as no code uses it.

## Why it matters
The copy was made in a hurry, by hand, so it has neither the policies nor the keys of the original:
its rows are often readable by everyone who may use the API, and erasing a person's data does not
reach them.

## Example
`invoices_total_backup`, without row-level security, beside `invoices`.

## How to mend it
Dump it (`pg_dump --table`), store the file with the other backups, and drop the table.

## When to ignore it
For the days after the change that it protects against; enable row-level security on it meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import counted
from mainstem.unify.audit import evidence
from mainstem.unify.audit.backups import backup_of, is_clear_backup
from mainstem.unify.audit.knowledge import Knowledge
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.provided import is_provided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, ObjectName, Relation

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table, of the last catalog that has it: a live one knows rows."""
    found: dict[ObjectName, Found] = {}
    for database in subject.catalogs:
        knowledge = Knowledge(subject, database)
        tables = [table for table in database.tables if not is_provided(table.name)]
        for table in tables:
            names = [t.name.name for t in tables if t.name.schema == table.name.schema]
            original = backup_of(table.name.name, names)
            is_idle = table.name.name.lower() not in knowledge.in_product
            if original is not None or (is_clear_backup(table.name.name) and is_idle):
                found[table.name] = _found(subject, database, table, original)
    yield from found.values()


def _found(subject: Subject, database: Database, table: Relation, original: str | None) -> Found:
    rows = "" if table.row_count is None else f" with {counted(table.row_count, 'row')}"
    of = f" of {original}" if original is not None else ""
    security = "" if table.is_row_security_on else ", without row-level security"
    return Found(
        message=f"{table.name} seems to be a copy{of} that was put aside{rows}{security}",
        table=str(table.name),
        evidence=(evidence.of_relation(subject, database, table),),
        fix=f"dump {table.name}, keep the file with the other backups, and drop the table",
    )
