"""Which type a SQLite column becomes: its declaration first, its content where that lies.

A declared type stands when at least half of the values fit it as they are. Otherwise, and where
nothing is declared, the largest group of values decides: numbers, text or bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainstem.unify.codec import BadText, codec_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.unify.codec import SqliteValue

_MODIFIER: Final = re.compile(r"\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")
_PRECISION_MAX: Final = 1000
EXACT_MAX: Final = 2**53
_HAS_CLOCK: Final = re.compile(r"\d[ T]\d\d:\d\d")
_HAS_ZONE: Final = re.compile(r"\d\d:\d\d.*(?:Z|[+-]\d\d(?::?\d\d)?)$", re.IGNORECASE)

#: Words of a declared type, in the order in which they are looked for.
_DECLARED: Final = (
    (("BOOL",), "boolean"),
    (("JSON",), "jsonb"),
    (("UUID", "GUID", "UNIQUEIDENTIFIER"), "uuid"),
    (("DATETIME", "TIMESTAMP", "SMALLDATETIME"), "timestamp"),
    (("INTERVAL",), ""),
    (("DATE",), "date"),
    (("TIME",), "time"),
    (("DECIMAL", "NUMERIC", "MONEY", "NUMBER"), "numeric"),
    (("POINT",), ""),
    (("INT", "SERIAL"), "bigint"),
    (("CHAR", "CLOB", "TEXT", "STRING", "ENUM", "XML", "CITEXT", "INET", "URL"), "text"),
    (("BLOB", "BINARY", "BYTEA", "IMAGE"), "bytea"),
    (("REAL", "FLOA", "DOUB"), "double precision"),
)


def choose_type(declared: str, values: Sequence[SqliteValue]) -> str:
    """The type for a column declared so and holding these values (all, or a fair sample)."""
    present = [value for value in values if value is not None]
    wanted = _refined(declared_type(declared), declared, present)
    if not present:
        return wanted or "text"
    if wanted and _misfits(wanted, present) * 2 <= len(present):
        return wanted
    return _by_content(present)


def declared_type(declared: str) -> str:
    """The PostgreSQL type that a declaration names, or an empty string for none."""
    capitals = declared.upper()
    for words, type_name in _DECLARED:
        if any(word in capitals for word in words):
            return type_name
    return ""


def wider_type(type_name: str) -> str | None:
    """The type that takes what this one refused, where the declaration allows both."""
    if type_name.startswith("numeric("):
        return "numeric"
    return {"date": "timestamp", "boolean": "bigint"}.get(type_name)


def _refined(wanted: str, declared: str, present: Sequence[SqliteValue]) -> str:
    """The declared type, made as exact as all values allow."""
    modifier = _MODIFIER.search(declared)
    texts = [value for value in present if isinstance(value, str)]
    if wanted == "date" and any(_has_time(text) for text in texts):
        wanted = "timestamp"
    if wanted == "timestamp":
        has_zone = "TZ" in declared.upper() or "WITH TIME ZONE" in declared.upper()
        return "timestamptz" if has_zone or any(map(_HAS_ZONE.search, texts)) else wanted
    if wanted == "bigint" and modifier and modifier[1] == "1" and "TINYINT" in declared.upper():
        return wanted if _misfits("boolean", present) else "boolean"
    if wanted == "numeric" and modifier:
        precision, scale = int(modifier[1]), int(modifier[2] or 0)
        exact = f"numeric({precision},{scale})"
        is_possible = 0 < precision <= _PRECISION_MAX and scale <= precision
        return exact if is_possible and not _misfits(exact, present) else wanted
    return wanted


def _has_time(text: str) -> bool:
    return bool(_HAS_CLOCK.search(text)) and not text.endswith("00:00:00")


def _misfits(type_name: str, present: Sequence[SqliteValue]) -> int:
    return len(codec_for(type_name, ()).encode(present).refusals) if present else 0


@dataclass(frozen=True)
class Kinds:
    """How many of a column's values are of each of SQLite's kinds."""

    whole: int = 0
    #: of the whole numbers those that a double cannot hold
    large: int = 0
    real: int = 0
    text: int = 0
    blob: int = 0


def content_type(kinds: Kinds) -> str:
    """The type of the largest group of values; text where there is none."""
    numbers = kinds.whole + kinds.real
    if kinds.text >= max(kinds.blob, numbers):
        return "text"
    if kinds.blob > numbers:
        return "bytea"
    if not kinds.real:
        return "bigint"
    return "numeric" if kinds.large else "double precision"


def _by_content(present: Sequence[SqliteValue]) -> str:
    whole = [value for value in present if isinstance(value, int)]
    return content_type(
        Kinds(
            whole=len(whole),
            large=sum(abs(value) > EXACT_MAX for value in whole),
            real=sum(isinstance(value, float) for value in present),
            text=sum(isinstance(value, str | BadText) for value in present),
            blob=sum(isinstance(value, bytes) for value in present),
        )
    )
