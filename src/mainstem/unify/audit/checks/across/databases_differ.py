"""Two live databases do not have the same tables.

## What it finds
Where two or more databases and no migrations are given: tables that the first has and another
lacks, and the other way round; one finding for each pair and direction.

## Why it matters
Before two databases become one, each table of both needs a place; before two environments can be
trusted to be the same, there must be none in this list.

## Example
`staging` has 42 tables, and `production` lacks `invoice_reminder`, which was made there last week.

## How to mend it
For environments of one product, apply the missing migrations. For two products, this is the list
that a plan must answer (`mainstem unify plan`).

## When to ignore it
When the databases are meant to differ.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield one note for each pair of databases and direction."""
    if subject.replay is not None:
        return
    for one, other in permutations(subject.databases, 2):
        only = [table for table in one.tables if table.name not in other.by_name]
        if only:
            names = listed((table.name for table in only), most=evidence.PLACES_MAX)
            count = counted(len(only), "table")
            yield Found(
                message=f"{one.name} has {count} that {other.name} lacks: {names}",
                evidence=tuple(
                    evidence.of_relation(subject, one, table)
                    for table in only[: evidence.PLACES_MAX]
                ),
                fix="apply the missing migrations, or plan where each of these tables goes",
            )
