"""A view that the migrations build is not in a live database.

## What it finds
For each live database: views and materialized views that exist once the migrations have been
replayed and that it lacks. (A name that code uses and no migration creates at all is reported by
`table-missing-in-migrations`, because code cannot tell a view from a table.)

## Why it matters
A query of the view fails with `relation does not exist`. Views are lost more easily than tables:
`drop ... cascade` on a table takes its views along without a word.

## Example
`0031_reports.sql` creates the view `open_invoice`; live, `drop table invoice_old cascade` took it.

## How to mend it
Apply the migration that creates the view, or write a new one if the first is recorded as applied.

## When to ignore it
When the database is meant to be behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.provided import is_provided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject

SEVERITY = Severity.ERROR


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each live database and view."""
    if subject.replay is None:
        return
    built = subject.replay.database
    for live in subject.databases:
        for view in built.relations:
            if view.is_view and view.name not in live.by_name and not is_provided(view.name):
                yield Found(
                    message=(
                        f"{view.kind.value} {view.name} is built by the migrations and is not in "
                        f"{live.name}"
                    ),
                    table=str(view.name),
                    evidence=(evidence.of_relation(subject, built, view),),
                    fix=f"create {view.name} in {live.name} by the migration that defines it",
                )
