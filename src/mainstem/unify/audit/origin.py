"""Where tables that code uses come from, and which come from nowhere.

A table may be built by migrations, exist in a live database, be made by the tool of a model, by a
program at run time, by the platform, or live in another engine. What none of them makes is missing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.unify.audit.elsewhere import is_made_elsewhere
from mainstem.unify.audit.provided import is_provided
from mainstem.unify.audit.usage import usage_by_name, used_name
from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.code.model import Engine, Operation, Via
from mainstem.unify.replay.creations import TEMPORARY
from mainstem.unify.replay.model import ObjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.audit.usage import Usage
    from mainstem.unify.catalog.database import Database, Relation
    from mainstem.unify.code.model import DeclaredTable, TableUse
    from mainstem.unify.replay.model import Creation

#: what people write as in SQL where PostgREST takes a table's name
_AGGREGATES = frozenset({"avg", "count", "max", "min", "sum"})
#: what a key is named, where the table that would have it is not known
_KEY_ENDINGS = ("_id", "_fkey")
RELATION_KINDS = frozenset({ObjectKind.TABLE, ObjectKind.VIEW, ObjectKind.MATERIALIZED_VIEW})


class RelationIndex:
    """Finds the relation that a name in code means."""

    def __init__(self, database: Database) -> None:
        self._by_name = database.by_name
        self._by_bare_name: dict[str, list[Relation]] = defaultdict(list)
        for relation in database.relations:
            self._by_bare_name[relation.name.name].append(relation)

    def find(self, name: ObjectName) -> Relation | None:
        """The relation of that name.

        A name without a schema may mean one of another schema, by the connection's search path,
        when only one schema has it.
        """
        if name in self._by_name or name.schema != "public":
            return self._by_name.get(name)
        elsewhere = self._by_bare_name.get(name.name, [])
        return elsewhere[0] if len(elsewhere) == 1 else None

    def has(self, name: ObjectName) -> bool:
        """Whether the name may mean a relation here, of whichever schema."""
        is_elsewhere = name.schema == "public" and name.name in self._by_bare_name
        return name in self._by_name or is_elsewhere


def missing_usages(subject: Subject, database: Database) -> Iterator[Usage]:
    """What code uses and neither that database nor anything else provides.

    Uses in tests only are among them. A table that a migration tries to create and fails to is not:
    that is another fault.
    """
    index = RelationIndex(database)
    made = made_by_code(subject) | _tried(subject, database) | _described(subject)
    elsewhere = _names_of_other_engines(subject)
    for usage in usage_by_name(subject).values():
        is_known = index.has(usage.name) or usage.name in made or is_provided(usage.name)
        if not is_known and not _is_of_other_engine(usage, elsewhere):
            here = _without_elsewhere(usage, subject)
            remaining = _without_relationships(here, database, index)
            if remaining.product or remaining.tests:
                yield remaining


def creations_of(subject: Subject, name: ObjectName) -> tuple[Creation, ...]:
    """The statements of migrations that create a relation of that name, or try to."""
    if subject.replay is None:
        return ()
    return tuple(
        creation
        for creation in subject.replay.creations
        if creation.name == name and creation.kind in RELATION_KINDS
    )


def made_by_code(subject: Subject) -> frozenset[ObjectName]:
    """Tables that a model's tool or a program of the product creates in PostgreSQL.

    Temporary ones are there too: a bare name finds them before all others.
    """
    run = frozenset(
        ObjectName("public", made.name.name) if made.name.schema == TEMPORARY else made.name
        for made in subject.program_creations
        if made.kind in RELATION_KINDS
    )
    if subject.code is None:
        return run
    declared = (table for table in subject.code.declared if _makes(table))
    created = (use for use in subject.code.uses if use.operation is Operation.CREATE)
    made: tuple[DeclaredTable | TableUse, ...] = (*declared, *created)
    return run | frozenset(
        used_name(one) for one in made if one.engine is Engine.POSTGRES and not one.is_test
    )


def _makes(table: DeclaredTable) -> bool:
    return table.makes or table.via is Via.SQL


def _described(subject: Subject) -> frozenset[ObjectName]:
    """What any .sql file creates where the one that was replayed was only the likeliest."""
    if not subject.is_schema or subject.replay is None:
        return frozenset()
    dropped = (one.name for one in subject.replay.creations if one.kind in RELATION_KINDS)
    return frozenset(subject.files_creating) | frozenset(dropped)


def _tried(subject: Subject, database: Database) -> frozenset[ObjectName]:
    """Relations of migrations whose creation failed; none where a live database is asked about."""
    if subject.replay is None or database is not subject.replay.database:
        return frozenset()
    return frozenset(
        creation.name
        for creation in subject.replay.creations
        if creation.kind in RELATION_KINDS and not creation.is_applied and not creation.is_dropped
    )


def _names_of_other_engines(subject: Subject) -> frozenset[str]:
    if subject.code is None:
        return frozenset()
    declared = {t.name for t in subject.code.declared if t.engine is not Engine.POSTGRES}
    return frozenset(declared | {u.name for u in subject.code.uses if u.engine is Engine.SQLITE})


def _is_of_other_engine(usage: Usage, elsewhere: frozenset[str]) -> bool:
    """Whether plain SQL, which may go anywhere, names a table of another engine."""
    uses = (*usage.product, *usage.tests)
    return usage.name.name in elsewhere and all(use.via is Via.SQL for use in uses)


def _without_elsewhere(usage: Usage, subject: Subject) -> Usage:
    """The usage without what another folder of migrations provides."""

    def is_here(use: TableUse) -> bool:
        return not is_made_elsewhere(subject, usage.name, use.place.file)

    return type(usage)(
        usage.name, tuple(filter(is_here, usage.product)), tuple(filter(is_here, usage.tests))
    )


def _without_relationships(usage: Usage, database: Database, index: RelationIndex) -> Usage:
    """The usage without embedded resources that name a key, or a function, instead of a table.

    PostgREST resolves `select('*, owner_id(name)')` by the column, the constraint, or a function
    that takes the row (docs.postgrest.org, "Resource Embedding").
    """

    def names_table(use: TableUse) -> bool:
        if use.embedded_in is None:
            return True
        if use.name in _AGGREGATES:
            return False
        parent = index.find(ObjectName(use.schema or "public", use.embedded_in))
        if parent is None:
            return not use.name.endswith(_KEY_ENDINGS)
        names = {constraint.name for constraint in parent.constraints}
        names |= {column.name for column in parent.columns}
        return use.name not in names and not is_computed(database, parent, use.name)

    return type(usage)(
        usage.name,
        tuple(filter(names_table, usage.product)),
        tuple(filter(names_table, usage.tests)),
    )


def is_computed(database: Database, relation: Relation, name: str) -> bool:
    """Whether a function of that name takes a row of the relation: a computed column."""
    return any(
        function.name.name == name and mentions(function.arguments, relation.name.name)
        for function in database.functions
    )


def may_be_lost(subject: Subject, database: Database, *words: str) -> bool:
    """Whether a statement that names all of them failed for good: what it makes is not judged."""
    if subject.replay is None or database is not subject.replay.database:
        return False
    return any(
        not failed.is_recovered and all(mentions(failed.text, word) for word in words)
        for failed in subject.replay.failed
    )


def mentions(text: str, word: str) -> bool:
    """Whether the word stands in the text, quoted or not, and not as a part of another."""
    return re.search(rf"(?<![\w$]){re.escape(word)}(?![\w$])", text, re.IGNORECASE) is not None
