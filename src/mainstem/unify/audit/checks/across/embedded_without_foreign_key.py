"""Code embeds a table that no foreign key joins to the one it is read with.

## What it finds
Embedded resources of supabase-js and supabase-py (`from('post').select('*, author(name)')`) where
both tables exist and no foreign key leads from one to the other, nor from a third table to both.
Views, and functions that serve as relationships, are not judged.

## Why it matters
PostgREST joins along foreign keys only. Without one it answers PGRST200, "could not find a
relationship between 'post' and 'author' in the schema cache", and the whole query fails.

## Example
```ts
await supabase.from('post').select('title, author(name)')
```
and `post.author_id uuid` was created without `references author`.

## How to mend it
Add the foreign key by a migration, or read the two tables separately.

## When to ignore it
When the API is not PostgREST.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.kit.wording import counted
from mainstem.unify.audit import evidence
from mainstem.unify.audit.aside import are_aside
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.origin import RelationIndex, may_be_lost, mentions
from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.code.model import Via

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Relation
    from mainstem.unify.code.model import TableUse

SEVERITY = Severity.ERROR

_REST = frozenset({Via.SUPABASE_JS, Via.SUPABASE_PY})


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each catalog and pair of tables."""
    uses = subject.code.uses if subject.code is not None else ()
    embedded = [u for u in uses if u.embedded_in is not None and u.via in _REST and not u.is_test]
    for database in subject.catalogs:
        index = RelationIndex(database)
        pairs: dict[tuple[ObjectName, ObjectName], list[TableUse]] = defaultdict(list)
        for use in embedded:
            outer = index.find(ObjectName(use.schema or "public", use.embedded_in or ""))
            inner = index.find(ObjectName(use.schema or "public", use.name))
            if outer is not None and inner is not None and _is_unrelated(database, outer, inner):
                pairs[outer.name, inner.name].append(use)
        for (outer_name, inner_name), places in pairs.items():
            if not may_be_lost(subject, database, outer_name.name, inner_name.name):
                yield _found(
                    evidence.catalog_name(subject, database), outer_name, inner_name, places
                )


def _is_unrelated(database: Database, outer: Relation, inner: Relation) -> bool:
    if not (outer.is_table and inner.is_table):
        return False  # a view has the relationships of the tables that it reads
    parents = {outer.name: _parents(outer), inner.name: _parents(inner)}
    if inner.name in parents[outer.name] or outer.name in parents[inner.name]:
        return False
    if any({outer.name, inner.name} <= _parents(between) for between in database.tables):
        return False
    return not any(
        mentions(function.arguments, outer.name.name)
        and mentions(function.returns, inner.name.name)
        for function in database.functions
    )


def _parents(relation: Relation) -> frozenset[ObjectName]:
    return frozenset(key.parent for key in relation.foreign_keys if key.parent is not None)


def _found(catalog: str, outer: ObjectName, inner: ObjectName, uses: list[TableUse]) -> Found:
    places = sorted({use.place for use in uses})
    return Found(
        message=(
            f"{outer} embeds {inner} in {counted(len(places), 'place')}, first {places[0]}, and no "
            f"foreign key joins them in {catalog}: PostgREST answers PGRST200"
        ),
        table=str(outer),
        evidence=evidence.of_uses(uses),
        fix=f"add the foreign key between {outer} and {inner}, or read them separately",
        severity=Severity.WARNING if are_aside(use.place.file for use in uses) else None,
    )
