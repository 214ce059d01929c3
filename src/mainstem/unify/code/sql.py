"""Reads the SQL in a string: tables, columns, functions, and the tables that it makes."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from mainstem.unify.code import sql_other, sql_postgres
from mainstem.unify.code.model import Engine, FileReading, Unresolved, Via
from mainstem.unify.code.sql_placeholders import repaired, shown, with_parameters
from mainstem.unify.code.sql_scope import Gathered
from mainstem.unify.code.sql_sqlite_tables import declared_by_sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.unify.code.model import Place

TEXT_CHARACTERS_MAX: Final = 200_000
_STATEMENT: Final = re.compile(
    # What stands before is taken whole or not at all, as an atomic group would.
    r"""(?=(?P<before>(?:\s|;|\(|--[^\n]*\n|/\*.*?\*/)*))(?P=before)
    (?:select\b.*\bfrom\b|select\s+[\w."]+\s*\(
      |insert\s+(?:or\s+\w+\s+|ignore\s+)?into\b|replace\s+into\b
      |update\b.*\bset\b|delete\s+from\b|merge\s+into\b|truncate\b|call\s+[\w."]+\s*\(
      |with\b.*\bas\b.*\(|explain\b|copy\b.*\b(?:from|to)\b
      |create\s+(?:or\s+replace\s+)?(?:global\s+|local\s+)?(?:temp\s+|temporary\s+|unlogged\s+)?
        (?:virtual\s+|materialized\s+|unique\s+)?(?:table|view|index)\b
      |alter\s+table\b|refresh\s+materialized\b
      # A script: something that names no table, and behind it something that does.
      |(?:create\s+(?:schema|extension|type|domain|sequence)|drop\s+(?:table|view|schema|type)
         |comment\s+on|begin|pragma|set)\b[^;]*;.*\b(?:create|insert|update|delete|alter)\s)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


def looks_like_sql(text: str) -> bool:
    """Whether a text begins like a statement that names tables or functions: a cheap test."""
    return _STATEMENT.match(text) is not None


def read_sql(
    text: str,
    *,
    engine: Engine,
    place: Place,
    via: Via = Via.SQL,
    is_test: bool = False,
    database: str | None = None,
    pieces: Mapping[int, str] | None = None,
) -> FileReading:
    """Everything that a text of SQL says; nothing for a text that is not SQL.

    `place` is where the text begins. `pieces` are the expressions behind the markers in the text
    (`sql_placeholders.marker`), by number. What looks like SQL and does not parse is unresolved.
    """
    gathered = Gathered(
        engine, place, via, is_test, database, {str(n): text for n, text in (pieces or {}).items()}
    )
    gather_sql(text, gathered)
    return gathered.reading()


def gather_sql(text: str, gathered: Gathered) -> bool:
    """Add what a text of SQL says to what was gathered; false where it does not parse."""
    if not looks_like_sql(text):
        return True
    try:
        reason = _gather(text, gathered)
    except RecursionError:
        reason = "the SQL is nested too deeply to be read"
    if reason is not None:
        beginning = " ".join(shown(text, gathered.expressions).split())[:80]
        gathered.unresolved.append(
            Unresolved("sql", beginning, gathered.place, reason, gathered.is_test)
        )
    return reason is None


def _gather(text: str, gathered: Gathered) -> str | None:
    """Tell what the text says, or the reason why it cannot be read."""
    if len(text) > TEXT_CHARACTERS_MAX:
        return f"SQL of more than {TEXT_CHARACTERS_MAX:,} characters is not read"
    is_postgres = gathered.engine is Engine.POSTGRES
    sql = text.replace("\0", " ").encode(errors="replace").decode()
    sql = with_parameters(sql, "$1" if is_postgres else "?")
    if gathered.engine is Engine.SQLITE:
        made, sql = declared_by_sqlite(sql, gathered)
        gathered.declared.extend(made)
    found = repaired(sql, partial(_error_position, engine=gathered.engine))
    if found is None:
        return "it looks like SQL and does not parse"
    sql, left_out = found
    (sql_postgres if is_postgres else sql_other).gather(sql, gathered)
    for piece in left_out:
        gathered.fragment(piece, text.count("\n", 0, text.index(piece)))
    return None


def _error_position(sql: str, *, engine: Engine) -> int | None:
    if engine is Engine.POSTGRES:
        return sql_postgres.error_position(sql)
    return sql_other.error_position(sql, engine)
