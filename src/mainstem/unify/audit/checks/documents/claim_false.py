"""A document claims something of the database that is not so.

## What it finds
Statements that can be held against a database, and that are false: `COMPLETE` while a table that
the document lists is missing, or code uses a table that nothing creates; `12/12 tests passed` while
one of the twelve is not as listed; `14 tables created` while there are fewer; lists of tables that
should or should not exist; row-level security said to be on everywhere and off for some. They are
held against the live databases; where none is given, against what the migrations build. A claim
that one of several databases fulfils counts as true.

## Why it matters
A status that says COMPLETE ends the search for what is missing. The gap is found by the first user
whose request reads the table that was never created.

## Example
```markdown
**Status:** database migration COMPLETE
- `campaign` - what is sent
```
and the database has no table `campaign`.

## How to mend it
Do what the document says was done, or correct the document: the finding says what is true instead.
A check that runs (`mainstem audit` in CI) is worth more than a line that says it ran once.

## When to ignore it
When the document is a record of one day (a report, a changelog): move it out of the documents that
are read, with `--docs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Evidence, Found, Severity, SourceKind
from mainstem.unify.documents.judging import Verdict, judge_claims

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.documents.judging import Judgement

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each false claim."""
    for judgement in judge_claims(subject):
        if judgement.verdict is Verdict.FALSE:
            yield _found(judgement)


def _found(judgement: Judgement) -> Found:
    claim = judgement.claim
    line = Evidence(SourceKind.DOCUMENTS, claim.text, claim.place.file, claim.place.line)
    uses = [use for usage in judgement.usages for use in usage.product]
    return Found(
        message=f'{claim.place} says "{evidence.one_line(claim.text)}", but {judgement.reason}',
        table=judgement.faults[0] if len(judgement.faults) == 1 else None,
        evidence=(line, *evidence.of_uses(uses)),
        fix="do what the document says was done, or write what is true",
    )
