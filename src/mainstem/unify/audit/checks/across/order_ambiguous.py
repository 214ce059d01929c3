"""The order of the migrations is not certain.

## What it finds
What the replay noted when it ordered the files: two files with one number, numbers of different
kinds in one folder, an order that depends on whether numbers are compared as numbers or as text.

## Why it matters
Two tools, or two versions of one, may run the files in different orders and build different
schemas from the same folder.

## Example
`20250301_posts.sql` and `20250301_authors.sql`; or `9_last.sql` beside `10_first.sql`.

## How to mend it
Give every file a number of its own, all of one length.

## When to ignore it
When the files in question do not depend on each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.model import Evidence, Found, Severity, SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield one note with all doubts."""
    replay = subject.replay
    if replay is not None and replay.order_notes and not subject.is_schema:
        yield Found(
            message=f"the order of {replay.folder} is not certain: {'; '.join(replay.order_notes)}",
            evidence=(Evidence(SourceKind.MIGRATIONS, f"replayed {replay.order}"),),
            fix="give every file a number of its own, all of one length",
        )
