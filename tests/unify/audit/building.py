"""Small subjects in few words: tables, uses in code, replays, documents and live databases.

A column is written as in SQL (`id uuid not null default gen_random_uuid()`), a place as
`app/page.tsx:12`, an object's name with its schema where that is not public.
"""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from mainstem.unify.audit.registry import GROUPS
from mainstem.unify.catalog.database import (
    Constraint,
    ConstraintKind,
    Database,
    Function,
    ObjectName,
    Relation,
    RelationColumn,
    RelationKind,
)
from mainstem.unify.code.model import (
    BucketUse,
    CodeReading,
    ColumnUse,
    DeclaredColumn,
    DeclaredTable,
    FunctionUse,
    Operation,
    Place,
    Role,
    TableUse,
    Unresolved,
    Via,
)
from mainstem.unify.documents.model import DocumentReading, Mention, Standing
from mainstem.unify.replay.model import (
    Creation,
    FailedStatement,
    Failure,
    MigrationFile,
    MissingParent,
    ObjectKind,
    Replay,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject

_CHECKS = "mainstem.unify.audit.checks"
FIRST_FILE = "supabase/migrations/001_first.sql"

_COLUMN = re.compile(
    r"(?P<name>\S+) (?P<type>.+?)(?P<not_null> not null)?(?: default (?P<default>.+))?"
)
_ROLES = {"filter": Role.FILTERED, "write": Role.WRITTEN, "conflict": Role.CONFLICT}


def found_by(check: str, subject: Subject) -> list[Found]:
    """What the check of that name finds."""
    names = (f"{_CHECKS}.{group}.{check.replace('-', '_')}" for group in GROUPS)
    (name,) = (name for name in names if find_spec(name) is not None)
    return list(import_module(name).find(subject))


def tables_found(check: str, subject: Subject) -> list[str | None]:
    """The tables that the check of that name names, in its order."""
    return [found.table for found in found_by(check, subject)]


def named(text: str) -> ObjectName:
    schema, dot, name = text.rpartition(".")
    return ObjectName(schema if dot else "public", name)


def at(text: str) -> Place:
    file, _, line = text.rpartition(":")
    return Place(file, int(line))


def column(text: str) -> RelationColumn:
    match = _COLUMN.fullmatch(text)
    assert match is not None, text
    return RelationColumn(
        match["name"], match["type"], is_nullable=not match["not_null"], default=match["default"]
    )


def table(
    name: str,
    *columns: str,
    keys: Mapping[str, str] | None = None,
    kind: RelationKind = RelationKind.TABLE,
    **more: Any,
) -> Relation:
    """A table; `keys` are its foreign keys (column -> table), its primary key is `id`."""
    read = tuple(map(column, columns or ("id uuid not null",)))
    constraints = [
        Constraint(f"{name}_pkey", ConstraintKind.PRIMARY_KEY, ("id",), "PRIMARY KEY (id)")
        for one in read
        if one.name == "id" and kind is RelationKind.TABLE
    ]
    constraints += [foreign_key(name, own, parent) for own, parent in (keys or {}).items()]
    return Relation(named(name), kind, read, tuple(constraints), **more)


def view(name: str, *columns: str, **more: Any) -> Relation:
    return table(name, *columns, kind=RelationKind.VIEW, **more)


def foreign_key(child: str, own: str, parent: str) -> Constraint:
    return Constraint(
        f"{named(child).name}_{own}_fkey",
        ConstraintKind.FOREIGN_KEY,
        (own,),
        f"FOREIGN KEY ({own}) REFERENCES {parent}(id)",
        parent=named(parent),
        parent_columns=("id",),
    )


def function(name: str, *arguments: str, returns: str = "void", body: str = "") -> Function:
    """A function; an argument is written `name type`."""
    names = tuple(argument.split(" ")[0] for argument in arguments)
    return Function(named(name), ", ".join(arguments), names, returns, "sql", body)


def database(*relations: Relation, name: str = "live", **more: Any) -> Database:
    return Database(name, 160000, relations, **more)


def created(
    name: str, place: str = f"{FIRST_FILE}:1", kind: ObjectKind = ObjectKind.TABLE, **more: Any
) -> Creation:
    where = at(place)
    return Creation(kind, named(name), where.file, where.line, **more)


def failed(
    text: str,
    failure: Failure,
    *,
    place: str = f"{FIRST_FILE}:1",
    needs: str | None = None,
    kind: ObjectKind = ObjectKind.TABLE,
    message: str = "it failed",
    created_at: str | None = None,
    is_recovered: bool = False,
) -> FailedStatement:
    """A statement that failed; `created_at` is the place that creates what it needs later."""
    where = at(place)
    later = at(created_at) if created_at else None
    return FailedStatement(
        where.file,
        where.line,
        text,
        failure,
        message,
        needs_kind=kind if needs else None,
        needs=named(needs) if needs else None,
        created_in=later.file if later else None,
        created_line=later.line if later else None,
        is_recovered=is_recovered,
    )


def missing_parent(child: str, own: str, parent: str, place: str) -> MissingParent:
    where = at(place)
    return MissingParent(where.file, where.line, named(child), (own,), named(parent), ("id",))


def replay(
    *relations: Relation,
    creations: Sequence[Creation] = (),
    files: Sequence[str] = (FIRST_FILE,),
    missing_parents: Sequence[MissingParent] = (),
    failures: Sequence[FailedStatement] = (),
    second_run: Sequence[FailedStatement] = (),
    order_notes: Sequence[str] = (),
    base: Sequence[str] = (),
    **more: Any,
) -> Replay:
    """A replay that built those relations; those without a creation were made by the first file."""
    told = {creation.name for creation in creations}
    made = tuple(
        Creation(
            ObjectKind.VIEW if relation.is_view else ObjectKind.TABLE, relation.name, files[0], line
        )
        for line, relation in enumerate(relations, 1)
        if relation.name not in told
    )
    return Replay(
        folder="supabase/migrations",
        files=tuple(MigrationFile(path, "0" * 64, 1) for path in files),
        database=Database("migrations", 160000, relations, **more),
        creations=(*creations, *made),
        failed=tuple(failures),
        missing_parents=tuple(missing_parents),
        stood_in=(),
        second_run=tuple(second_run),
        order="by name",
        order_notes=tuple(order_notes),
        base=tuple(base),
    )


def use(
    name: str, *columns: str, place: str = "app/page.tsx:1", via: Via = Via.SUPABASE_JS, **more: Any
) -> TableUse:
    """A use of a table; a column that is not read is written `filter:id`, `write:title`."""
    where = at(place)
    schema, _, bare = name.rpartition(".")
    used = []
    for text in columns:
        role, colon, own = text.rpartition(":")
        used.append(ColumnUse(own, _ROLES[role] if colon else Role.READ, where.line))
    more.setdefault("operation", Operation.SELECT)
    return TableUse(bare, where, via, schema=schema or None, columns=tuple(used), **more)


def declared(
    name: str, *columns: str, place: str = "lib/schema.ts:1", via: Via = Via.SQL, **more: Any
) -> DeclaredTable:
    """A table that a model or a CREATE TABLE in code declares."""
    where = at(place)
    read = tuple(
        DeclaredColumn(one.name, one.type, one.is_nullable, where.line)
        for one in map(column, columns)
    )
    return DeclaredTable(name, where, via, read, **more)


def call(
    name: str,
    *arguments: str,
    place: str = "app/page.tsx:1",
    via: Via = Via.SUPABASE_JS,
    **more: Any,
) -> FunctionUse:
    return FunctionUse(name, at(place), via, arguments=arguments, **more)


def bucket(name: str, place: str = "app/page.tsx:1", **more: Any) -> BucketUse:
    return BucketUse(name, at(place), **more)


def dynamic(expression: str, place: str = "app/page.tsx:1") -> Unresolved:
    return Unresolved("table", expression, at(place), "it is a parameter")


def code(*read: TableUse | FunctionUse | BucketUse | DeclaredTable | Unresolved) -> CodeReading:
    """What those uses and declarations come to."""
    return CodeReading(
        uses=tuple(one for one in read if isinstance(one, TableUse)),
        functions=tuple(one for one in read if isinstance(one, FunctionUse)),
        buckets=tuple(one for one in read if isinstance(one, BucketUse)),
        declared=tuple(one for one in read if isinstance(one, DeclaredTable)),
        unresolved=tuple(one for one in read if isinstance(one, Unresolved)),
        folders=("app",),
        file_count=1,
    )


def documents(*names: str, standing: Standing = Standing.LIST) -> DocumentReading:
    """A document that names those tables, one a line."""
    mentions = tuple(
        Mention(name, Place("README.md", line), standing) for line, name in enumerate(names, 1)
    )
    return DocumentReading(files=("README.md",), mentions=mentions)
