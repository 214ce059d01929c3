"""A SQLite file as a source of a run; its quarantined rows are read again by their keys."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from mainstem.unify.catalog.secrets import has_secret_key, holds_secret
from mainstem.unify.catalog.sqlite import open_source, read_catalog
from mainstem.unify.catalog.sqlite_rows import RowReader, key_columns
from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.codec import BadText
from mainstem.unify.ledger import store
from mainstem.unify.move.stage import keyed
from mainstem.unify.move.stream import value_as_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Catalog, Table
    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.codec import LongText, SqliteValue
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.plan.model import PlannedSource, PlannedTable

    Connection = psycopg.Connection[TupleRow]

_BATCH = 1000


@contextmanager
def open_file(planned: PlannedSource) -> Iterator[FileSource]:
    """Open a planned SQLite file.

    Raises SourceError when it cannot be read.
    """
    with open_source(planned.path) as opened:
        yield FileSource(planned, opened, read_catalog(opened))


@dataclass(frozen=True)
class FileSource:
    """A SQLite file, open for reading."""

    planned: PlannedSource
    file: SqliteSource
    catalog: Catalog

    @property
    def size_bytes(self) -> int:
        """The file's size."""
        return self.file.opened.size_bytes

    def identify(self) -> Mapping[str, object]:
        """Its fingerprint; it may lie elsewhere."""
        return self.file.opened.as_dict()

    def next_transaction(self) -> None:
        """A file counts none; its fingerprint says what it is."""

    def count(self, table: PlannedTable, columns: Sequence[str] = ()) -> list[int]:
        """Rows of a table, then values that are not null of each column."""
        counts = ", ".join(["count(*)", *(f"count({quoted(name)})" for name in columns)])
        with self.file.reading() as connection:
            query = f"select {counts} from {quoted(table.table)}"
            return [int(found) for found in connection.execute(query).fetchone()]

    def check_unchanged(self) -> None:
        """Raise SourceError when the file changed since it was opened."""
        self.file.check_unchanged()

    def fill_originals(self, connection: Connection, run: Run, table: PlannedTable) -> None:
        """Give the quarantined rows of a table their originals, dropped columns too.

        Raises SourceError when the file cannot be read.
        """
        own = keyed(self.catalog.table(table.table), table)
        if has_secret_key(own):
            _fill_by_fingerprint(connection, run, self.file, own, called=table.name)
            return
        after = ""
        while keys := _next_keys(connection, run, table.name, after):
            for key in keys:
                original = _original(self.file, own, key)
                if original is not None:
                    store.set_original(connection, run.id, table.name, key=key, original=original)
            after = keys[-1]


def _fill_by_fingerprint(
    connection: Connection, run: Run, source: SqliteSource, table: Table, *, called: str
) -> None:
    """A fingerprint leads to no row: every row is read, if any waits at all."""
    if not _next_keys(connection, run, called, ""):
        return
    names = [column.name for column in table.columns]
    for batch in RowReader(source, table, names, keep_long=True):
        keys = batch.key_texts()
        waiting = connection.execute(
            "select key from unify.quarantine"
            " where run_id = %s and source_table = %s and key = any(%s)",
            (run.id, called, keys),
        )
        for (key,) in waiting.fetchall():
            values = [column[keys.index(key)] for column in batch.columns]
            original = _as_json(table, values)
            store.set_original(connection, run.id, called, key=key, original=original)


def _next_keys(connection: Connection, run: Run, table: str, after: str) -> list[str]:
    rows = connection.execute(
        "select key from unify.quarantine where run_id = %s and source_table = %s"
        ' and key collate "C" > %s order by key collate "C" limit %s',
        (run.id, table, after, _BATCH),
    )
    return [row[0] for row in rows]


def _original(source: SqliteSource, table: Table, key: str) -> str | None:
    """The row of that key as JSON; None when the key names no single row."""
    names = [column.name for column in table.columns]
    by = [quoted(name) for name in key_columns(table)]
    if not by:
        by = [quoted(table.counter)] if table.counter else ["rowid"]
    values = _key_values(key, len(by))
    if values is None or (by == ["rowid"] and not table.has_rowid):
        return None
    marks = ["cast(? as text)" if isinstance(value, BadText) else "?" for value in values]
    where = " and ".join(f"{name} is {mark}" for name, mark in zip(by, marks, strict=True))
    query = f"select {', '.join(map(quoted, names))} from {quoted(table.name)} where {where}"
    bound = [value.raw if isinstance(value, BadText) else value for value in values]
    with source.reading() as connection:
        connection.text_factory = _text
        try:
            rows = connection.execute(query, bound).fetchmany(2)
        finally:
            connection.text_factory = str
    return _as_json(table, rows[0]) if len(rows) == 1 else None


def _as_json(table: Table, values: Sequence[SqliteValue | LongText]) -> str:
    """A row as JSON, secrets masked."""
    return json.dumps(
        {
            column.name: value_as_json(value, is_secret=holds_secret(table, column.name))
            for column, value in zip(table.columns, values, strict=True)
        },
        ensure_ascii=False,
    )


def _key_values(key: str, width: int) -> Sequence[SqliteValue] | None:
    """The values behind a key's text; see mainstem.unify.codec.keys."""
    if key.startswith("["):
        try:
            parts = json.loads(key)
        except ValueError:
            return None
        return [_key_value(part) for part in parts] if len(parts) == width else None
    return [key] if width == 1 else None


def _key_value(part: object) -> SqliteValue:
    if isinstance(part, dict):
        ((kind, text),) = cast("dict[str, str]", part).items()
        raw = bytes.fromhex(text)
        return raw if kind == "bytes" else BadText(raw)
    return cast("SqliteValue", part)


def _text(raw: bytes) -> str | BadText:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return BadText(raw)
