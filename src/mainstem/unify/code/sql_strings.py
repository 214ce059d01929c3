"""Finds SQL in the strings of a program and reads it.

A string is SQL for sure where it is handed to a database (`query`, `execute`, a `sql` template).
Elsewhere it has to look unmistakably like a statement: people write "select a file from the list"
and that parses. Comments and docstrings are never read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mainstem.unify.code.facts import FileFacts, Opened, Pending, Reader, Undecided
from mainstem.unify.code.model import Engine, FileReading, Via
from mainstem.unify.code.names import resolve
from mainstem.unify.code.sql import gather_sql, looks_like_sql
from mainstem.unify.code.sql_engines import database_of, engine_of_sql, engines_of_file, opened_by
from mainstem.unify.code.sql_placeholders import is_dynamic, number
from mainstem.unify.code.sql_places import Use, use_of
from mainstem.unify.code.sql_scope import Gathered
from mainstem.unify.code.sql_texts import Text, text_of
from mainstem.unify.code.syntax import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from mainstem.unify.code.facts import Reference
    from mainstem.unify.code.syntax import SyntaxFile

#: A quote and the first word of a statement: where a string may begin that is SQL.
_BEGINNING: Final = re.compile(
    rb"[\"'`](?:\s|\(|\\n|--[^\n]*\n|/\*.*?\*/)*"
    rb"(?:select|insert|update|delete|create|alter|with|merge|truncate|replace|call|explain|copy"
    rb"|refresh)\b",
    re.IGNORECASE | re.DOTALL,
)
_STRINGS: Final = frozenset({"string", "template_string"})
_SUMS: Final = frozenset({"concatenated_string", "binary_expression", "binary_operator"})
#: Capitals, as in `SELECT a FROM b`, or signs that prose has not: `select * from b where c = $1`.
_CAPITALS: Final = re.compile(
    r"\W*(?:SELECT\b.*\bFROM\b|INSERT\s+(?:OR\s+\w+\s+)?INTO\b|REPLACE\s+INTO\b|UPDATE\b.*\bSET\b"
    r"|DELETE\s+FROM\b|CREATE\s+(?:\w+\s+){0,3}(?:TABLE|INDEX|VIEW)\b|ALTER\s+TABLE\b|WITH\b.*\bAS\b"
    r"|MERGE\s+INTO\b|TRUNCATE\b)",
    re.DOTALL,
)
_SIGNS: Final = re.compile(r"[*=]|\$\d|%s|\?|[\w\"]\s*\(|\"\w|\w\.\w|__run_time_\d")
#: A table's name as a constant holds it; a longer text is a piece of SQL.
_NAME: Final = re.compile(r"(?:\"?(?P<schema>\w+)\"?\.)?[\"`]?(?P<name>[\w$-]+)[\"`]?")
_LOWER: Final = re.compile(r"\W*[a-z]+\b")


def read(file: SyntaxFile) -> FileFacts:
    """What the SQL in a file's strings says."""
    readings: list[FileReading] = []
    pending: list[Pending] = []
    undecided: list[Undecided] = []
    for text, use in statements(file):
        choices, reference = _engines(file, text, use)
        read_as = [(opened.engine, _read(file, text, use, opened)) for opened in choices]
        if len(choices) > 1 and all(waits == [] for _, (_, waits) in read_as):
            named = tuple((engine, reading) for engine, (reading, _) in read_as)
            if any(reading != FileReading() for _, reading in named):
                undecided.append(Undecided(reference, named))
            continue
        readings.append(read_as[0][1][0])
        pending.extend(read_as[0][1][1])
    engines = () if file.is_test else sorted(engines_of_file(file), key=lambda one: one.value)
    return FileFacts(
        _joined(readings),
        tuple(pending),
        undecided=tuple(undecided),
        opened=opened_by(file),
        engines=tuple(engines),
    )


def statements(file: SyntaxFile) -> Iterator[tuple[Text, Use]]:
    """Every string that may be SQL, with what is done with it."""
    covered = -1
    for beginning in _BEGINNING.finditer(file.source):
        if beginning.start() < covered:
            continue
        found = (text_of(file, node) for node in _strings_at(file, beginning.start()))
        text = next((one for one in found if one is not None), None)
        if text is None or not looks_like_sql(text.sql):
            continue
        covered = text.node.end_byte
        use = use_of(file, text.node)
        if use.is_database or (use.is_open and _is_unmistakable(text.sql)):
            yield text, use


def _strings_at(file: SyntaxFile, start: int) -> list[Node]:
    """The string at a quote, after the sums that it is the beginning of."""
    node = file.root.descendant_for_byte_range(start, start + 1)
    while node is not None and node.type not in _STRINGS:
        node = node.parent
    found: list[Node] = []
    while node is not None and (not found or node.type in _SUMS):
        found.insert(0, node)
        node = node.parent
    return found


def _is_unmistakable(sql: str) -> bool:
    """Whether no prose looks like it: its words in capitals among others, or with signs."""
    if _CAPITALS.match(sql):
        return sql != sql.upper() or _SIGNS.search(sql) is not None
    return _LOWER.match(sql) is not None and _SIGNS.search(sql) is not None


def _engines(file: SyntaxFile, text: Text, use: Use) -> tuple[list[Opened], Reference | None]:
    """What the SQL is for; several, the likeliest first, where other files decide."""
    found = database_of(file, use.receiver) if use.receiver is not None else None
    if isinstance(found, Opened):
        return [found], None
    told = _told_engine(file, text.sql)
    if told is not None and found is None:
        return [Opened(told)], None
    has_mark = found is None and _has_question_mark(text.sql)
    likely = told or (Engine.SQLITE if has_mark else Engine.POSTGRES)
    others = [Opened(engine) for engine in Engine if engine is not likely]
    return [Opened(likely), *others], found


def _told_engine(file: SyntaxFile, sql: str) -> Engine | None:
    """The engine that the file or the SQL itself tells."""
    told, imported = engine_of_sql(sql), engines_of_file(file)
    if told is not Engine.SQLITE and len(imported) == 1:
        return next(iter(imported))
    return told


def _has_question_mark(sql: str) -> bool:
    return re.search(r"(?:[=(,<>]|\blike|\blimit)\s*\?(?![|&?])", sql, re.IGNORECASE) is not None


def _read(
    file: SyntaxFile, text: Text, use: Use, opened: Opened
) -> tuple[FileReading, list[Pending]]:
    gathered = Gathered(
        opened.engine,
        file.place(text.node),
        Via.SQL,
        file.is_test,
        opened.name,
        {str(n): file.expression(piece) for n, piece in text.pieces.items()},
    )
    parses = gather_sql(text.sql, gathered)
    if not parses and not use.is_database and not _CAPITALS.match(text.sql):
        return FileReading(), []
    pending = list(_filled_in(file, text, gathered))
    return _on_lines(gathered.reading(), text), [_on_line(one, text) for one in pending]


def _filled_in(file: SyntaxFile, text: Text, gathered: Gathered) -> Iterator[Pending]:
    """Give tables whose name is a constant that name; yields those that another file names."""
    for used in list(gathered.tables):
        piece = text.pieces.get(number(used.name) or 0) if is_dynamic(used.name) else None
        if piece is None:
            continue
        names = resolve(file, piece)
        gathered.tables.remove(used)
        placed = [_NAME.fullmatch(name) for name in names.texts]
        for match in (match for match in placed if match is not None):
            schema = match["schema"] or used.schema
            gathered.tables.append(replace(used, name=match["name"], schema=schema))
        for reference in names.elsewhere:
            blank = replace(gathered.use(used), name="")
            yield Pending(reference, file.expression(piece), blank)
        if names.unknown or None in placed:
            gathered.dynamic("table", used.name, used.line - gathered.place.line)


def _on_lines(reading: FileReading, text: Text) -> FileReading:
    """Lines no further down than the string goes: a text can have more lines than its source."""
    if text.lines_are_exact:
        return reading
    return text.clamped(reading)


def _on_line(pending: Pending, text: Text) -> Pending:
    if text.lines_are_exact or pending.table is None:
        return pending
    return replace(pending, table=text.clamped(FileReading(uses=(pending.table,))).uses[0])


def _joined(readings: list[FileReading]) -> FileReading:
    return FileReading(
        uses=tuple(use for reading in readings for use in reading.uses),
        functions=tuple(call for reading in readings for call in reading.functions),
        declared=tuple(table for reading in readings for table in reading.declared),
        unresolved=tuple(one for reading in readings for one in reading.unresolved),
    )


_LANGUAGES: Final = frozenset(
    {Language.TYPESCRIPT, Language.TSX, Language.JAVASCRIPT, Language.PYTHON}
)
READER: Final = Reader("sql", _LANGUAGES, read)
