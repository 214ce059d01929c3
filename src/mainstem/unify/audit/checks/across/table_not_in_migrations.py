"""A table of a live database is created by no migration: somebody made it by hand.

## What it finds
Tables and views of a live database that are not there once all migrations have been replayed.
Partitions, tables of the platform and the tables in which tools keep their state do not count, nor
do tables that the tool of a model creates.

## Why it matters
The table exists in one place only. No preview, no colleague and no restored environment has it, and
nobody reviewed its columns, its keys or who may read it. A table made in a dashboard often has
row-level security switched off.

## Example
`invoice_import` with 812 rows is in the live database; no file names it.

## How to mend it
Write its definition down as a migration (`supabase db diff`, or `pg_dump --schema-only --table`),
guarded with `if not exists` so that it also runs where the table is; or drop the table if nothing
needs it.

## When to ignore it
When another product keeps its tables in the same database and has migrations of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import counted
from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.origin import creations_of, made_by_code
from mainstem.unify.audit.provided import is_provided
from mainstem.unify.audit.usage import usage_by_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.audit.usage import Usage
    from mainstem.unify.catalog.database import Database, Relation

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each live database and relation."""
    if subject.replay is None:
        return
    built = subject.replay.database.by_name
    made = made_by_code(subject)
    usages = usage_by_name(subject)
    for live in subject.databases:
        for relation in live.relations:
            is_known = relation.name in built or relation.name in made or is_provided(relation.name)
            if not is_known and (relation.is_table or relation.is_view):
                yield _found(subject, live, relation, usages.get(relation.name))


def _found(subject: Subject, live: Database, relation: Relation, usage: Usage | None) -> Found:
    rows = "" if relation.row_count is None else f" with {counted(relation.row_count, 'row')}"
    use = f"; code uses it {usage.where}" if usage is not None and usage.product else ""
    return Found(
        message=(
            f"{relation.kind.value} {relation.name} is in {live.name}{rows}, and "
            f"{_why(subject, relation)}{use}"
        ),
        table=str(relation.name),
        evidence=(
            evidence.of_relation(subject, live, relation),
            *map(evidence.of_creation, creations_of(subject, relation.name)),
            *(evidence.of_uses(usage.product) if usage is not None else ()),
        ),
        fix=f"write a migration that creates {relation.name} if not exists, or drop it",
    )


def _why(subject: Subject, relation: Relation) -> str:
    created = creations_of(subject, relation.name)
    if not created:
        return "no migration creates it"
    if created[-1].is_applied:
        return "the migrations drop it"
    return f"the statement that creates it fails in {created[-1].file}:{created[-1].line}"
