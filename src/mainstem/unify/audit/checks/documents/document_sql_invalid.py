"""A document shows SQL that PostgreSQL refuses.

## What it finds
Statements in SQL blocks that are not valid SQL, or that compare or assign values of types that do
not fit, on a scratch server, on top of what the migrations build. All blocks of a document are
tried in their order, so that a later one may rely on an earlier one. Nothing is said of examples
with gaps (`...`, `<name>`), fragments, other dialects, what the text itself calls wrong, and of
tables that are simply not there.

## Why it matters
SQL in documents gets copied into migrations and into the SQL editor of production. It was never
run, so what it stands for (the design of a column, a policy that protects a tenant) was not either.

## Example
```text
create table account (secret text encrypted);
create policy own on client using (client_id = auth.jwt() ->> 'client_id');
```
There is no `encrypted` in PostgreSQL, and a uuid is not compared with a text without a cast.

## How to mend it
Correct the statement as the server's message says, and run it once before it is written down. Mark
what is only a sketch with `...`, or with a fence that is not `sql`.

## When to ignore it
When the block is pseudo-code on purpose.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Evidence, Found, Severity, SourceKind
from mainstem.unify.replay.model import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.replay.model import FailedStatement

SEVERITY = Severity.WARNING

_TYPES_DIFFER = re.compile(
    r"operator does not exist|is of type .+ but (?:expression|default expression) is of type"
    r"|cannot be implemented|cannot be cast|cannot cast type|types .+ cannot be matched"
)
#: a function shown without its end, or one that the migrations define otherwise
_NO_FAULT = re.compile(r"no language specified|cannot change (?:return type|name of input)")


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each refused statement."""
    blocks = subject.documents.sql_blocks if subject.documents is not None else ()
    for failed in (failed for block in blocks for failed in block.failed):
        if _is_wrong_in_itself(failed):
            yield _found(failed)


def _is_wrong_in_itself(failed: FailedStatement) -> bool:
    """Whether the statement would be refused whatever tables there are."""
    if failed.failure is Failure.INVALID_SQL:
        return _NO_FAULT.search(failed.message) is None
    return failed.failure is not Failure.TRANSACTION_ABORTED and (
        _TYPES_DIFFER.search(failed.message) is not None
    )


def _found(failed: FailedStatement) -> Found:
    text = evidence.one_line(failed.text)
    reason = evidence.one_line(failed.message)
    return Found(
        message=f"{failed.file}:{failed.line} shows SQL that PostgreSQL refuses: {reason}",
        evidence=(Evidence(SourceKind.DOCUMENTS, text, failed.file, failed.line),),
        fix="correct the statement and run it once, or mark what is a sketch with `...`",
    )
