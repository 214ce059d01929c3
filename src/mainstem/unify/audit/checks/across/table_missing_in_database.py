"""A table that the migrations build, or that code uses, is not in a live database.

## What it finds
For each live database: tables that exist once the migrations have been replayed and that it lacks.
Where no migrations were given, tables that code of the product uses and that it lacks.

## Why it matters
A migration was never applied there, was applied to another project, or was marked as applied after
it had failed. Whatever uses the table fails with `relation does not exist`, in production only.

## Example
`supabase/migrations/0042_invoice.sql` creates `invoice`; the health check of the live database
says that there is no such table, while a document says that the migration is complete.

## How to mend it
Apply the missing migrations (`supabase db push`), after a look at the table in which the tool keeps
what it applied: a file that is listed there and was not run must be repaired by hand.

## When to ignore it
When the database is meant to be behind, because the release that needs the table is not out yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.origin import missing_usages
from mainstem.unify.audit.provided import is_provided
from mainstem.unify.audit.usage import usage_by_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.ERROR


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each live database and table."""
    for live in subject.databases:
        if subject.replay is not None:
            yield from _not_applied(subject, subject.replay.database, live)
        else:
            yield from _used(subject, live)


def _not_applied(subject: Subject, built: Database, live: Database) -> Iterator[Found]:
    usages = usage_by_name(subject)
    for table in built.tables:
        if table.name in live.by_name or is_provided(table.name):
            continue
        usage = usages.get(table.name)
        is_used = usage is not None and bool(usage.product)
        use = f"; code uses it {usage.where}" if usage is not None and is_used else ""
        yield Found(
            message=f"{table.name} is built by the migrations and is not in {live.name}{use}",
            table=str(table.name),
            evidence=(
                evidence.of_relation(subject, built, table),
                *(evidence.of_uses(usage.product) if usage is not None else ()),
            ),
            fix=f"apply to {live.name} the migration that creates {table.name}",
            severity=Severity.ERROR if is_used or subject.code is None else Severity.WARNING,
        )


def _used(subject: Subject, live: Database) -> Iterator[Found]:
    for usage in missing_usages(subject, live):
        if usage.product:
            yield Found(
                message=f"{usage.name} is used {usage.where}, and is not in {live.name}",
                table=str(usage.name),
                evidence=evidence.of_uses(usage.product),
                fix=f"create {usage.name} in {live.name} by a migration, or mend the name in code",
            )
