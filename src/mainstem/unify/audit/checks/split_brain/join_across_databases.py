"""A key or a join leads from one database into another, where it can never arrive.

## What it finds
A column of a SQLite table that by its name or declaration leads to a table which only PostgreSQL
has, a key column of PostgreSQL without a foreign key that leads to a table which only SQLite has,
and SQL that names tables of both in one statement.

## Why it matters
No foreign key can check it and no query can follow it. Rows are deleted on one side and stay on the
other; a report that needs both must load both into memory, and nobody does.

## Example
`events.template_id` in SQLite, and `template` in PostgreSQL.

## How to mend it
Bring the table over to where its parent is; then the column becomes a foreign key.

## When to ignore it
When the column only happens to be named like a table of the other side.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.kit.naming import referenced_name, singular_name
from mainstem.kit.wording import listed
from mainstem.unify.audit import evidence
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.second_engine import other_tables, postgres_tables
from mainstem.unify.code.model import Via

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mainstem.unify.audit.second_engine import OtherTable
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.code.model import Place, TableUse

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each column, and one for each statement."""
    there = other_tables(subject)
    if not there:
        return
    here = postgres_tables(subject)
    both = {singular_name(name) for name in here} & {singular_name(name) for name in there}
    only_here = {form: name for name in here if (form := singular_name(name)) not in both}
    only_there = {
        form: table
        for name, table in there.items()
        if table.declared and (form := singular_name(name)) not in both
    }
    yield from _from_there(there, only_here)
    yield from _from_here(subject, only_there)
    yield from _statements(subject, only_here, only_there)


def _from_there(there: Mapping[str, OtherTable], only_here: Mapping[str, str]) -> Iterator[Found]:
    for table in there.values():
        for name, column in table.columns.items():
            parent = only_here.get(singular_name(column.references or referenced_name(name) or ""))
            if parent is not None:
                place = table.declared[0].place
                yield Found(
                    message=(
                        f"{table.name}.{name} in SQLite leads to {parent}, which is in PostgreSQL "
                        "only: nothing can check or join it"
                    ),
                    table=table.name,
                    column=name,
                    evidence=(evidence.of_place(place, f"declares {table.name}.{name}"),),
                    fix=f"bring {table.name} over to PostgreSQL, where {parent} is",
                )


def _from_here(subject: Subject, only_there: Mapping[str, OtherTable]) -> Iterator[Found]:
    seen: set[tuple[str, str]] = set()
    for database in subject.catalogs:
        for table in database.tables:
            keys = {column for key in table.foreign_keys for column in key.columns}
            for column in table.columns:
                parent = only_there.get(singular_name(referenced_name(column.name) or ""))
                where = (str(table.name), column.name)
                if parent is None or column.name in keys or where in seen:
                    continue
                seen.add(where)
                said = f"{table.name}.{column.name} {column.type}, without a foreign key"
                yield Found(
                    message=(
                        f"{table.name}.{column.name} in PostgreSQL leads to {parent.name}, which "
                        "is in SQLite only: nothing can check or join it"
                    ),
                    table=str(table.name),
                    column=column.name,
                    evidence=(
                        evidence.of_catalog(subject, database, table, said),
                        *parent.evidence[:1],
                    ),
                    fix=f"bring {parent.name} over to PostgreSQL, and add the foreign key",
                )


def _statements(
    subject: Subject, only_here: Mapping[str, str], only_there: Mapping[str, OtherTable]
) -> Iterator[Found]:
    by_place: dict[Place, list[TableUse]] = defaultdict(list)
    for use in subject.code.uses if subject.code is not None else ():
        if use.via is Via.SQL and not use.is_test:
            by_place[use.place].append(use)
    for place, uses in sorted(by_place.items()):
        names = {singular_name(use.name.lower()): use.name for use in uses}
        here = sorted(names[name] for name in names.keys() & only_here.keys())
        there = sorted(names[name] for name in names.keys() & only_there.keys())
        if here and there:
            yield Found(
                message=(
                    f"{place} names {listed(there)} of SQLite and {listed(here)} of PostgreSQL in "
                    "one statement: it fails in both"
                ),
                table=there[0],
                evidence=evidence.of_uses(uses),
                fix="read the two separately, or bring the tables into one database",
                severity=Severity.ERROR,
            )
