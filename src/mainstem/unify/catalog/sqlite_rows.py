"""Reading a SQLite table's rows in portions, column by column, in bounded memory.

A portion is a range of keys (rowid, or the primary key of a table without one): each is a query of
its own, so no lock is held between portions and a killed run continues after the last key. SQLite's
own length limit (sqlite.org/limits.html) keeps a fast portion small: a longer value makes SQLite
refuse it, and the same portion is read again row by row until it is large enough. A portion with a
text that is not UTF-8 is read again too, as a whole.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from mainstem.kit.fingerprints import fingerprint
from mainstem.unify.catalog.secrets import has_secret_key
from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.codec import BadText, LongText, key_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.catalog.model import Table
    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.codec import SqliteValue

ROWS_MAX: Final = 1000
_ROWS_FIRST: Final = 500
_SAMPLE_STEP: Final = 61
_FAST_VALUE_BYTES_MAX: Final = 4 * 1024
_PORTION_BYTES_MAX: Final = 4 * 2**20
_LONG_BYTES: Final = 2**20
_CAREFUL_PORTIONS: Final = 16
#: reads bytes that are not UTF-8 as halves of surrogate pairs, which no UTF-8 has
_ESCAPED: Final = partial(str, encoding="utf-8", errors="surrogateescape")
_ROWID_NAMES: Final = ("rowid", "_rowid_", "oid")


@dataclass(frozen=True)
class Order:
    """How a table is walked: by these expressions; without any, by position."""

    expressions: tuple[str, ...]
    is_descending: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Batch:
    """A portion of rows: `columns[i]` holds the i-th asked column's values, in row order."""

    columns: Sequence[Sequence[SqliteValue | LongText]]
    keys: Sequence[Sequence[SqliteValue]]
    rows: int
    last_key: tuple[SqliteValue, ...]
    keys_are_typed: bool = True
    keys_are_secret: bool = False
    #: some value may be longer than a fast portion allows
    may_be_long: bool = False

    def plain_column(self, position: int) -> Sequence[SqliteValue]:
        """A column without LongText, as codecs take it."""
        values = self.columns[position]
        if self.may_be_long:
            return [value.decode() if isinstance(value, LongText) else value for value in values]
        return cast("Sequence[SqliteValue]", values)

    def key_texts(self) -> list[str]:
        """Each row's key as one text; its fingerprint where the key is a secret."""
        texts = key_texts(self.keys, is_typed=self.keys_are_typed)
        return list(map(fingerprint, texts)) if self.keys_are_secret else texts


class RowReader:
    """Iterates over the batches of one table.

    Args:
        source: the open file; its connection is used by one reader at a time.
        table: the table.
        columns: names of the columns to read, in this order.
        after: continue after this `last_key`.
        until: stop after this key; for tables walked by one expression.
        rows_max: at most so many rows a batch.
        keep_long: give texts over 1 MiB as LongText instead of str, in a portion of few rows.
    """

    def __init__(
        self,
        source: SqliteSource,
        table: Table,
        columns: Sequence[str],
        *,
        after: Sequence[SqliteValue] | None = None,
        until: SqliteValue = None,
        rows_max: int = ROWS_MAX,
        keep_long: bool = False,
    ) -> None:
        self._source = source
        self._table = table
        self._columns = tuple(columns)
        self._after = tuple(after) if after is not None else None
        self._keep_long = keep_long
        self._order = row_order(source, table)
        self.key_columns = key_columns(table)
        self._is_secret = bool(self.key_columns) and has_secret_key(table)
        self._careful_left = 0
        self._until = until
        self._rows_max = rows_max
        self._rows_next = min(_ROWS_FIRST, rows_max)
        self._was_careful = False
        self._has_bad_texts = False
        self._seen = 0
        if self._after and not self._order.expressions:
            self._seen = int(str(self._after[0]))
        wanted = [
            *self._order.expressions,
            *map(quoted, self.key_columns),
            *map(quoted, self._columns),
        ]
        self._selected = list(dict.fromkeys(wanted))
        self._positions = [self._selected.index(name) for name in wanted]

    def __iter__(self) -> Iterator[Batch]:
        while True:
            rows = self._next_rows()
            if not rows:
                return
            batch = self._batch(rows)
            self._after = batch.last_key
            yield batch

    def _next_rows(self) -> list[tuple[SqliteValue, ...]]:
        with self._source.reading() as connection:
            self._was_careful = bool(self._careful_left)
            if self._was_careful:
                self._careful_left -= 1
                self._has_bad_texts = False
                return self._read_carefully(connection)
            try:
                return self._read_fast(connection)
            except sqlite3.DataError:
                self._careful_left = _CAREFUL_PORTIONS  # a value over the limit: more will follow
            self._was_careful = True
            return self._read_carefully(connection)

    def _read_fast(self, connection: sqlite3.Connection) -> list[tuple[SqliteValue, ...]]:
        before = connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _FAST_VALUE_BYTES_MAX)
        self._has_bad_texts = False
        try:
            return connection.execute(*self._query()).fetchall()
        except sqlite3.OperationalError as error:
            if "decode to UTF-8" not in str(error):
                raise
            self._has_bad_texts = True
            connection.text_factory = _ESCAPED
            return connection.execute(*self._query()).fetchall()
        finally:
            connection.text_factory = str
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, before)

    def _read_carefully(self, connection: sqlite3.Connection) -> list[tuple[SqliteValue, ...]]:
        """Row by row until the portion is large, with texts checked one by one."""
        rows: list[tuple[SqliteValue, ...]] = []
        size = 0
        connection.text_factory = self._read_text
        cursor = connection.execute(*self._query())
        try:
            for row in cursor:
                rows.append(row)
                size += sum(map(_size, row))
                if size >= _PORTION_BYTES_MAX:
                    break
        finally:
            cursor.close()
            connection.text_factory = str
        return rows

    def _read_text(self, raw: bytes) -> str | BadText | LongText:
        if self._keep_long and len(raw) >= _LONG_BYTES:
            return LongText(raw)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return BadText(raw)

    def _query(self) -> tuple[str, tuple[SqliteValue, ...]]:
        order = self._order
        select = f"select {', '.join(self._selected) or '1'} from {quoted(self._table.name)}"
        if not order.expressions:
            return f"{select} limit {self._rows_next} offset {self._seen}", ()
        ways = [" desc" if down else "" for down in order.is_descending]
        by = ", ".join(name + way for name, way in zip(order.expressions, ways, strict=True))
        condition, values = _after_condition(order, self._after)
        if self._until is not None:
            assert len(order.expressions) == 1, "an end needs a single key"
            condition += f"{' and' if condition else ' where'} {order.expressions[0]} <= ?"
            values = (*values, self._until)
        return f"{select}{condition} order by {by} limit {self._rows_next}", values

    def _batch(self, rows: Sequence[tuple[SqliteValue, ...]]) -> Batch:
        first = self._seen
        self._seen += len(rows)
        sample = rows[::_SAMPLE_STEP]
        row_bytes = sum(sum(map(_size, row)) for row in sample) // len(sample)
        self._rows_next = max(1, min(self._rows_max, _PORTION_BYTES_MAX // max(row_bytes, 1)))
        selected: list[Sequence[SqliteValue]] = list(zip(*rows, strict=True))
        if self._has_bad_texts:
            selected = list(map(_with_bad_texts, selected))
        columns = [selected[position] for position in self._positions]
        width = len(self._order.expressions)
        data_from = width + len(self.key_columns)
        keys = columns[width:data_from] or columns[:width] or [tuple(range(first, self._seen))]
        typed = len(self.key_columns) != 1 or bool(
            self._table.column(self.key_columns[0]).declared_type
        )
        last = tuple(column[-1] for column in columns[:width]) or (self._seen,)
        return Batch(
            columns[data_from:],
            keys,
            len(rows),
            last,
            keys_are_typed=typed,
            keys_are_secret=self._is_secret,
            may_be_long=self._was_careful,
        )


def key_columns(table: Table) -> tuple[str, ...]:
    """The columns whose values name a row in ledgers: a primary key that cannot be NULL.

    Empty for other tables: their rows are named by the rowid.
    """
    if any(table.column(name).is_nullable for name in table.primary_key):
        return ()
    return table.primary_key


def row_order(source: SqliteSource, table: Table) -> Order:
    """How to walk a table in portions, each found without a scan."""
    if table.has_rowid:
        taken = {column.name.lower() for column in table.columns}
        if table.counter:
            return Order((quoted(table.counter),), (False,))
        free = next((name for name in _ROWID_NAMES if name not in taken), None)
        return Order((free,), (False,)) if free else Order(())
    with source.reading() as connection:
        (key_index,) = (
            row[1]
            for row in connection.execute(f"pragma index_list({quoted(table.name)})")
            if row[3] == "pk"
        )
        parts = connection.execute(f"pragma index_xinfo({quoted(key_index)})").fetchall()
    keys = [part for part in parts if part[5]]
    return Order(
        tuple(f"{quoted(part[2])} collate {quoted(part[4])}" for part in keys),
        tuple(bool(part[3]) for part in keys),
    )


def middle_key(source: SqliteSource, table: Table, row_count: int) -> SqliteValue:
    """The key in the middle of a table walked by one whole number; None for other tables."""
    order = row_order(source, table)
    if not table.has_rowid or not order.expressions:
        return None
    (key,) = order.expressions
    with source.reading() as connection:
        row = connection.execute(
            f"select {key} from {quoted(table.name)} order by {key} limit 1 offset ?",
            (row_count // 2,),
        ).fetchone()
    return row[0] if row else None


def _after_condition(
    order: Order, after: tuple[SqliteValue, ...] | None
) -> tuple[str, tuple[SqliteValue, ...]]:
    """Where the rows after a key begin, for keys of several columns in mixed directions."""
    if after is None:
        return "", ()
    marks = ["cast(? as text)" if isinstance(value, BadText) else "?" for value in after]
    bound = [value.raw if isinstance(value, BadText) else value for value in after]
    beyond = [
        f"{name} {'<' if down else '>'} {mark}"
        for name, down, mark in zip(order.expressions, order.is_descending, marks, strict=True)
    ]
    if len(beyond) == 1:
        return f" where {beyond[0]}", tuple(bound)
    equal = [f"{name} = {mark}" for name, mark in zip(order.expressions, marks, strict=True)]
    steps = [" and ".join([*equal[:place], step]) for place, step in enumerate(beyond)]
    values = [value for place in range(len(beyond)) for value in bound[: place + 1]]
    start = f"{order.expressions[0]} {'<=' if order.is_descending[0] else '>='} {marks[0]}"
    return f" where {start} and ({' or '.join(f'({s})' for s in steps)})", (bound[0], *values)


def _with_bad_texts(values: Sequence[SqliteValue]) -> Sequence[SqliteValue]:
    """A column as `_ESCAPED` reads it, with texts that are not UTF-8 as BadText."""
    try:
        "".join([value for value in values if isinstance(value, str)]).encode()
    except UnicodeEncodeError:
        return list(map(_or_bad_text, values))
    return values


def _or_bad_text(value: SqliteValue) -> SqliteValue:
    if not isinstance(value, str):
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return BadText(value.encode("utf-8", "surrogateescape"))
    return value


def _size(value: SqliteValue | LongText) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, BadText | LongText):
        return len(value.raw)
    return 8
