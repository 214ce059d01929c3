"""Documents make claims about the database that nobody can check.

## What it finds
Statements that a database is complete, that tests of its tables passed or that it has so many
tables, where the document does not say which tables it means. One note for each document.

## Why it matters
It is no fault. But a claim that cannot be checked will not be noticed when it stops being true.

## Example
```markdown
**Database schema status:** COMPLETE, 23/26 tables verified
```
without a list of the tables.

## How to mend it
List the tables below the claim, each in backticks under a heading that says `tables`.

## When to ignore it
Always, if nobody relies on the document.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.kit.wording import counted
from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Evidence, Found, Severity, SourceKind
from mainstem.unify.documents.judging import Verdict, judge_claims

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.documents.judging import Judgement

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each document, where there is something to hold claims against."""
    if not subject.catalogs:
        return
    by_file: dict[str, list[Judgement]] = defaultdict(list)
    for judgement in judge_claims(subject):
        if judgement.verdict is Verdict.NOT_CHECKABLE:
            by_file[judgement.claim.place.file].append(judgement)
    for file, judgements in sorted(by_file.items()):
        yield _found(file, judgements)


def _found(file: str, judgements: list[Judgement]) -> Found:
    first = judgements[0]
    number = counted(len(judgements), "claim")
    return Found(
        message=(
            f"{file} makes {number} that cannot be checked, first in line "
            f"{first.claim.place.line}: {first.reason}"
        ),
        evidence=tuple(
            Evidence(SourceKind.DOCUMENTS, one.claim.text, file, one.claim.place.line)
            for one in judgements[: evidence.PLACES_MAX]
        ),
        fix="list the tables that are meant below the claim",
    )
