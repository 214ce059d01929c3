"""The whole original of every quarantined row, read from the source again by its key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from mainstem.kit.secrets_names import is_secret
from mainstem.unify.catalog.sqlite_rows import key_columns
from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.codec import BadText
from mainstem.unify.ledger import store
from mainstem.unify.move.stage import keyed
from mainstem.unify.move.stream import value_as_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Catalog, Table
    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.codec import SqliteValue
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.plan.model import Plan

    Connection = psycopg.Connection[TupleRow]

_BATCH = 1000


def fill_originals(
    connection: Connection, run: Run, plan: Plan, *, source: SqliteSource, catalog: Catalog
) -> None:
    """Give every quarantined row its original, dropped columns too, secrets masked.

    Raises SourceError when the file cannot be read.
    """
    for planned in plan.moved():
        table = keyed(catalog.table(planned.name), planned)
        after = ""
        while keys := _next_keys(connection, run, planned.name, after):
            for key in keys:
                original = _original(source, table, key)
                if original is not None:
                    store.set_original(connection, run.id, planned.name, key=key, original=original)
            after = keys[-1]


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
    if len(rows) != 1:
        return None
    return json.dumps(
        {
            name: value_as_json(value, is_secret=is_secret(table.name, name))
            for name, value in zip(names, rows[0], strict=True)
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
