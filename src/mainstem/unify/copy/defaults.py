"""A column's default in PostgreSQL's SQL.

A constant is computed by SQLite itself, in a column declared the same way, so that its affinity
counts; the clock and random identifiers have counterparts.
"""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING, Final

from mainstem.unify.codec import codec_for, unescape
from mainstem.unify.copy.expressions import UntranslatableError, is_constant

if TYPE_CHECKING:
    from mainstem.unify.catalog.model import Column

_UTC: Final = "(now() at time zone 'utc')"
_CLOCKS: Final = {
    "current_timestamp": "YYYY-MM-DD HH24:MI:SS",
    "datetime('now')": "YYYY-MM-DD HH24:MI:SS",
    "current_date": "YYYY-MM-DD",
    "date('now')": "YYYY-MM-DD",
    "current_time": "HH24:MI:SS",
    "time('now')": "HH24:MI:SS",
}
_EPOCHS: Final = frozenset({"unixepoch()", "unixepoch('now')", "strftime('%s','now')"})
_STRFTIME: Final = re.compile(r"strftime\('([^']*)','now'\)")
_STRFTIME_PARTS: Final = {
    "%Y": "YYYY",
    "%m": "MM",
    "%d": "DD",
    "%H": "HH24",
    "%M": "MI",
    "%S": "SS",
    "%f": "SS.MS",
}
_RANDOM_ID: Final = re.compile(r"(lower\()?hex\(randomblob\(16\)\)\)?")


def translate_default(column: Column, type_name: str) -> str:
    """The default of a column that becomes `type_name`.

    Raises UntranslatableError when there is no equivalent.
    """
    assert column.default is not None
    written = _without_brackets(column.default)
    plain = (
        re.sub(r"\s+", "", written)
        if "'" not in written
        else re.sub(r"\s*([(),])\s*", r"\1", written)
    )
    moving = _moving(plain.lower() if "strftime" not in plain.lower() else plain, type_name)
    if moving is not None:
        return moving
    if not is_constant(column.default):
        raise UntranslatableError("it is computed anew for every row, by SQLite's functions")
    return _constant(column, type_name)


def _moving(plain: str, type_name: str) -> str | None:
    """The counterpart of a default that is the clock's or chance's."""
    base = type_name.partition("(")[0]
    if plain in _EPOCHS:
        return "extract(epoch from now())::bigint" if base in {"bigint", "numeric"} else None
    if match := _RANDOM_ID.fullmatch(plain):
        digits = "replace(gen_random_uuid()::text, '-', '')"
        return (digits if match[1] else f"upper({digits})") if base == "text" else None
    pattern = _CLOCKS.get(plain)
    if pattern is None and (match := _STRFTIME.fullmatch(plain)):
        pattern = _clock_pattern(match[1])
    if pattern is None:
        return None
    return {
        "timestamptz": "now()",
        "timestamp": _UTC,
        "date": f"{_UTC}::date",
        "time": f"{_UTC}::time(0)",
        "text": f"to_char{_UTC[:-1]}, '{pattern}')",
    }.get(base)


def _clock_pattern(written: str) -> str | None:
    parts = re.findall(r"%[A-Za-z]|[^%]+|%", written)
    pattern = []
    for part in parts:
        if part in _STRFTIME_PARTS:
            pattern.append(_STRFTIME_PARTS[part])
        elif part.startswith("%") or '"' in part or "'" in part:
            return None
        else:
            pattern.append(f'"{part}"' if re.search("[A-Za-z]", part) else part)
    return "".join(pattern)


def _without_brackets(written: str) -> str:
    written = written.strip()
    while written.startswith("(") and written.endswith(")") and _is_one_bracket(written):
        written = written[1:-1].strip()
    return written


def _is_one_bracket(written: str) -> bool:
    depth = 0
    for position, mark in enumerate(written):
        depth += (mark == "(") - (mark == ")")
        if depth == 0:
            return position == len(written) - 1
    return False


def _constant(column: Column, type_name: str) -> str:
    value = None
    with sqlite3.connect(":memory:") as scratch:
        for written in (f"({column.default})", column.default):
            try:
                scratch.execute("drop table if exists t")
                scratch.execute(f"create table t (c {column.declared_type} default {written})")
                scratch.execute("insert into t default values")
                value = scratch.execute("select c from t").fetchone()[0]
                break
            except sqlite3.Error:
                continue
        else:
            scratch.close()
            raise UntranslatableError("SQLite cannot compute it")
    scratch.close()
    encoded = codec_for(type_name).encode([value])
    if encoded.refusals:
        raise UntranslatableError(f"it does not fit the type {type_name}")
    text = unescape(encoded.texts[0])
    return "null" if text is None else f"{literal(text)}::{type_name}"


def literal(text: str) -> str:
    """A text as an SQL literal, whatever standard_conforming_strings says."""
    quoted = text.replace("'", "''")
    return f"E'{quoted.replace(chr(92), chr(92) * 2)}'" if "\\" in text else f"'{quoted}'"
