"""SQLite's CREATE TABLE, read by SQLite itself: an empty database in memory makes the table.

That knows all its forms: STRICT, WITHOUT ROWID, types left out, full-text tables. Only statements
that define columns are run; one that would run a query (`as select`) or load a module is not.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

from mainstem.unify.catalog.ddl import tokens
from mainstem.unify.code.model import DeclaredColumn, DeclaredTable
from mainstem.unify.code.sql_placeholders import is_dynamic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.catalog.ddl import Token
    from mainstem.unify.code.sql_scope import Gathered

_MODULES: Final = frozenset({"FTS3", "FTS4", "FTS5", "RTREE"})
_NOISE: Final = frozenset({"TEMP", "TEMPORARY", "VIRTUAL", "IF", "NOT", "EXISTS"})


def declared_by_sqlite(sql: str, gathered: Gathered) -> tuple[list[DeclaredTable], str]:
    """The tables that the text makes, and the text without the statements that make them."""
    found: list[DeclaredTable] = []
    rest = sql
    for statement in _statements(sql):
        start, end = statement[0].start, statement[-1].end
        name = _table_name(statement)
        if name is None or is_dynamic(name):
            continue
        columns = _columns(sql[start:end], name)
        if columns is None:
            continue
        blank = re.sub(r"[^\n]", " ", sql[start:end])
        rest = rest[:start] + blank + rest[end:]
        found.append(_declared(name, columns, sql, start=start, gathered=gathered))
    return found, rest


def _statements(sql: str) -> Iterator[list[Token]]:
    statement: list[Token] = []
    for token in tokens(sql):
        if token.text == ";":
            yield from [statement] if statement else []
            statement = []
        else:
            statement.append(token)
    yield from [statement] if statement else []


def _table_name(statement: Sequence[Token]) -> str | None:
    """The name of the table, if the statement only defines columns."""
    words = [token.word for token in statement[:6]]
    if words[:1] != ["CREATE"] or "TABLE" not in words[1:3]:
        return None
    rest = statement[words.index("TABLE") + 1 :]
    while rest and rest[0].word in _NOISE:
        rest = rest[1:]
    if len(rest) > 3 and rest[1].text == ".":  # noqa: PLR2004 -- schema, dot, name, bracket
        rest = rest[2:]
    if len(rest) < 2:  # noqa: PLR2004 -- the name and a bracket
        return None
    is_loaded = rest[1].word == "USING" and rest[2:3] and rest[2].word in _MODULES
    return rest[0].name if rest[1].text == "(" or is_loaded else None


def _columns(statement: str, name: str) -> list[tuple[str, str, bool, str | None]] | None:
    """Name, type, whether null may be, and the table referred to; None if SQLite refuses."""
    quoted = '"' + name.replace('"', '""') + '"'
    # The text may name an attached database, which this one has not.
    statement = re.sub(r"(?i)(\btable\s+(?:if\s+not\s+exists\s+)?)\w+\s*\.", r"\1", statement)
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute(statement)
            keys = connection.execute(f"pragma foreign_key_list({quoted})").fetchall()
            single = {key[3]: key[2] for key in keys if sum(k[0] == key[0] for k in keys) == 1}
            rows = connection.execute(f"pragma table_xinfo({quoted})").fetchall()
    except (sqlite3.Error, ValueError):
        return None
    return [
        (column, kind.lower(), not (not_null or in_key), single.get(column))
        for _, column, kind, not_null, _, in_key, hidden in rows
        if hidden != 1
    ]


def _declared(
    name: str,
    columns: Sequence[tuple[str, str, bool, str | None]],
    sql: str,
    *,
    start: int,
    gathered: Gathered,
) -> DeclaredTable:
    at = sql.find(name, start)
    return DeclaredTable(
        name=name,
        place=gathered.at(_line(sql, start)),
        via=gathered.via,
        columns=tuple(
            DeclaredColumn(
                column,
                kind,
                is_nullable=is_nullable,
                line=gathered.at(_line(sql, _found(sql, column, at + len(name)))).line,
                references=parent,
            )
            for column, kind, is_nullable, parent in columns
        ),
        engine=gathered.engine,
        is_test=gathered.is_test,
        makes=True,
        database=gathered.database,
    )


def _found(sql: str, column: str, after: int) -> int:
    match = re.compile(rf"(?<!\w){re.escape(column)}(?!\w)").search(sql, after)
    return match.start() if match else after


def _line(sql: str, position: int) -> int:
    return sql.count("\n", 0, position)
