"""A migration guards its statements and still cannot run twice.

## What it finds
Files that say `if not exists`, `or replace` or the like, so that they claim to be repeatable, and
in which other statements fail when the file runs a second time. One finding for each file.

## Why it matters
Such files are run by hand, or again after a failure half-way. The guard of the first statement lets
it start, the second breaks it, and what comes after is never reached.

## Example
```sql
create table if not exists note (id uuid primary key);
create policy own on note using (true);   -- fails: policy "own" for table "note" already exists
```

## How to mend it
Put `drop policy if exists own on note;` before the policy, likewise for triggers; use
`add column if not exists`; wrap constraints in a `do` block that looks first.

## When to ignore it
When a tool that records what it applied is the only one to run the files.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.kit.wording import counted
from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.replay.model import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.replay.model import FailedStatement

SEVERITY = Severity.WARNING

_LIMITS = frozenset(
    {Failure.TRANSACTION_ABORTED, Failure.NEEDS_EXTENSION, Failure.TIMED_OUT, Failure.REFUSED}
)


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each file."""
    if subject.replay is None:
        return
    by_file: dict[str, list[FailedStatement]] = defaultdict(list)
    for failed in subject.replay.second_run:
        if failed.failure not in _LIMITS:
            by_file[failed.file].append(failed)
    for file, statements in by_file.items():
        first = statements[0]
        yield Found(
            message=(
                f"{file} guards statements, and {counted(len(statements), 'other')} "
                f"{'fails' if len(statements) == 1 else 'fail'} when it runs again, first line "
                f"{first.line}: {evidence.one_line(first.message)}"
            ),
            evidence=tuple(evidence.of_failure(f) for f in statements[: evidence.PLACES_MAX]),
            fix="guard these statements too (`drop ... if exists` before, `if not exists`)",
        )
