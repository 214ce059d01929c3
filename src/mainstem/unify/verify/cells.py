r"""The text in which values of both sides are written: PostgreSQL's own COPY text.

NULL is `\N`, which no value reads like, since a backslash of a value is always doubled. A value of
1 MiB or more is written as the SHA-256 of its bytes, on the server's side by the server.
"""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from mainstem.unify.codec import NULL, BadText, LongText, escape, unescape
from mainstem.unify.codec.jsontext import MalformedJsonError, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.unify.codec import Codec, SqliteValue

LONG_BYTES: Final = 2**20
#: characters of a value that a difference shows
SHOWN_MAX: Final = 200
MASK: Final = "[secret]"

_UTF8_BYTES_MAX: Final = 4
_LONG_BASES: Final = frozenset({"text", "varchar", "bytea"})
_MOMENTS: Final = frozenset({"timestamp", "timestamptz"})
_KINDS_MAX: Final = 12
_MARK: Final = "sha256 "


def target_expression(expression: str, base: str) -> str:
    """The SQL of a value as its cell; only the types without a small limit can be long."""
    if base not in _LONG_BASES:
        return expression
    data, plain = (
        (expression, f"{expression}::text")
        if base == "bytea"
        else (f"convert_to({expression}, 'UTF8')", expression)
    )
    return (
        f"case when octet_length({expression}) < {LONG_BYTES} then {plain}"
        f" else '{_MARK}' || encode(sha256({data}), 'hex') end"
    )


def target_cells(codec: Codec, texts: Sequence[str]) -> Sequence[str]:
    """What the server printed, as cells."""
    if codec.server_is_canonical:
        return texts
    return list(map(str, codec.canonical(texts)))


@dataclass(frozen=True)
class Cells:
    """A batch of one column, and the rows in which a rule converted or refused its value."""

    texts: Sequence[str]
    converted: Sequence[int] = ()
    refused: Sequence[int] = ()


def source_cells(
    codec: Codec, values: Sequence[SqliteValue | LongText], *, may_be_long: bool
) -> Cells:
    """SQLite's values as cells; `converted` names a row once for each conversion."""
    if may_be_long and any(map(_is_long, values)):
        return _careful_cells(codec, values)
    plain = cast("Sequence[SqliteValue]", values)
    if codec.pg_type.base == "jsonb":
        return _json_cells(codec, plain)
    return _cells_by_kind(codec, plain)


def _is_long(value: SqliteValue | LongText) -> bool:
    if isinstance(value, str | bytes):
        return len(value) >= LONG_BYTES // _UTF8_BYTES_MAX
    return isinstance(value, LongText | BadText) and len(value.raw) >= LONG_BYTES // _UTF8_BYTES_MAX


def _cells_by_kind(codec: Codec, values: Sequence[SqliteValue]) -> Cells:
    """The values of each kind apart: the codec takes a column of one kind as a whole."""
    kind_of = _moment_kind if codec.pg_type.base in _MOMENTS else type
    kinds = list(map(kind_of, values))
    different = set(kinds) - {type(None)}
    if not 1 < len(different) <= _KINDS_MAX:
        return _encoded_cells(codec, values)
    places: dict[object, list[int]] = {kind: [] for kind in different}
    for row, kind in enumerate(kinds):
        if kind in places:
            places[kind].append(row)
    cells = [NULL] * len(values)
    converted: list[int] = []
    refused: list[int] = []
    for rows in places.values():
        part = _encoded_cells(codec, [values[row] for row in rows])
        for row, text in zip(rows, part.texts, strict=True):
            cells[row] = text
        converted += [rows[place] for place in part.converted]
        refused += [rows[place] for place in part.refused]
    return Cells(cells, converted, refused)


def _moment_kind(value: SqliteValue) -> object:
    """Texts of the same notation of a time are of one length, and a `T` tells two of them apart."""
    return (len(value), value[10:11]) if isinstance(value, str) else type(value)


def _encoded_cells(codec: Codec, values: Sequence[SqliteValue]) -> Cells:
    encoded = codec.encode(values)
    texts = _canonical(codec, encoded.texts)
    if not encoded.conversions and not encoded.refusals:
        return Cells(texts)
    return Cells(
        texts,
        [note.row for note in encoded.conversions],
        [note.row for note in encoded.refusals],
    )


def _json_cells(codec: Codec, values: Sequence[SqliteValue]) -> Cells:
    """JSON, read once where nothing in it needs a rule; the same text always gives the same."""
    known: dict[SqliteValue, str | None] = {value: _plain_json(value) for value in set(values)}
    cells = list(map(known.__getitem__, values))
    odd = [row for row, cell in enumerate(cells) if cell is None]
    if not odd:
        return Cells(cast("list[str]", cells))
    part = _encoded_cells(codec, [values[row] for row in odd])
    for row, text in zip(odd, part.texts, strict=True):
        cells[row] = text
    return Cells(
        cast("list[str]", cells),
        [odd[place] for place in part.converted],
        [odd[place] for place in part.refused],
    )


def _plain_json(value: SqliteValue) -> str | None:
    r"""The cell of JSON that jsonb keeps whole; None for any other value.

    A key that an object names twice is dropped in reading, and its colon with it; `\u` could hide
    a colon, or a character that jsonb does not take.
    """
    if value is None:
        return NULL
    if not isinstance(value, str) or "\\u" in value:
        return None
    try:
        written = write_json(value)
    except MalformedJsonError:
        return None
    if written.count(":") != value.count(":"):
        return None
    return written.replace("\\", "\\\\")


def _canonical(codec: Codec, texts: Sequence[str]) -> Sequence[str]:
    cells = codec.canonical(texts)
    if codec.server_is_canonical:
        return cast("Sequence[str]", cells)
    return list(map(str, cells))


def _careful_cells(codec: Codec, values: Sequence[SqliteValue | LongText]) -> Cells:
    """One value after another, so that only one long one is held in several forms."""
    cells: list[str] = []
    converted: list[int] = []
    refused: list[int] = []
    for row, value in enumerate(values):
        raw = _fitting_raw(value, codec.pg_type.base)
        if raw is not None:
            cells.append(_digest(raw))
            continue
        encoded = codec.encode([value.decode() if isinstance(value, LongText) else value])
        converted += [row] * len(encoded.conversions)
        refused += [row] * len(encoded.refusals)
        (cell,) = _canonical(codec, encoded.texts)
        if len(cell) >= LONG_BYTES // _UTF8_BYTES_MAX and codec.pg_type.base in _LONG_BASES:
            cell = _shorter(cell, is_bytea=codec.pg_type.base == "bytea")
        cells.append(cell)
    return Cells(cells, converted, refused)


def _fitting_raw(value: SqliteValue | LongText, base: str) -> bytes | None:
    """The bytes of a long value that its type takes as it is."""
    if isinstance(value, bytes) and base == "bytea" and len(value) >= LONG_BYTES:
        return value
    if not isinstance(value, LongText) or base != "text" or b"\0" in value.raw:
        return None
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(value.raw), LONG_BYTES):
            decoder.decode(value.raw[start : start + LONG_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return value.raw


def _shorter(cell: str, *, is_bytea: bool) -> str:
    """A text's cell, or its digest where the text is long."""
    plain = unescape(cell)
    assert plain is not None
    raw = bytes.fromhex(plain.removeprefix("\\x")) if is_bytea else plain.encode()
    return cell if len(raw) < LONG_BYTES else _digest(raw)


def _digest(raw: bytes) -> str:
    return _MARK + hashlib.sha256(raw).hexdigest()


def changed_cell(codec: Codec, text: str | None) -> str:
    """A value of the ledger, printed by `::text`, as a cell."""
    if text is None:
        return NULL
    if codec.pg_type.base == "boolean":
        text = {"true": "t", "false": "f"}.get(text, text)
    raw = text.encode()
    if len(raw) >= LONG_BYTES and codec.pg_type.base in _LONG_BASES:
        return _digest(raw)
    return target_cells(codec, [escape(text)])[0]


def shown_cell(cell: str, *, is_secret: bool) -> str:
    """A cell for people: NULL as a word, long values by their beginning."""
    if is_secret:
        return MASK
    plain = unescape(cell)
    if plain is None:
        return "NULL"
    if cell.startswith(_MARK):
        return f"a value of {cell}"
    if len(plain) <= SHOWN_MAX:
        return repr(plain)
    return f"{plain[:SHOWN_MAX]!r}... ({len(plain)} characters)"


def kept_cell(cell: str) -> str:
    """A cell as it is held while differences are looked for: long ones by beginning and digest."""
    if len(cell) <= 4 * SHOWN_MAX:
        return cell
    return f"{cell[:SHOWN_MAX]}... ({len(cell)} characters, {_digest(cell.encode())})"
