"""One name of a table is used in two kinds of database.

## What it finds
Tables that code of the product keeps in SQLite and that PostgreSQL has too, under the same name or
one that differs in number or spelling only.

## Why it matters
There are two truths. Which of them a page shows depends on the function that it happened to call,
and a row that was corrected in one stays wrong in the other.

## Example
Uploaded lists of `recipient` rows go to PostgreSQL; the mailing code reads `recipients` in SQLite.

## How to mend it
Decide which is the source, move what the other holds (`mainstem unify plan` matches the columns),
and change the code.

## When to ignore it
When the file is a copy for reading that is made anew on a schedule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.naming import column_meaning, singular_name
from mainstem.kit.wording import counted
from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.second_engine import other_tables, postgres_tables
from mainstem.unify.audit.usage import usage_by_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Evidence
    from mainstem.unify.audit.second_engine import OtherTable
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Relation

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each name."""
    known = postgres_tables(subject)
    by_singular = {singular_name(name): name for name in known}
    for name, table in other_tables(subject).items():
        twin = name if name in known else by_singular.get(singular_name(name))
        if twin is not None:
            yield _found(subject, table, twin, *known[twin])


def _found(
    subject: Subject,
    table: OtherTable,
    twin: str,
    database: Database | None,
    relation: Relation | None,
) -> Found:
    named = f" as {twin}" if twin != table.name.lower() else ""
    return Found(
        message=f"{table.name} is in SQLite and in PostgreSQL{named}{_shared(table, relation)}",
        table=table.name,
        evidence=(*table.evidence, *_there(subject, twin, database, relation)),
        fix=f"decide which {table.name} is the source, move the other's rows, and change the code",
    )


def _shared(table: OtherTable, relation: Relation | None) -> str:
    if relation is None or not table.columns:
        return ""
    there = {column_meaning(column.name) for column in relation.columns}
    both = sum(column_meaning(name) in there for name in table.columns)
    return f"; {both} of its {counted(len(table.columns), 'column')} are in both"


def _there(
    subject: Subject, twin: str, database: Database | None, relation: Relation | None
) -> tuple[Evidence, ...]:
    if database is not None and relation is not None:
        return (evidence.of_relation(subject, database, relation),)
    usages = usage_by_name(subject).values()
    uses = [use for u in usages if u.name.name.lower() == twin for use in u.product]
    return evidence.of_uses(uses)
