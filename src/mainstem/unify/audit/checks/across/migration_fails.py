"""A statement of a migration fails on an empty database.

## What it finds
Statements that failed when the migrations were replayed in order, one finding for each cause: an
object that nothing creates, something created twice, invalid SQL, data that a constraint refuses.
Other checks report foreign keys to missing tables, tables that come too late, and tables that were
never made. Statements behind a failed one in the same transaction are counted with it. Where a file
beside the migrations creates most of what they need and never create, it is run first, and one
warning says so.

## Why it matters
Tools stop at the first failure: everything after it is missing in a new environment. A policy or an
index that was never created looks, in the files, exactly like one that was.

## Example
```text
alter table post add constraint if not exists positive check (price > 0);
```
PostgreSQL has no `if not exists` for constraints: the whole statement is a syntax error.

## How to mend it
The evidence holds the server's own message for each statement. Mend the statement where no
environment has applied it; otherwise add a migration, and guard the old statement.

## When to ignore it
A note says that the scratch server could not run the statement (an extension it lacks, a time
limit, a table that a program makes before it runs the migrations): then nothing is known to be
wrong.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Evidence, Found, Severity, SourceKind
from mainstem.unify.audit.origin import RELATION_KINDS, made_by_code
from mainstem.unify.replay.model import Failure, ObjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.replay.model import FailedStatement, Replay

SEVERITY = Severity.ERROR

_OF_TABLES = RELATION_KINDS | {ObjectKind.COLUMN}
_SEVERITIES = {
    Failure.NEEDS_EXTENSION: Severity.NOTE,
    Failure.TIMED_OUT: Severity.NOTE,
    Failure.REFUSED: Severity.NOTE,
    Failure.OTHER: Severity.WARNING,
}
_FIXES = {
    Failure.NEVER_CREATED: "create it in a migration that sorts before, or drop the statement",
    Failure.CREATED_TWICE: "guard the statement (`if not exists`, `or replace`), or delete one",
    Failure.INVALID_SQL: "mend the statement as the message says",
    Failure.VIOLATES_DATA: "mend the rows that earlier statements insert, or the constraint",
    Failure.NEEDS_EXTENSION: "try the statement on a server that has the extension",
    Failure.TIMED_OUT: "try the statement by itself, and look at what it waits for",
    Failure.REFUSED: "look at the statement: it reaches outside the database",
    Failure.OTHER: "mend the statement as the message says",
}
#: names and numbers in a message: what differs between statements that fail for one cause
_PARTICULARS = re.compile(r"\"[^\"]*\"|'[^']*'|\d+")


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each cause."""
    if subject.replay is None:
        return
    if subject.replay.base:
        yield _on_base(subject.replay)
    causes: dict[tuple[object, ...], list[FailedStatement]] = defaultdict(list)
    for failed in subject.replay.failed:
        is_twice = subject.is_schema and failed.failure is Failure.CREATED_TWICE
        if failed.failure in _FIXES and not (is_twice or _is_reported(subject.replay, failed)):
            causes[_cause(failed)].append(failed)
    aborted = _aborted_by(subject.replay)
    made = made_by_code(subject)
    for statements in causes.values():
        count = sum(aborted[f.file, f.line] for f in statements)
        yield _found(statements, count, is_made_by_code=statements[0].needs in made)


def _on_base(replay: Replay) -> Found:
    """One finding for all that the migrations need of a file which is none of them."""
    base = listed(replay.base)
    made = sum(one.file in replay.base and one.kind is ObjectKind.TABLE for one in replay.creations)
    return Found(
        message=(
            f"{replay.folder} builds on {base}, which is no migration: without it what needs its "
            f"{counted(made, 'table')} fails, so it was run first"
        ),
        evidence=(Evidence(SourceKind.MIGRATIONS, f"run first: {base}", replay.base[0], 1),),
        fix=f"make {base} the first migration",
        severity=Severity.WARNING,
    )


def _cause(failed: FailedStatement) -> tuple[object, ...]:
    if failed.failure is Failure.NEVER_CREATED and failed.needs is not None:
        return failed.failure, failed.needs_kind, failed.needs.schema, _owner(failed)
    if failed.failure is Failure.CREATED_TWICE:
        return failed.failure, failed.file, _PARTICULARS.sub("", failed.message)
    return failed.failure, failed.file, failed.message


def _owner(failed: FailedStatement) -> str:
    """What is missing: for a column its table, as columns of one table mostly lack together."""
    name = failed.needs.name if failed.needs is not None else ""
    return name.rpartition(".")[0] if failed.needs_kind is ObjectKind.COLUMN else name


def _is_reported(replay: Replay, failed: FailedStatement) -> bool:
    """Whether another check reports the cause: a missing parent, or a table never made."""
    if failed.failure is Failure.NEVER_CREATED and failed.needs is not None:
        return any(key.parent == failed.needs for key in replay.missing_parents)
    return any(
        (creation.file, creation.line) == (failed.file, failed.line)
        and creation.kind in RELATION_KINDS
        and not creation.is_applied
        and not creation.is_dropped
        and creation.name not in replay.database.by_name
        for creation in replay.creations
    )


def _aborted_by(replay: Replay) -> dict[tuple[str, int], int]:
    """How many statements fell with each failed one, in its transaction."""
    counts: dict[tuple[str, int], int] = defaultdict(int)
    last: FailedStatement | None = None
    for failed in replay.failed:
        if failed.failure is not Failure.TRANSACTION_ABORTED:
            last = failed
        elif last is not None and last.file == failed.file:
            counts[last.file, last.line] += 1
    return counts


def _found(
    statements: Sequence[FailedStatement], aborted_count: int, *, is_made_by_code: bool
) -> Found:
    first = statements[0]
    count = counted(len(statements), "statement")
    rest = f", first {first.file}:{first.line}" if len(statements) > 1 else ""
    where = f"{count} of migrations{rest}" if rest else f"{first.file}:{first.line}"
    needs = ""
    if first.needs is not None and first.failure is Failure.NEVER_CREATED:
        kind = first.needs_kind.value if first.needs_kind is not None else "object"
        missing = list(dict.fromkeys(str(failed.needs) for failed in statements))
        needs = f" ({kind if len(missing) == 1 else kind + 's'} {listed(missing)})"
    with_it = f"; {counted(aborted_count, 'statement')} fell with it" if aborted_count else ""
    verb = "needs an object that a program makes" if is_made_by_code else first.failure.value
    return Found(
        message=f"{where}: {verb}{needs}: {evidence.one_line(first.message)}{with_it}",
        table=(_owner(first) or None) if needs and first.needs_kind in _OF_TABLES else None,
        evidence=tuple(evidence.of_failure(f) for f in statements[: evidence.PLACES_MAX]),
        fix="run that program first" if is_made_by_code else _FIXES[first.failure],
        severity=Severity.NOTE if is_made_by_code else _SEVERITIES.get(first.failure),
    )
