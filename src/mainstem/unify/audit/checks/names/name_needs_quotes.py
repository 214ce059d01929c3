"""A table's name works only in quotes.

## What it finds
Tables whose names have capital letters, spaces or dashes. Where most tables have such names, it is
one finding for all. Reserved words (`user`, `order`) are reported by `reserved-name`.

## Why it matters
`select * from MyTable` looks for `mytable`, and `from order-line` subtracts. Whoever writes SQL by
hand, in a policy, a function or a report, must know it for each table.

## Example
`create table "Invoice" (...)`, and a policy that says `select id from Invoice`.

## How to mend it
Write the name in quotes everywhere, or rename the table (`invoice`) with a view under its old
name.

## When to ignore it
When only a program that always quotes uses the table.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.provided import is_provided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Relation

SEVERITY = Severity.NOTE

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
_TOGETHER_MIN = 5


def find(subject: Subject) -> Iterator[Found]:
    """Yield one note for each table, of the first catalog that has it, or one for all."""
    seen: set[str] = set()
    for database in subject.catalogs:
        tables = [t for t in database.tables if not is_provided(t.name) and str(t.name) not in seen]
        seen |= {str(table.name) for table in tables}
        mixed = [table for table in tables if not _PLAIN.fullmatch(table.name.name)]
        is_custom = len(mixed) >= _TOGETHER_MIN and 2 * len(mixed) > len(tables)
        if is_custom:
            yield _custom(subject, database, mixed)
        else:
            for table in mixed:
                yield _found(subject, database, table)


def _found(subject: Subject, database: Database, table: Relation) -> Found:
    name = table.name.name
    return Found(
        message=(
            f"{table.name} has capitals or signs that SQL folds or refuses: "
            f'SQL must write "{name}" in quotes'
        ),
        table=str(table.name),
        evidence=(evidence.of_relation(subject, database, table),),
        fix=f'write "{name}" in quotes everywhere, or rename the table',
    )


def _custom(subject: Subject, database: Database, mixed: list[Relation]) -> Found:
    return Found(
        message=(
            f"{counted(len(mixed), 'table')} must be quoted in SQL, as capitals are: "
            f"{listed(table.name for table in mixed)}"
        ),
        evidence=tuple(
            evidence.of_relation(subject, database, table) for table in mixed[: evidence.PLACES_MAX]
        ),
        fix="quote them in SQL that people write, or map the models to names in lower case",
    )
