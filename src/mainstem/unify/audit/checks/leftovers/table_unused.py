"""Nothing knows a table: no code, no document, no foreign key.

## What it finds
Tables of any catalog that no code (tests included) uses or declares, that no document names, that
no foreign key of another table leads to, and that no view, function or policy reads. Nothing is
reported when the code that was read uses no tables at all. Backups have a check of their own.

## Why it matters
It costs a place in every plan, every review of policies, every backup. Data of people that nobody
looks at any more is a risk without a use.

## Example
`import_2` with 40 rows: its only trace is the statement that created it.

## How to mend it
Look at its rows and last write, ask who made it, keep a dump, and drop it by a migration.

## When to ignore it
When another program uses the table, one whose code was not given (`--code`). Where code uses names
that cannot be told before it runs, the finding is a note only.
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
    known: set[ObjectName] = set()
    for database in subject.catalogs:
        knowledge = Knowledge(subject, database)
        if not knowledge.reads_code:
            return
        names = [table.name.name for table in database.tables]
        for table in database.tables:
            if knowledge.is_known(table):
                known.add(table.name)
            elif not is_provided(table.name) and not _is_backup(table, names):
                found[table.name] = _found(knowledge, database, table)
    yield from (one for name, one in found.items() if name not in known)


def _is_backup(table: Relation, names: list[str]) -> bool:
    return is_clear_backup(table.name.name) or backup_of(table.name.name, names) is not None


def _found(knowledge: Knowledge, database: Database, table: Relation) -> Found:
    rows = "" if table.row_count is None else f" with {counted(table.row_count, 'row')}"
    return Found(
        message=f"no code, document or foreign key knows {table.name}{rows}",
        table=str(table.name),
        evidence=(evidence.of_relation(knowledge.subject, database, table),),
        fix=f"ask who made {table.name}, keep a dump, and drop it by a migration",
        severity=Severity.NOTE if knowledge.has_dynamic_names else None,
    )
