"""A SQLite file's schema as a catalog: pragmas first, the text of its DDL for what they omit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mainstem.unify.catalog.ddl import Declared, read_create_index, read_create_table
from mainstem.unify.catalog.model import (
    Catalog,
    Check,
    Column,
    ForeignKey,
    Index,
    IndexPart,
    NotCarried,
    Table,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

#: A row of a pragma; its columns depend on which.
_Row: TypeAlias = tuple[Any, ...]

_EXPRESSION: Final = -2
_GENERATED: Final = (2, 3)  # PRAGMA table_xinfo's "hidden": virtual, stored
_REASONS: Final = {
    "view": ("view", "write it anew in PostgreSQL's SQL"),
    "trigger": ("trigger", "write it anew in PostgreSQL's SQL"),
    "virtual": ("virtual table", "its rows are made by a program"),
    "shadow": ("shadow table", "it belongs to a virtual table"),
}


def read_tables(connection: sqlite3.Connection) -> Catalog:
    """Read all tables, in the order they were created."""
    kinds = {
        name: (kind, bool(without_rowid))
        for schema, name, kind, _, without_rowid, *_ in connection.execute("pragma table_list")
        if schema == "main"
    }
    tables: list[Table] = []
    left_out: list[NotCarried] = []
    master = connection.execute(
        "select type, name, sql from sqlite_master where name not like 'sqlite\\_%' escape '\\' "
        "and type in ('table', 'view', 'trigger') order by rowid"
    ).fetchall()
    actual_names = {name.lower(): name for kind, name, _ in master if kind == "table"}
    sequences = _sequences(connection)
    for object_kind, name, sql in master:
        kind, without_rowid = kinds.get(name, (object_kind, False))
        if object_kind == "table" and kind == "table":
            reader = _TableReader(connection, name, sql, has_rowid=not without_rowid)
            tables.append(reader.read(actual_names, sequences))
        else:
            left_out.append(
                NotCarried(
                    _REASONS[kind if object_kind == "table" else object_kind][0],
                    name,
                    _REASONS[kind if object_kind == "table" else object_kind][1],
                )
            )
    return Catalog(tuple(tables), tuple(left_out))


def quoted(name: str) -> str:
    """A name as SQL, safe whatever it contains; the same in SQLite and PostgreSQL."""
    return '"' + name.replace('"', '""') + '"'


def _sequences(connection: sqlite3.Connection) -> dict[str, int]:
    has_any = connection.execute(
        "select count(*) from sqlite_master where name = 'sqlite_sequence'"
    ).fetchone()[0]
    if not has_any:
        return {}
    rows = connection.execute("select name, seq from sqlite_sequence")
    return {name: last for name, last in rows if isinstance(last, int)}


class _TableReader:
    """Reads one table; holds what several of its parts need."""

    def __init__(
        self, connection: sqlite3.Connection, name: str, sql: str, *, has_rowid: bool
    ) -> None:
        self._connection = connection
        self._name = name
        self._has_rowid = has_rowid
        self._declared: Declared = read_create_table(sql)
        self._columns = self._pragma("table_xinfo")

    def read(self, actual_names: Mapping[str, str], sequences: Mapping[str, int]) -> Table:
        indexes = self._pragma("index_list")
        primary_key = tuple(
            name for _, name, _, _, _, pk, _ in sorted(self._columns, key=lambda c: c[5]) if pk
        )
        has_key_index = any(origin == "pk" for _, _, _, origin, _ in indexes)
        is_counter = self._has_rowid and len(primary_key) == 1 and not has_key_index
        has_null_key = has_key_index and self._has_rowid and self._has_null(primary_key)
        return Table(
            name=self._name,
            columns=tuple(
                self._column(row, has_null_key=has_null_key) for row in self._columns if row[6] != 1
            ),
            primary_key=primary_key,
            foreign_keys=self._foreign_keys(actual_names),
            indexes=tuple(self._index(row) for row in reversed(indexes) if row[3] != "pk"),
            checks=tuple(Check(text, name) for name, text in self._declared.checks),
            has_rowid=self._has_rowid,
            counter=primary_key[0] if is_counter else None,
            counter_last=sequences.get(self._name) if is_counter else None,
        )

    def _pragma(self, name: str) -> list[_Row]:
        return self._connection.execute(f"pragma {name}({quoted(self._name)})").fetchall()

    def _has_null(self, columns: Sequence[str]) -> bool:
        """Whether a key is NULL somewhere: SQLite allows it (sqlite.org/lang_createtable)."""
        nulls = " or ".join(f"{quoted(name)} is null" for name in columns)
        query = f"select exists (select 1 from {quoted(self._name)} where {nulls})"
        return bool(self._connection.execute(query).fetchone()[0])

    def _column(self, row: _Row, *, has_null_key: bool) -> Column:
        _, name, declared_type, not_null, default, key_position, hidden = row
        return Column(
            name=name,
            declared_type=declared_type,
            is_nullable=not not_null and (not key_position or has_null_key),
            default=default,
            generated=self._declared.generated.get(name.lower()) if hidden in _GENERATED else None,
            collation=self._declared.collations.get(name.lower()),
        )

    def _foreign_keys(self, actual_names: Mapping[str, str]) -> tuple[ForeignKey, ...]:
        rows = self._pragma("foreign_key_list")
        by_id: dict[int, list[_Row]] = {}
        for row in rows:
            by_id.setdefault(row[0], []).append(row)
        found = []
        # SQLite numbers foreign keys from the last one declared.
        in_order = [by_id[number] for number in sorted(by_id, reverse=True)]
        for position, parts in enumerate(in_order):
            parts.sort(key=lambda row: row[1])
            parent = actual_names.get(parts[0][2].lower(), parts[0][2])
            told = self._declared.foreign_keys
            extra = told[position] if len(told) == len(in_order) else None
            found.append(
                ForeignKey(
                    columns=tuple(self._own_name(row[3]) for row in parts),
                    parent=parent,
                    parent_columns=self._parent_columns(parent, [row[4] for row in parts]),
                    name=extra.name if extra else None,
                    on_delete=parts[0][6],
                    on_update=parts[0][5],
                    is_deferred=bool(extra and extra.is_deferred),
                )
            )
        return tuple(found)

    def _own_name(self, name: str) -> str:
        return next((row[1] for row in self._columns if row[1].lower() == name.lower()), name)

    def _parent_columns(self, parent: str, named: Sequence[str | None]) -> tuple[str, ...]:
        columns = self._connection.execute(f"pragma table_xinfo({quoted(parent)})").fetchall()
        if all(name is None for name in named):
            return tuple(row[1] for row in sorted(columns, key=lambda c: c[5]) if row[5])
        actual = {row[1].lower(): row[1] for row in columns}
        return tuple(actual.get(name.lower(), name) for name in named if name is not None)

    def _index(self, row: _Row) -> Index:
        _, name, is_unique, origin, _ = row
        sql = self._connection.execute(
            "select sql from sqlite_master where type = 'index' and name = ?", (name,)
        ).fetchone()
        told = read_create_index(sql[0]) if sql and sql[0] else None
        parts = self._connection.execute(f"pragma index_xinfo({quoted(name)})").fetchall()
        keys = [part for part in parts if part[5]]
        columns = tuple(key[2].lower() for key in keys if key[2] is not None)
        own_name = self._declared.unique_names.get(columns) if origin == "u" else None
        return Index(
            name=own_name or name,
            parts=tuple(
                IndexPart(
                    expression=told.parts[key[0]] if told and key[1] == _EXPRESSION else key[2],
                    is_column=key[1] != _EXPRESSION,
                    is_descending=bool(key[3]),
                    collation=key[4],
                )
                for key in keys
            ),
            is_unique=bool(is_unique),
            is_constraint=origin == "u",
            predicate=told.predicate if told else None,
        )
