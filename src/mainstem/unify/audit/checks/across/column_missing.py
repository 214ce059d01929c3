"""Code uses a column that its table does not have.

## What it finds
Columns that code of the product reads, writes, filters on or names as a conflict target, and that
the table lacks in what the migrations build or in a live database. Paths into JSON, aliases,
embedded resources and computed columns are no columns; tables that failed to build are not judged.

## Why it matters
A read answers `column does not exist`; a write is refused as a whole, with all its other columns.
With supabase-js neither throws: where the error is not looked at, data is lost without a word.

## Example
```ts
await supabase.from('post').update({ titel: title }).eq('id', id)
```
and `post` has `title`.

## How to mend it
Use the column's name as the table has it, or add the column by a migration.

## When to ignore it
When the code runs against another database, whose migrations are elsewhere. What only scripts and
examples use is a warning, and so is what one call does with several tables, as in a loop, and
what a table lacks that only a file beside the migrations creates.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from mainstem.kit.naming import did_you_mean
from mainstem.kit.wording import listed
from mainstem.unify.audit import evidence
from mainstem.unify.audit.elsewhere import is_made_elsewhere
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.origin import RelationIndex, is_computed, may_be_lost
from mainstem.unify.audit.provided import is_provided
from mainstem.unify.audit.usage import Usage, usage_by_name, used_name
from mainstem.unify.code.model import Engine, Role, Via

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, ObjectName, Relation
    from mainstem.unify.code.model import ColumnUse, DeclaredTable, Place, TableUse

SEVERITY = Severity.ERROR

_IDENTIFIER = re.compile(r"[^\W\d][\w$]*")
_SYSTEM_COLUMNS = frozenset({"oid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
_REST = frozenset({Via.SUPABASE_JS, Via.SUPABASE_PY})
#: their uses name fields of a model; the model's own declaration is held against the table
_MODELS = frozenset({Via.DRIZZLE, Via.PRISMA, Via.SQLALCHEMY, Via.DJANGO})
_VERBS = {
    Role.READ: "read",
    Role.WRITTEN: "written",
    Role.FILTERED: "filtered on",
    Role.CONFLICT: "named as a conflict target",
}


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each column, with all catalogs that lack it."""
    lacking: dict[tuple[ObjectName, str], list[tuple[Database, Relation]]] = defaultdict(list)
    usages = usage_by_name(subject)
    for database in subject.catalogs:
        index = RelationIndex(database)
        for usage in usages.values():
            relation = index.find(usage.name)
            if relation is not None and not is_provided(relation.name):
                for column in _lacked(subject, database, relation, usage):
                    lacking[usage.name, column].append((database, relation))
    several = _places_of_several_tables(usages.values())
    for (name, column), places in lacking.items():
        yield _found(subject, usages[name], column, places=places, several=several)
    yield from _of_models(subject)


def _lacked(
    subject: Subject, database: Database, relation: Relation, usage: Usage
) -> Iterator[str]:
    has = {column.name for column in relation.columns} | _SYSTEM_COLUMNS
    named = {c.name for use in usage.product if _tells_columns(use) for c in _columns(use)}
    for column in sorted(named - has):
        is_lost = may_be_lost(subject, database, relation.name.name, column)
        if not is_lost and not is_computed(database, relation, column):
            yield column


def _tells_columns(use: TableUse) -> bool:
    return use.via not in _MODELS


def _columns(use: TableUse) -> Iterator[ColumnUse]:
    """The columns of a use that are plain names.

    `count` is PostgREST's aggregate as well (docs.postgrest.org, "Aggregate Functions").
    """
    for column in use.columns:
        is_count = column.name == "count" and use.via in _REST and column.role is Role.READ
        if _IDENTIFIER.fullmatch(column.name) and not is_count:
            yield column


def _places_of_several_tables(usages: Iterable[Usage]) -> frozenset[Place]:
    """Where one call names several tables, as a loop over names does: each may mean its own."""
    counts = Counter(
        place
        for usage in usages
        for place in {u.place for u in usage.product if u.via in _REST and u.embedded_in is None}
    )
    return frozenset(place for place, count in counts.items() if count > 1)


def _found(
    subject: Subject,
    usage: Usage,
    column: str,
    *,
    places: list[tuple[Database, Relation]],
    several: frozenset[Place],
) -> Found:
    uses = [u for u in usage.product if any(c.name == column for c in u.columns)]
    roles = dict.fromkeys(_VERBS[c.role] for u in uses for c in u.columns if c.name == column)
    used = Usage(usage.name, tuple(uses))
    is_doubtful = used.is_aside or several.issuperset(use.place for use in uses)
    _, relation = places[0]
    names = [evidence.catalog_name(subject, database) for database, _ in places]
    guess = did_you_mean(column, [known.name for known in relation.columns])
    return Found(
        message=(
            f"{usage.name}.{column} is {listed(roles)} {used.where}, and {relation.name} has no "
            f"such column in {listed(names)}{guess}"
        ),
        table=str(usage.name),
        column=column,
        evidence=(
            *evidence.of_uses(uses),
            *(evidence.of_relation(subject, database, relation) for database, relation in places),
        ),
        fix=f"mend the name in code, or add the column {column} to {relation.name} by a migration",
        severity=Severity.WARNING if is_doubtful or _is_of_base(subject, places) else None,
    )


def _is_of_base(subject: Subject, places: Iterable[tuple[Database, Relation]]) -> bool:
    """Whether only a file beside the migrations, which may be out of date, tells the columns."""
    replay = subject.replay
    return replay is not None and all(
        database is replay.database
        and any(one.name == relation.name and one.file in replay.base for one in replay.creations)
        for database, relation in places
    )


def _of_models(subject: Subject) -> Iterator[Found]:
    """What a model declares that its table lacks, unless the model's own tool makes the table."""
    if subject.code is None:
        return
    models = [
        table
        for table in subject.code.declared
        if table.via in _MODELS
        and table.engine is Engine.POSTGRES
        and not (table.makes or table.is_test)
        and not is_made_elsewhere(subject, used_name(table), table.place.file)
    ]
    for database in subject.catalogs:
        index = RelationIndex(database)
        for model in models:
            relation = index.find(used_name(model))
            if relation is not None:
                yield from _of_model(subject, database, relation, model)


def _of_model(
    subject: Subject, database: Database, relation: Relation, model: DeclaredTable
) -> Iterator[Found]:
    has = {column.name for column in relation.columns}
    for column in model.columns:
        is_lost = may_be_lost(subject, database, relation.name.name, column.name)
        if column.name in has or is_lost:
            continue
        place = f"{model.place.file}:{column.line}"
        where = evidence.catalog_name(subject, database)
        yield Found(
            message=(
                f"{relation.name}.{column.name} is declared in {place}, and {relation.name} has no "
                f"such column in {where}{did_you_mean(column.name, has)}"
            ),
            table=str(relation.name),
            column=column.name,
            evidence=(
                evidence.of_declaration(model),
                evidence.of_relation(subject, database, relation),
            ),
            fix=f"add {column.name} to {relation.name} by a migration, or drop it from the model",
        )
