"""What a codec takes and gives: SQLite values, COPY texts, and what happened on the way.

COPY text is the format of PostgreSQL's `COPY ... FROM STDIN`: one line a row, tabs between
columns, backslash escapes (PostgreSQL documentation, COPY, "Text Format").
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

#: NULL in COPY text. A text that reads so is escaped to `\\N` and stays a text.
NULL: Final = r"\N"

#: Parts values when a whole column is worked on as one string; rare in real text.
SEPARATOR: Final = "\x1f"

#: Longer values are told by their beginning.
READABLE_MAX: Final = 64 * 1024
_READABLE_START: Final = 1000

#: Characters that the server prints escaped; the backslash comes first, or it would be done twice.
_ESCAPES: Final = (
    ("\\", "\\\\"),
    ("\b", "\\b"),
    ("\t", "\\t"),
    ("\n", "\\n"),
    ("\v", "\\v"),
    ("\f", "\\f"),
    ("\r", "\\r"),
)


@dataclass(frozen=True, slots=True)
class BadText:
    """A TEXT value whose bytes are not UTF-8."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class LongText:
    """A TEXT value so long that it is kept as its bytes, whether or not they are UTF-8."""

    raw: bytes

    def decode(self) -> str | BadText:
        """The value as any other; four times the memory in the worst case."""
        try:
            return self.raw.decode("utf-8")
        except UnicodeDecodeError:
            return BadText(self.raw)


#: What a SQLite column can hold, whatever type it declares.
SqliteValue: TypeAlias = int | float | str | bytes | BadText | None


@dataclass(frozen=True, slots=True)
class Conversion:
    """A value changed by a named rule. `row` counts from the batch's first value."""

    row: int
    before: str
    after: str | None
    rule: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value that no rule covers; its row waits in quarantine."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Encoded:
    """A column's batch as COPY text; a refused row holds NULL in its place."""

    texts: Sequence[str]
    conversions: Sequence[Conversion] = field(default=())
    refusals: Sequence[Refusal] = field(default=())


def escape(text: str) -> str:
    r"""The COPY form of one text: backslash and control characters as `\b \t \n ...`."""
    for plain, escaped in _ESCAPES:
        if plain in text:
            text = text.replace(plain, escaped)
    return text


def escape_all(texts: Sequence[str]) -> Sequence[str]:
    """Escape many texts, a whole batch at a time where that is possible."""
    joined = SEPARATOR.join(texts)
    needed = [pair for pair in _ESCAPES if pair[0] in joined]
    if not needed:
        return texts
    if joined.count(SEPARATOR) != len(texts) - 1:
        return [escape(text) for text in texts]
    for plain, escaped in needed:
        joined = joined.replace(plain, escaped)
    return joined.split(SEPARATOR)


def unescape(text: str) -> str | None:
    """The value behind a COPY text; None for NULL."""
    if text == NULL:
        return None
    parts = text.split("\\\\")
    for plain, escaped in _ESCAPES[1:]:
        parts = [part.replace(escaped, plain) for part in parts]
    return "\\".join(parts)


def readable(value: object) -> str:
    r"""A value as people read it in the ledger: bytes as `\x` hex, a NUL as U+2400.

    One over 64 KiB is told by its beginning, its length and its SHA-256.
    """
    if isinstance(value, LongText):
        start = readable(value.raw[:_READABLE_START].decode("utf-8", "ignore"))
        return f"{start}... ({len(value.raw)} bytes, sha256 {_digest(value.raw)})"
    if isinstance(value, BadText):
        value = value.raw
    if isinstance(value, str | bytes) and len(value) > READABLE_MAX:
        unit = "characters" if isinstance(value, str) else "bytes"
        start = readable(value[:_READABLE_START])
        return f"{start}... ({len(value)} {unit}, sha256 {_digest(value)})"
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    text = str(value).replace("\0", "\N{SYMBOL FOR NULL}")
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _digest(value: str | bytes) -> str:
    """The hash of a long value, without another copy of it."""
    digest = hashlib.sha256()
    for start in range(0, len(value), READABLE_MAX):
        piece = value[start : start + READABLE_MAX]
        digest.update(piece.encode("utf-8", "surrogatepass") if isinstance(piece, str) else piece)
    return digest.hexdigest()
