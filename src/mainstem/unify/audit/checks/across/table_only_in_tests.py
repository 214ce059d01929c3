"""A table that no migration creates is used by tests only.

## What it finds
A name that tests use as a table, that no code of the product uses, and that is not there once the
migrations have been replayed (or, where there are none, in the live database). Tests that write SQL
mostly make their tables themselves, and are not judged.

## Why it matters
Usually it is a made-up name in a test of a library, and harmless. Sometimes a table was renamed or
dropped and its tests were left behind: they pass because they talk to a mock, and prove nothing.

## Example
A test still asks a mock for `supabase.from('customer')`; the table has been `client` for a year.

## How to mend it
Rename it in the tests as it was renamed in the schema, or delete the test.

## When to ignore it
When the test makes the table itself or the name is only an example.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.origin import missing_usages
from mainstem.unify.code.model import Via

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield a note for each name, held against the migrations or else the first live database."""
    for database in subject.catalogs[:1]:
        for usage in missing_usages(subject, database):
            if not usage.product and any(use.via is not Via.SQL for use in usage.tests):
                yield Found(
                    message=f"{usage.name} is used by tests only, {usage.where}, and is not there",
                    table=str(usage.name),
                    evidence=evidence.of_uses(usage.tests),
                    fix="use the table's present name in the tests, or delete what tests nothing",
                )
