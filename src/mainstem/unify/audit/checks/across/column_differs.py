"""A column is not the same in the migrations and in a live database.

## What it finds
Columns of tables that both have: one side lacks the column, or its type, nullability or default
differs. Without migrations, the first live database is held against the others.

## Why it matters
What was tested on a schema from the migrations is not what runs. A column that is `not null` in one
place only refuses rows in one place only; a type that differs changes comparisons and sort order.

## Example
The migrations say `amount numeric(12,2) not null`; in the live database somebody made it `integer`.

## How to mend it
Decide which side is right and write a migration that brings the other there.

## When to ignore it
Defaults that mean the same in other words are reported as notes only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.provided import is_provided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Evidence
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Relation, RelationColumn

SEVERITY = Severity.WARNING

_SCHEMA_OF_EXTENSION = re.compile(r"\b(?:extensions|public|pg_catalog)\.")


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each column and pair of catalogs."""
    if not subject.catalogs:
        return
    first, *others = subject.catalogs
    for other in others:
        for table in first.tables:
            twin = other.by_name.get(table.name)
            if twin is not None and twin.is_table and not is_provided(table.name):
                yield from _differences(subject, (first, table), (other, twin))


def _differences(
    subject: Subject, one: tuple[Database, Relation], other: tuple[Database, Relation]
) -> Iterator[Found]:
    (_, table), (_, twin) = one, other
    sides = [evidence.catalog_name(subject, database) for database, _ in (one, other)]
    names = dict.fromkeys(column.name for column in (*table.columns, *twin.columns))
    for name in names:
        said = _difference(table.column(name), twin.column(name))
        if said is None:
            continue
        here, there, severity = said
        yield Found(
            message=(f"{table.name}.{name} {here} in {sides[0]} and {there} in {sides[1]}"),
            table=str(table.name),
            column=name,
            evidence=(_of_side(subject, one, name, here), _of_side(subject, other, name, there)),
            fix="decide which is right, and write a migration that brings the other there",
            severity=severity,
        )


def _difference(
    one: RelationColumn | None, other: RelationColumn | None
) -> tuple[str, str, Severity | None] | None:
    """What each side says, and how bad it is; None where they agree."""
    if one is None or other is None:
        lacking, having = "is missing", "is there"
        return (lacking, having, None) if one is None else (having, lacking, None)
    if _plain(one.type) != _plain(other.type):
        return f"is {one.type}", f"{other.type}", None
    if one.is_nullable != other.is_nullable:
        return _nullability(one), _nullability(other), None
    if _plain(one.default or "") != _plain(other.default or ""):
        return _default(one), _default(other), Severity.NOTE
    return None


def _plain(text: str) -> str:
    return _SCHEMA_OF_EXTENSION.sub("", " ".join(text.split()))


def _nullability(column: RelationColumn) -> str:
    return "may be null" if column.is_nullable else "is not null"


def _default(column: RelationColumn) -> str:
    return f"defaults to {column.default}" if column.default is not None else "has no default"


def _of_side(subject: Subject, side: tuple[Database, Relation], column: str, said: str) -> Evidence:
    database, relation = side
    return evidence.of_catalog(subject, database, relation, f"{relation.name}.{column} {said}")
