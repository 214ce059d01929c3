"""A reference has another type than the key it refers to.

## What it finds
Foreign keys whose column has another type than the parent's, and columns named after a table
(`client_id`) without a foreign key whose type cannot be compared with that table's key (a note: it
may be an id of another system).

## Why it matters
A foreign key of another type casts on every check, and overflows or cuts what does not fit. Without
one, nothing says that the rows do not match at all: a join of text with uuid fails, one of integer
with uuid can never be.

## Example
`invoice.client_id text` beside `client.id uuid`.

## How to mend it
`alter table invoice alter column client_id type uuid using client_id::uuid`, then the foreign key.

## When to ignore it
When the column holds an id of another system that only looks like it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mainstem.kit.naming import referenced_name, same_table
from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Relation

SEVERITY = Severity.WARNING

#: type -> what it can be compared with
_FAMILIES = {
    "smallint": "number",
    "integer": "number",
    "bigint": "number",
    "numeric": "number",
    "text": "text",
    "character": "text",
    "character varying": "text",
    "uuid": "uuid",
}


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each such column."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in database.tables:
        yield from _differing_keys(database, table)
        yield from _incomparable_names(database, table)


def _differing_keys(database: Database, table: Relation) -> Iterator[Fault]:
    for key in table.foreign_keys:
        parent = database.by_name.get(key.parent) if key.parent is not None else None
        if parent is None:
            continue
        for own, theirs in zip(key.columns, key.parent_columns, strict=True):
            child_type, parent_type = _type(table, own), _type(parent, theirs)
            if child_type != parent_type:
                yield _fault(table, own, child_type, f"{parent.name}.{theirs} is {parent_type}")


def _incomparable_names(database: Database, table: Relation) -> Iterator[Fault]:
    referring = {name for key in table.foreign_keys for name in key.columns}
    for column in table.columns:
        noun = referenced_name(column.name)
        if noun is None or column.name in referring | set(table.primary_key):
            continue
        parents = [
            parent
            for parent in database.tables
            if parent.name.schema == table.name.schema
            and parent.name != table.name
            and same_table(noun, parent.name.name)
            and len(parent.primary_key) == 1
        ]
        for parent in parents:
            theirs = parent.primary_key[0]
            own_family = _FAMILIES.get(_base(column.type))
            family = _FAMILIES.get(_base(_type(parent, theirs)))
            if own_family is not None and family is not None and own_family != family:
                said = f"{parent.name}.{theirs} is {_type(parent, theirs)}, and no foreign key says"
                said = f"{said} that it is meant"
                yield replace(_fault(table, column.name, column.type, said), severity=Severity.NOTE)


def _fault(table: Relation, column: str, own_type: str, said: str) -> Fault:
    return Fault(
        f"{table.name}.{column} is {own_type}, but {said}",
        shown=f"{table.name}.{column} {own_type}",
        relation=table.name,
        column=column,
        fix="give both the same type, and a foreign key",
    )


def _type(table: Relation, name: str) -> str:
    column = table.column(name)
    return column.type if column is not None else "unknown"


def _base(type_name: str) -> str:
    return type_name.partition("(")[0]
