"""Migrations use an object before the file that creates it runs.

## What it finds
Statements that fail on an empty database because a later statement, mostly in a file that sorts
after theirs, creates what they need. All statements that wait for one object are one finding.

## Why it matters
The files ran in another order when they were written, or the object was there by hand. Whoever
starts from nothing gets a part of the schema, and the tool stops at the first failure.

## Example
`20250301_orders.sql` has `references customer (id)`; `20250415_customers.sql` creates `customer`.

## How to mend it
Rename the file that creates the object so that it sorts before the first use. Environments that
have applied it under its old name need its entry renamed in the tool's table of applied files
(`supabase migration repair`). Where the file needs other things that come in between, move only the
statement.

## When to ignore it
When nobody will ever build the database from these files again.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Evidence, Found, Severity, SourceKind
from mainstem.unify.audit.numbering import name_before
from mainstem.unify.audit.origin import RELATION_KINDS
from mainstem.unify.replay.model import Failure, ObjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import ObjectName
    from mainstem.unify.replay.model import FailedStatement, Replay

SEVERITY = Severity.ERROR


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each object that comes too late."""
    if subject.replay is None or subject.is_schema:
        return
    waiting: dict[tuple[ObjectKind, ObjectName, str, int], list[FailedStatement]]
    waiting = defaultdict(list)
    for failed in subject.replay.failed:
        if failed.failure is Failure.CREATED_LATER and failed.needs and failed.created_in:
            kind = failed.needs_kind or ObjectKind.OTHER
            waiting[kind, failed.needs, failed.created_in, failed.created_line or 1].append(failed)
    for (kind, needs, created_in, line), statements in waiting.items():
        yield _found(subject.replay, f"{kind.value} {needs}", (created_in, line), statements)


def _found(
    replay: Replay, needed: str, created: tuple[str, int], statements: Sequence[FailedStatement]
) -> Found:
    created_in, line = created
    files = list(dict.fromkeys(failed.file for failed in statements))
    needs = statements[0].needs
    kind = statements[0].needs_kind
    lost = _relations_at(replay, {(failed.file, failed.line) for failed in statements})
    too_late = f"; so {listed(sorted(lost))} cannot be made in order" if lost else ""
    return Found(
        message=(
            f"{needed} is created in {created_in}:{line}, after "
            f"{counted(len(statements), 'statement')} of {counted(len(files), 'file')} that "
            f"{'needs' if len(statements) == 1 else 'need'} it, first "
            f"{statements[0].file}:{statements[0].line}{too_late}"
        ),
        table=str(needs) if kind in {ObjectKind.TABLE, ObjectKind.VIEW} else None,
        evidence=(
            Evidence(SourceKind.MIGRATIONS, f"creates {needed}", created_in, line),
            *map(evidence.of_failure, statements[: evidence.PLACES_MAX]),
        ),
        fix=_fix(replay, created_in, line, statements[0]),
    )


def _relations_at(replay: Replay, places: set[tuple[str, int]]) -> set[ObjectName]:
    """The tables and views that statements at those places create."""
    return {
        creation.name
        for creation in replay.creations
        if creation.kind in RELATION_KINDS and (creation.file, creation.line) in places
    }


def _fix(replay: Replay, created_in: str, line: int, first: FailedStatement) -> str:
    move = f"move the statement in {created_in}:{line} up, before {first.file}:{first.line}"
    if created_in == first.file:
        return move
    paths = [file.path for file in replay.files]
    name = name_before(paths, moved=created_in, first_use=first.file)
    return move if name is None else f"rename {created_in} to {name}; or {move}"
