"""A migration tries to create a table, and fails on an empty database.

## What it finds
Tables and views whose `create` statement failed when the migrations were replayed from nothing, and
failed again after everything else had been applied.

## Why it matters
The file looks as if the table existed, and production may have it from an earlier version of the
file; a new environment does not get it, nor anything that needs it.

## Example
```sql
create table price (amount money_amount);
```
and the type `money_amount` was only ever made in a dashboard.

## How to mend it
The evidence holds what the server said. Mend the statement in its file if no environment has
applied it yet; otherwise add a migration that creates the table and make the old one pass.

## When to ignore it
When the statement needs something that only the hosted platform has, which the report then says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.origin import RELATION_KINDS
from mainstem.unify.audit.usage import usage_by_name
from mainstem.unify.replay.model import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.audit.usage import Usage
    from mainstem.unify.replay.model import Creation, FailedStatement, Replay

SEVERITY = Severity.ERROR

#: the scratch server's limits, not a fault of the file
_LIMITS = frozenset({Failure.NEEDS_EXTENSION, Failure.TIMED_OUT, Failure.REFUSED})


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each relation that no statement managed to create."""
    if subject.replay is None:
        return
    tried = {
        creation.name: creation
        for creation in reversed(subject.replay.creations)
        if creation.kind in RELATION_KINDS
        and not creation.is_applied
        and not creation.is_dropped
        and creation.name not in subject.replay.database.by_name
    }
    usages = usage_by_name(subject)
    for name in sorted(tried):
        yield _found(tried[name], _failure_of(subject.replay, tried[name]), usages.get(name))


def _found(creation: Creation, failed: FailedStatement | None, usage: Usage | None) -> Found:
    use = f"; code uses it {usage.where}" if usage is not None and usage.product else ""
    reason = "the statement fails" if failed is None else f"the statement {failed.failure.value}"
    needs = f" ({failed.needs})" if failed is not None and failed.needs is not None else ""
    place = f"{creation.file}:{creation.line}"
    is_limit = failed is not None and failed.failure in _LIMITS
    return Found(
        message=f"{creation.name} is not created: in {place} {reason}{needs}{use}",
        table=str(creation.name),
        evidence=(
            evidence.of_creation(creation),
            *((evidence.of_failure(failed),) if failed is not None else ()),
            *(evidence.of_uses(usage.product) if usage is not None else ()),
        ),
        fix=f"mend the statement in {place}, and replay the migrations on an empty database",
        severity=Severity.NOTE if is_limit else None,
    )


def _failure_of(replay: Replay, creation: Creation) -> FailedStatement | None:
    at_place = (f for f in replay.failed if (f.file, f.line) == (creation.file, creation.line))
    return next(at_place, None)
