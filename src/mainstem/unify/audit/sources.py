"""What the report says was read, and what was not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mainstem.unify.audit.model import NotInspected, Source, SourceKind
from mainstem.unify.replay.model import ObjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.discovery import Discovery
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database
    from mainstem.unify.code.model import CodeReading
    from mainstem.unify.documents.model import DocumentReading
    from mainstem.unify.replay.model import Replay

#: what no audit looks at, whatever it is given
_NEVER: Final = (
    ("object kind", "rows", "contents of rows are counted, never read"),
    ("object kind", "edge functions, realtime channels", "only their calls in code are read"),
    ("object kind", "operators, casts, text search, rules", "a merge seldom meets them"),
)


def sources(discovery: Discovery, subject: Subject) -> tuple[Source, ...]:
    """One line for each source that was read."""
    return tuple(_sources(discovery, subject))


def not_inspected(discovery: Discovery, subject: Subject) -> tuple[NotInspected, ...]:
    """Everything that was left out, most telling first."""
    return tuple(_not_inspected(discovery, subject))


def _sources(discovery: Discovery, subject: Subject) -> Iterator[Source]:
    if subject.replay is not None:
        yield Source(SourceKind.MIGRATIONS, subject.replay.folder, _replayed(subject.replay))
    if subject.code is not None:
        names = ", ".join(discovery.name(path) for path in discovery.code)
        yield Source(SourceKind.CODE, names, _code(subject.code))
    if subject.documents is not None:
        yield Source(SourceKind.DOCUMENTS, "Markdown", _documents(subject.documents))
    for database in subject.databases:
        yield Source(SourceKind.DATABASE, database.name, _database(database))
    if discovery.settings:
        files = [discovery.name(path) for path in discovery.settings]
        settings = subject.code.settings if subject.code is not None else ()
        count = sum(setting.place.file in files for setting in settings)
        summary = f"{_count(count, 'connection setting')}, secrets not read"
        yield Source(SourceKind.ENVIRONMENT, ", ".join(files), summary)


def _replayed(replay: Replay) -> str:
    failed = sum(file.failed_count > 0 for file in replay.files)
    statements = sum(file.statement_count for file in replay.files)
    said = f"{_count(len(replay.files), 'file')} in the order of {replay.order}, "
    if replay.base:
        said += f"on top of {', '.join(replay.base)}, "
    said += f"{_count(statements, 'statement')}: {_database(replay.database)}"
    return f"{said}; {_count(failed, 'file')} with failures" if failed else said


def _code(code: CodeReading) -> str:
    tables = len({(use.schema, use.name) for use in code.uses if not use.is_test})
    return f"{_count(code.file_count, 'file')}, uses of {_count(tables, 'table')}"


def _documents(documents: DocumentReading) -> str:
    return (
        f"{_count(len(documents.files), 'file')}, {_count(len(documents.claims), 'claim')}, "
        f"{_count(len(documents.sql_blocks), 'SQL block')}"
    )


def _database(database: Database) -> str:
    views = sum(relation.is_view for relation in database.relations)
    said = [_count(len(database.tables), "table")]
    if views:
        said.append(_count(views, "view"))
    if database.functions:
        said.append(_count(len(database.functions), "function"))
    return ", ".join(said)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _not_inspected(discovery: Discovery, subject: Subject) -> Iterator[NotInspected]:
    yield from _absent(discovery, subject)
    yield from discovery.left_alone
    if subject.replay is not None:
        yield from _of_replay(subject.replay)
    if subject.code is not None:
        yield from _of_code(subject.code)
    if subject.documents is not None:
        for name, reason in subject.documents.unread:
            yield NotInspected("document", name, reason, file=name)
    for database in subject.databases:
        for reason in database.unread:
            yield NotInspected("database", database.name, reason)
    for kind, name, reason in _NEVER:
        yield NotInspected(kind, name, reason)


def _absent(discovery: Discovery, subject: Subject) -> Iterator[NotInspected]:
    if subject.replay is None:
        yield NotInspected(
            "migrations", ".", "no folder of .sql migrations was found; --migrations names one"
        )
    if subject.code is None:
        yield NotInspected("code", ".", "no source files were found; --code names a folder")
    if not subject.databases:
        yield NotInspected("database", "live", "none was named; --database names one")
    if not discovery.documents:
        yield NotInspected("documents", ".", "no Markdown was found; --docs names a file")


def _of_replay(replay: Replay) -> Iterator[NotInspected]:
    for file, line, reason in replay.skipped:
        yield NotInspected("statement", file, reason, file=file, line=line)
    for stood_in in replay.stood_in:
        opening = " ".join(stood_in.text.split()[:4])
        yield NotInspected(
            "statement", opening, stood_in.reason, file=stood_in.file, line=stood_in.line
        )
    for note in replay.order_notes:
        yield NotInspected(ObjectKind.OTHER.value, replay.folder, note)


def _of_code(code: CodeReading) -> Iterator[NotInspected]:
    for unresolved in code.unresolved:
        if not unresolved.is_test:
            yield NotInspected(
                f"{unresolved.kind} in code",
                " ".join(unresolved.expression.split()),
                unresolved.reason,
                file=unresolved.place.file,
                line=unresolved.place.line,
            )
    for unread in code.unread:
        yield NotInspected("source file", unread.file, unread.reason, file=unread.file)
