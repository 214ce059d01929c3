"""A table's name works only in quotes.

## What it finds
Tables named by a word that PostgreSQL reserves (`user`, `order`, `group`), and names with capital
letters, spaces or dashes. Where most tables have such names, it is one finding for all.

## Why it matters
`select * from user` does not fail: it reads the name of the connected role. `select * from Order`
is a syntax error, and `from MyTable` looks for `mytable`. Whoever writes SQL by hand, in a policy,
a function or a report, must know it for each table.

## Example
`create table "user" (...)`, and a policy that says `select id from user`.

## How to mend it
Write the name in quotes everywhere, or rename the table (`app_user`) with a view under its old
name.

## When to ignore it
When only a program that always quotes uses the table.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.provided import is_provided
from mainstem.unify.audit.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Relation

SEVERITY = Severity.NOTE

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
_TOGETHER_MIN = 5
#: "reserved" or "reserved (can be function or type)" in PostgreSQL's appendix C, SQL Key Words
_RESERVED_WORDS = """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check
    collate collation column concurrently constraint create cross current_catalog current_date
    current_role current_schema current_time current_timestamp current_user default deferrable desc
    distinct do else end except false fetch for foreign freeze from full grant group having ilike in
    initially inner intersect into is isnull join lateral leading left like limit localtime
    localtimestamp natural not notnull null offset on only or order outer overlaps placing primary
    references returning right select session_user similar some symmetric system_user table
    tablesample then to trailing true union unique user using variadic verbose when where window
    with
"""
_RESERVED = frozenset(_RESERVED_WORDS.split())


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
        for table in tables:
            if table.name.name in _RESERVED or (table in mixed and not is_custom):
                yield _found(subject, database, table)


def _found(subject: Subject, database: Database, table: Relation) -> Found:
    name = table.name.name
    is_reserved = name in _RESERVED
    why = "is a reserved word" if is_reserved else "has capitals or signs that SQL folds or refuses"
    return Found(
        message=f'{table.name} {why}: SQL must write "{name}" in quotes',
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
