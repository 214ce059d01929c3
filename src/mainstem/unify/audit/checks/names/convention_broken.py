"""A table is not named as the others are.

## What it finds
Tables that differ from a clear majority of their schema, nine in ten of at least eight tables, in
number (singular or plural) or in spelling (`snake_case`, `camelCase`, `PascalCase`). Words that
have no number of their own (`settings`, `history`, `media`) are not judged.

## Why it matters
People and programs that write code guess names. Where the rule has exceptions, they guess wrong,
and the wrong name is found in production.

## Example
`order`, `supplier`, `delivery` and nineteen more, and `invoices`.

## How to mend it
Rename the table by a migration, with a view under the old name until all code has changed.

## When to ignore it
When the name is given by a library that makes the table.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from mainstem.kit.naming import plural, singular, words
from mainstem.kit.wording import counted
from mainstem.unify.audit import evidence
from mainstem.unify.audit.backups import base_name
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.provided import is_provided

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Relation

SEVERITY = Severity.NOTE

_TABLES_MIN = 8
_MAJORITY = 0.9
_SPELLINGS = {
    "snake_case": re.compile(r"_*[a-z0-9]+(_+[a-z0-9]+)+_*"),
    "camelCase": re.compile(r"[a-z]+[a-z0-9]*([A-Z][a-z0-9]*)+"),
    "PascalCase": re.compile(r"([A-Z][a-z0-9]*)+"),
    "kebab-case": re.compile(r"[a-z0-9]+(-[a-z0-9]+)+"),
}
#: what a word has, and an abbreviation often lacks
_VOWEL = re.compile(r"[aeiouy]")
#: words that are not counted, or mean the same in both numbers when they name a table
_WITHOUT_NUMBER_WORDS = """
    access advice analytics audit auth authentication cache chat config content
    credentials data equipment feedback history info information inventory knowledge logistics
    media memory mail meta metadata metrics music news options permissions preferences progress
    queue research revenue schema series settings software staff stats statistics status storage
    support sync telemetry traffic training usage weather work
"""
_WITHOUT_NUMBER = frozenset(_WITHOUT_NUMBER_WORDS.split())


def find(subject: Subject) -> Iterator[Found]:
    """Yield one note for each table and rule, of the first catalog that has it."""
    seen: set[tuple[str, str]] = set()
    for database in subject.catalogs:
        schemas: dict[str, list[Relation]] = defaultdict(list)
        for table in database.tables:
            if not (is_provided(table.name) or base_name(table.name.name)):
                schemas[table.name.schema].append(table)
        for tables in schemas.values():
            for rule in (_number, _spelling):
                for found in _exceptions(subject, database, tables, rule):
                    if (found.table or "", found.message) not in seen:
                        seen.add((found.table or "", found.message))
                        yield found


def _exceptions(
    subject: Subject,
    database: Database,
    tables: Sequence[Relation],
    rule: Callable[[str], str | None],
) -> Iterator[Found]:
    said = {table.name: rule(table.name.name) for table in tables}
    judged = [answer for answer in said.values() if answer is not None]
    if len(judged) < _TABLES_MIN:
        return
    usual, count = Counter(judged).most_common(1)[0]
    if count == len(judged) or count < _MAJORITY * len(judged):
        return
    for table in tables:
        answer = said[table.name]
        if answer is not None and answer != usual:
            yield Found(
                message=f"{table.name} is {answer}; {counted(count, 'table')} beside it: {usual}",
                table=str(table.name),
                evidence=(evidence.of_relation(subject, database, table),),
                fix=f"rename {table.name} as the others are, with a view under its old name",
            )


def _number(name: str) -> str | None:
    """`singular` or `plural`, None where the last word does not tell."""
    parts = words(name)
    if not parts or parts[-1] in _WITHOUT_NUMBER or not _VOWEL.search(parts[-1]):
        return None
    last = parts[-1]
    if singular(last) != last:
        return "plural"
    return "singular" if plural(last) != last and not last.endswith("s") else None


def _spelling(name: str) -> str | None:
    """How a name of several words is spelled; None for one word, which is like every spelling."""
    found = (spelling for spelling, pattern in _SPELLINGS.items() if pattern.fullmatch(name))
    return next(found, None)
