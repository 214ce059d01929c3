"""A document says two things of the same database.

## What it finds
Documents whose status says that the database is in progress or that tables are missing, while
another line says that all is complete; and tables that one place calls missing and another lists as
there. Phases and steps that are complete while the whole is not are no contradiction, nor are
tables of which one of two databases has one.

## Why it matters
Every reader takes the half that suits him. One of the two lines is out of date, and nothing in the
document says which.

## Example
```markdown
**Status:** IN PROGRESS - table `campaign` is missing
...
### 2026-01-22: Unification complete
```

## How to mend it
Keep one status, at the top, and date what is history. `claim-false` says which line is true.

## When to ignore it
When the document is a log in which later entries replace earlier ones.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.kit.wording import listed
from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Evidence, Found, Severity, SourceKind
from mainstem.unify.documents.claims import is_partial
from mainstem.unify.documents.expectation import is_said_missing
from mainstem.unify.documents.model import ClaimKind, Expectation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.documents.model import Claim, DocumentReading, Mention

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each document and each of the two ways to contradict itself."""
    documents = subject.documents
    if documents is None:
        return
    for file in documents.files:
        yield from _statuses([claim for claim in documents.claims if claim.place.file == file])
    yield from _tables(documents)


def _statuses(claims: list[Claim]) -> Iterator[Found]:
    still_open = [claim for claim in claims if claim.kind is ClaimKind.OPEN]
    complete = [
        claim
        for claim in claims
        if claim.kind is ClaimKind.COMPLETE and claim.is_total and not is_partial(claim.text)
    ]
    if still_open and complete:
        first, second = still_open[0], complete[0]
        yield Found(
            message=(
                f'{first.place} says "{evidence.one_line(first.text)}", and line '
                f'{second.place.line} says "{evidence.one_line(second.text)}"'
            ),
            evidence=tuple(
                Evidence(SourceKind.DOCUMENTS, claim.text, claim.place.file, claim.place.line)
                for claim in (*still_open, *complete)
            ),
            fix="keep one status at the top of the document and date what is history",
        )


def _tables(documents: DocumentReading) -> Iterator[Found]:
    by_file: dict[str, list[Mention]] = defaultdict(list)
    for mention in documents.mentions:
        by_file[mention.place.file].append(mention)
    for file, mentions in sorted(by_file.items()):
        missing = _first_by_name(one for one in mentions if _is_missing(one))
        there = _first_by_name(one for one in mentions if one.expectation is Expectation.EXISTS)
        both = [name for name in missing if name in there]
        if both:
            places = [place for name in both for place in (missing[name], there[name])]
            first = both[0]
            yield Found(
                message=(
                    f"{file} calls {listed(both)} missing (line {missing[first].place.line}) and "
                    f"lists {'it' if len(both) == 1 else 'them'} as there "
                    f"(line {there[first].place.line})"
                ),
                table=first if len(both) == 1 else None,
                evidence=tuple(
                    evidence.of_mention(place) for place in places[: evidence.PLACES_MAX]
                ),
                fix="strike the line that is no longer true",
            )


def _is_missing(mention: Mention) -> bool:
    """Whether the line itself says so; a plan contradicts nothing, nor does what was mended."""
    is_mended = "✅" in f"{mention.text} {mention.section}"
    is_planned = mention.expectation is Expectation.PLANNED
    return is_planned and not is_mended and is_said_missing(mention.text)


def _first_by_name(mentions: Iterable[Mention]) -> dict[str, Mention]:
    found: dict[str, Mention] = {}
    for mention in mentions:
        found.setdefault(mention.name, mention)
    return found
