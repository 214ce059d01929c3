"""Documents name a table that nothing else knows.

## What it finds
Tables that documents say exist or are planned, and that neither the migrations, nor the code, nor a
live database knows. A table that should exist is a warning; one that is planned, or that the
document itself calls missing, is a note. Words are taken for tables where tables are being named:
in lists, columns and headings about tables, in `create table`, beside the word `table`.

## Why it matters
Who joins the team, human or machine, believes the document and writes code against tables that are
not there: the query fails in production, or a second table is made for what another already holds.

## Example
```markdown
### Tables in production
- `invoice` - what clients owe
- `payment` - what they paid
```
and `payment` is in no migration, no query and no database.

## How to mend it
Strike it from the document, say that it is planned, name the table that is meant, or create it.

## When to ignore it
When the document describes another product's database, or is kept as a record of its day.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.kit.naming import same_table
from mainstem.kit.wording import counted
from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.provided import is_provided
from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.documents.model import Expectation, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.documents.model import Mention

SEVERITY = Severity.WARNING

_PROMISES = frozenset({Expectation.EXISTS, Expectation.PLANNED})


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table."""
    if subject.documents is None or not subject.catalogs:
        return
    known = _known(subject)
    named: dict[str, list[Mention]] = defaultdict(list)
    for mention in subject.documents.mentions:
        name = mention.name.lower()
        is_there = name in known or is_provided(ObjectName(mention.schema or "public", name))
        if not is_there and _names_a_table(mention):
            named[name].append(mention)
    for _, mentions in sorted(named.items()):
        yield _found(mentions, subject)


def _names_a_table(mention: Mention) -> bool:
    """Whether the document promises a table, or has a heading of its own for it."""
    return mention.expectation in _PROMISES or (
        mention.standing is Standing.HEADING and mention.expectation is Expectation.NONE
    )


def _found(mentions: list[Mention], subject: Subject) -> Found:
    ordered = sorted(
        mentions, key=lambda one: (one.expectation is not Expectation.EXISTS, one.place)
    )
    first = ordered[0]
    is_promised = first.expectation is Expectation.EXISTS
    said = "should exist" if is_promised else "is planned or missing"
    where = f"{counted(len(mentions), 'place')} of documents" if mentions[1:] else "a document"
    twin = _twin(first.name, subject)
    hint = f"; did they mean {twin}?" if twin else ""
    return Found(
        message=(
            f"{first.name} {said} according to {where}, first {first.place}, and no migration, "
            f"code or database knows it{hint}"
        ),
        table=first.name,
        evidence=tuple(evidence.of_mention(one) for one in ordered[: evidence.PLACES_MAX]),
        fix=f"write {twin} in the document" if twin else "strike it from the document or create it",
        severity=None if is_promised else Severity.NOTE,
    )


def _known(subject: Subject) -> frozenset[str]:
    """Every name that another source has for anything a document might take for a table."""
    names: set[str] = set()
    for database in subject.catalogs:
        names |= {relation.name.name for relation in database.relations}
        names |= {function.name.name for function in database.functions}
        names |= {one.name.name for one in database.enumerations}
        names |= {column.name for relation in database.relations for column in relation.columns}
        names |= set(database.buckets)
    created = subject.replay.creations if subject.replay is not None else ()
    names |= {creation.name.name for creation in (*created, *subject.other_creations)}
    if subject.code is not None:
        names |= {use.name for use in subject.code.uses}
        names |= {use.name for use in subject.code.functions}
        names |= {use.name for use in subject.code.buckets}
        names |= {table.name for table in subject.code.declared}
    return frozenset(name.lower() for name in names)


def _twin(name: str, subject: Subject) -> str | None:
    """The table of the catalogs whose name differs in number only."""
    tables = (table.name.name for database in subject.catalogs for table in database.tables)
    return next((table for table in tables if same_table(name, table)), None)
