"""A SQLite table as portions of COPY text, with every conversion and refusal accounted for.

Memory stays under about four times the largest value: a long text or blob is sent in slices and
never held as another copy.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, cast

from mainstem.unify.catalog.sqlite_rows import ROWS_MAX, RowReader
from mainstem.unify.codec import (
    Conversion,
    Encoded,
    LongText,
    codec_for,
    escape,
    escape_all,
    readable,
)
from mainstem.unify.ledger.rows import LedgerRow, QuarantineRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mainstem.unify.catalog.model import Table
    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.catalog.sqlite_rows import Batch
    from mainstem.unify.codec import Codec, SqliteValue

MASK: Final = "[secret]"

_SLICE_BYTES: Final = 2**20
KEPT_BYTES_MAX: Final = 4 * 2**20
START_BYTES: Final = 1000
_NUL_RULE: Final = "nul-removed"
_ROW_BYTES_MAX: Final = 2**30 - 2**16  # a COPY line must fit PostgreSQL's 1 GB buffer
_ESCAPED_BYTES: Final = tuple(
    (c, escape(c.decode()).encode()) for c in (b"\\", b"\b", b"\t", b"\n", b"\v", b"\f", b"\r")
)


@dataclass(frozen=True)
class StreamColumn:
    """A source column on its way into a PostgreSQL type; `rules` None means the type's defaults."""

    name: str
    type: str
    rules: tuple[str, ...] | None = None
    is_secret: bool = False


@dataclass(frozen=True)
class Portion:
    """Some rows: their COPY text, what changed in them, and which of them are refused."""

    rows: int
    loaded: int
    last_key: tuple[SqliteValue, ...]
    lines: Sequence[bytes | LongCell]
    ledger: Sequence[LedgerRow] = field(default=())
    quarantined: Sequence[QuarantineRow] = field(default=())

    def pieces(self) -> Iterator[bytes]:
        """The COPY text, in pieces of any length; together they are whole lines."""
        for line in self.lines:
            if isinstance(line, bytes):
                yield line
            else:
                yield from line.pieces()


@dataclass(frozen=True)
class LongCell:
    """One long value, escaped a slice at a time."""

    raw: bytes
    is_text: bool

    @property
    def size_bytes(self) -> int:
        """How long the COPY text will be."""
        if not self.is_text:
            return 3 + 2 * len(self.raw)
        return len(self.raw) + sum(self.raw.count(plain) for plain, _ in _ESCAPED_BYTES)

    def pieces(self) -> Iterator[bytes]:
        """The value's COPY text."""
        if not self.is_text:
            yield b"\\\\x"
        for start in range(0, len(self.raw), _SLICE_BYTES):
            piece = self.raw[start : start + _SLICE_BYTES]
            yield _escape_bytes(piece) if self.is_text else piece.hex().encode()


class TableReader:
    """Iterates over a table's portions.

    Args:
        source: the open file.
        table: the table.
        columns: what to read and into which type.
        with_key: put the row's key text first in every line (staging's `_key`).
        after: continue after this `last_key`.
        until: stop after this key; for tables walked by one key.
        rows_max: at most so many rows a portion.
        called: what ledger and quarantine call the table; its own name by default.
    """

    def __init__(
        self,
        source: SqliteSource,
        table: Table,
        columns: Sequence[StreamColumn],
        *,
        with_key: bool = False,
        after: Sequence[SqliteValue] | None = None,
        until: SqliteValue = None,
        rows_max: int = ROWS_MAX,
        called: str | None = None,
    ) -> None:
        self._table = table
        self._called = called or table.name
        self._columns = tuple(columns)
        self._codecs = [codec_for(column.type, column.rules) for column in columns]
        self._with_key = with_key
        names = [column.name for column in columns]
        self._reader = RowReader(
            source, table, names, after=after, until=until, rows_max=rows_max, keep_long=True
        )
        self._batch: Batch | None = None

    def __iter__(self) -> Iterator[Portion]:
        for batch in self._reader:
            self._batch = batch
            yield self._portion(batch)

    def refused(self, portion: Portion, reason: str) -> Portion:
        """The portion of one row that was read last, with the row refused after all."""
        assert self._batch is not None
        assert portion.rows == self._batch.rows == 1
        row = QuarantineRow(
            source_table=self._called,
            key=self._batch.key_texts()[0],
            column_name=None,
            reason=reason,
            original=self._original(self._batch, 0),
        )
        return Portion(1, 0, portion.last_key, (), quarantined=[row])

    def _portion(self, batch: Batch) -> Portion:
        long_cells: dict[tuple[int, int], LongCell] = {}
        encoded = [
            self._encode(batch, position, long_cells) for position in range(len(self._codecs))
        ]
        reasons = self._refusals(encoded)
        reasons |= _too_long_rows(long_cells)
        has_notes = reasons or any(column.conversions for column in encoded)
        keys = batch.key_texts() if has_notes or self._with_key else []
        lines = self._lines(batch, keys, encoded, long_cells=long_cells, refused=reasons.keys())
        return Portion(
            rows=batch.rows,
            loaded=batch.rows - len(reasons),
            last_key=batch.last_key,
            lines=lines,
            ledger=self._ledger(encoded, keys, refused=reasons.keys()) if has_notes else (),
            quarantined=[
                QuarantineRow(
                    source_table=self._called,
                    key=keys[row],
                    column_name=None if position is None else self._columns[position].name,
                    reason=reason,
                    original=self._original(batch, row),
                )
                for row, (position, reason) in sorted(reasons.items())
            ],
        )

    def _encode(
        self, batch: Batch, position: int, long_cells: dict[tuple[int, int], LongCell]
    ) -> Encoded:
        """Encode a column; its long values are set apart."""
        codec, values = self._codecs[position], batch.columns[position]
        if not batch.may_be_long:
            return codec.encode(cast("Sequence[SqliteValue]", values))
        short, changes = _take_long(codec, values, position, long_cells)
        encoded = codec.encode(short)
        return replace(encoded, conversions=[*encoded.conversions, *changes])

    def _refusals(self, encoded: Sequence[Encoded]) -> dict[int, tuple[int | None, str]]:
        """For each refused row the first column that refused it, and why."""
        reasons: dict[int, tuple[int | None, str]] = {}
        for position, column in enumerate(encoded):
            for refusal in column.refusals:
                reasons.setdefault(refusal.row, (position, refusal.reason))
        return reasons

    def _ledger(
        self, encoded: Sequence[Encoded], keys: Sequence[str], *, refused: Iterable[int]
    ) -> list[LedgerRow]:
        left_out = set(refused)
        return [
            LedgerRow(
                source_table=self._called,
                key=keys[change.row],
                column_name=column.name,
                before=MASK if column.is_secret else change.before,
                after=MASK if column.is_secret else change.after,
                rule=change.rule,
            )
            for column, texts in zip(self._columns, encoded, strict=True)
            for change in texts.conversions
            if change.row not in left_out
        ]

    def _lines(
        self,
        batch: Batch,
        keys: Sequence[str],
        encoded: Sequence[Encoded],
        *,
        long_cells: dict[tuple[int, int], LongCell],
        refused: Iterable[int],
    ) -> list[bytes | LongCell]:
        texts: list[Sequence[str]] = [column.texts for column in encoded]
        if self._with_key:
            texts.insert(0, escape_all(keys))
        if not texts:
            return [b"\n" * batch.rows]
        cells = list(zip(*texts, strict=True))
        left_out = set(refused)
        if long_cells:
            offset = 1 if self._with_key else 0
            replaced = {
                (row, position + offset): cell for (row, position), cell in long_cells.items()
            }
            return _long_lines(cells, replaced, left_out)
        lines = map("\t".join, cells)
        if left_out:
            kept = [line for row, line in enumerate(lines) if row not in left_out]
            return [("\n".join(kept) + "\n").encode()] if kept else []
        return [("\n".join(lines) + "\n").encode()]

    def _original(self, batch: Batch, row: int) -> str:
        """The refused row as JSON, secret columns masked."""
        return json.dumps(
            {
                column.name: value_as_json(values[row], is_secret=column.is_secret)
                for column, values in zip(self._columns, batch.columns, strict=True)
            },
            ensure_ascii=False,
        )


def _take_long(
    codec: Codec,
    values: Sequence[SqliteValue | LongText],
    position: int,
    long_cells: dict[tuple[int, int], LongCell],
) -> tuple[list[SqliteValue], list[Conversion]]:
    """The column with NULL in place of the long values that go out as slices.

    Also what was converted in these: nothing but a NUL removed.
    """
    kept: list[SqliteValue] = []
    changes: list[Conversion] = []
    for row, value in enumerate(values):
        cell = _long_cell(value, codec)
        if cell is None:
            kept.append(value.decode() if isinstance(value, LongText) else value)
            continue
        long_cells[row, position] = cell
        kept.append(None)
        if isinstance(value, LongText) and len(cell.raw) < len(value.raw):
            after = readable(LongText(cell.raw))
            changes.append(Conversion(row, readable(value), after, _NUL_RULE))
    return kept, changes


def _long_cell(value: SqliteValue | LongText, codec: Codec) -> LongCell | None:
    """A slice-wise cell for a long value that fits its type, but for NULs that a rule removes."""
    base = codec.pg_type.base
    if isinstance(value, LongText) and base == "text" and _is_utf8(value.raw):
        if b"\0" not in value.raw:
            return LongCell(value.raw, is_text=True)
        if _NUL_RULE in codec.rules:
            return LongCell(value.raw.replace(b"\0", b""), is_text=True)
    if isinstance(value, bytes) and base == "bytea" and len(value) >= _SLICE_BYTES:
        return LongCell(value, is_text=False)
    return None


def _is_utf8(raw: bytes) -> bool:
    """Whether bytes are UTF-8, without decoding all of them at once."""
    if raw.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(raw), _SLICE_BYTES):
            decoder.decode(raw[start : start + _SLICE_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _escape_bytes(piece: bytes) -> bytes:
    for plain, escaped in _ESCAPED_BYTES:
        if plain in piece:
            piece = piece.replace(plain, escaped)
    return piece


def _too_long_rows(
    long_cells: dict[tuple[int, int], LongCell],
) -> dict[int, tuple[int | None, str]]:
    """Rows whose long values together exceed what one line of COPY may hold."""
    sizes: Counter[int] = Counter()
    for (row, _), cell in long_cells.items():
        sizes[row] += cell.size_bytes
    return {
        row: (None, "a row of more than 1 GB, which PostgreSQL cannot take")
        for row, size in sizes.items()
        if size > _ROW_BYTES_MAX
    }


def _long_lines(
    rows: Sequence[Sequence[str]],
    long_cells: dict[tuple[int, int], LongCell],
    left_out: set[int],
) -> list[bytes | LongCell]:
    pieces: list[bytes | LongCell] = []
    for row, cells in enumerate(rows):
        if row in left_out:
            continue
        for position, text in enumerate(cells):
            if position:
                pieces.append(b"\t")
            pieces.append(long_cells.get((row, position)) or text.encode())
        pieces.append(b"\n")
    return pieces


def value_as_json(value: SqliteValue | LongText, *, is_secret: bool) -> object:
    """A source value as jsonb can keep it: bytes, and text that jsonb cannot hold, as hex."""
    if value is None or isinstance(value, int):
        return MASK if is_secret and value is not None else value
    if is_secret:
        return MASK
    if isinstance(value, float):
        return value if math.isfinite(value) else {"real": str(value)}
    if isinstance(value, str):
        if len(value) <= KEPT_BYTES_MAX and "\0" not in value and value.isprintable():
            return value
        raw = value.encode("utf-8", "surrogatepass")
        is_plain = b"\0" not in raw and len(raw) <= KEPT_BYTES_MAX and _is_utf8(raw)
        return value if is_plain else _bytes_as_json(raw)
    return _bytes_as_json(value if isinstance(value, bytes) else value.raw)


def _bytes_as_json(raw: bytes) -> dict[str, object]:
    if len(raw) <= KEPT_BYTES_MAX:
        return {"bytes": raw.hex()}
    start = raw[:START_BYTES].hex()
    digest = hashlib.sha256(raw).hexdigest()
    return {"bytes_start": start, "size_bytes": len(raw), "sha256": digest}
