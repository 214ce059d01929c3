"""Places that show a finding: uses in code, statements of migrations, what a catalog says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit.model import Evidence, SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Relation
    from mainstem.unify.code.model import DeclaredTable, Place, TableUse
    from mainstem.unify.documents.model import Mention
    from mainstem.unify.replay.model import Creation, FailedStatement, MissingParent

PLACES_MAX = 20
_TEXT_LENGTH_MAX = 160


def of_uses(uses: Iterable[TableUse]) -> tuple[Evidence, ...]:
    """Up to 20 places where code uses a table, in the order of files and lines."""
    ordered = sorted(uses, key=lambda use: (use.place, use.operation.value))
    return tuple(_of_use(use) for use in ordered[:PLACES_MAX])


def of_place(place: Place, text: str) -> Evidence:
    """A line of code."""
    return Evidence(SourceKind.CODE, text, place.file, place.line)


def of_declaration(table: DeclaredTable) -> Evidence:
    """Where a model or a statement in code declares a table."""
    return of_place(table.place, f"declares {table.name} ({table.via.value})")


def of_creation(creation: Creation) -> Evidence:
    """The statement of a migration that creates an object, or tries to."""
    verb = "creates" if creation.is_applied else "tries to create"
    text = f"{verb} {creation.kind.value} {creation.name}"
    return Evidence(SourceKind.MIGRATIONS, text, creation.file, creation.line)


def of_failure(failed: FailedStatement) -> Evidence:
    """A statement that failed when it was replayed, and what the server said."""
    text = f"{one_line(failed.text)} -- {one_line(failed.message)}"
    return Evidence(SourceKind.MIGRATIONS, text, failed.file, failed.line)


def of_missing_parent(key: MissingParent) -> Evidence:
    """The statement that makes a foreign key to a table which nothing creates."""
    text = f"{key.table} ({', '.join(key.columns)}) references {key.parent}"
    return Evidence(SourceKind.MIGRATIONS, text, key.file, key.line)


def of_mention(mention: Mention) -> Evidence:
    """Where a document names a table."""
    text = f"{mention.name} {mention.expectation.value} ({mention.standing.value})"
    return Evidence(SourceKind.DOCUMENTS, text, mention.place.file, mention.place.line)


def of_relation(subject: Subject, database: Database, relation: Relation) -> Evidence:
    """What a catalog says of a relation; for a replayed one, where it was created."""
    text = f"{relation.kind.value} {relation.name}: {counted(len(relation.columns), 'column')}"
    if relation.row_count is not None:
        text += f", {counted(relation.row_count, 'row')}"
    if relation.last_write is not None:
        text += f", last written {relation.last_write}"
    return of_catalog(subject, database, relation, text)


def of_catalog(subject: Subject, database: Database, relation: Relation, text: str) -> Evidence:
    """Something that a catalog says of a relation, at the migration that made it where known."""
    if subject.replay is None or database is not subject.replay.database:
        return Evidence(SourceKind.DATABASE, f"{database.name}: {text}")
    for creation in subject.replay.creations:
        if creation.name == relation.name and creation.is_applied:
            return Evidence(SourceKind.MIGRATIONS, text, creation.file, creation.line)
    return Evidence(SourceKind.MIGRATIONS, text)


def catalog_name(subject: Subject, database: Database) -> str:
    """What a message calls a catalog: `the migrations`, or the live database's name."""
    is_built = subject.replay is not None and database is subject.replay.database
    return "the migrations" if is_built else database.name


def one_line(text: str) -> str:
    """The text in one line of at most 160 characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _TEXT_LENGTH_MAX else flat[: _TEXT_LENGTH_MAX - 1] + "…"


def _of_use(use: TableUse) -> Evidence:
    columns = listed(dict.fromkeys(column.name for column in use.columns))
    text = f"{use.operation.value} {use.name}{f' ({columns})' if columns else ''}"
    return of_place(use.place, f"{text}, {use.via.value}")
