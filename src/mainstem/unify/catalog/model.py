"""The shape of a database schema, the same for every place it can be read from.

Expressions (defaults, checks, generated columns, index predicates) are kept as the source wrote
them; translating them to PostgreSQL is the business of whoever builds a target.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column as its source declares it."""

    name: str
    declared_type: str
    is_nullable: bool
    default: str | None = None
    generated: str | None = None
    collation: str | None = None


@dataclass(frozen=True)
class ForeignKey:
    """Columns of one table that point at the columns of a parent table."""

    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    name: str | None = None
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"
    is_deferred: bool = False


@dataclass(frozen=True)
class IndexPart:
    """One column or expression of an index."""

    expression: str
    is_column: bool = True
    is_descending: bool = False
    collation: str | None = None


@dataclass(frozen=True)
class Index:
    """An index; `is_constraint` when a UNIQUE clause of the table made it."""

    name: str
    parts: tuple[IndexPart, ...]
    is_unique: bool = False
    is_constraint: bool = False
    predicate: str | None = None


@dataclass(frozen=True)
class Check:
    """A check constraint's expression."""

    expression: str
    name: str | None = None


@dataclass(frozen=True)
class Table:
    """A base table. `key` names the columns that identify a row (SQLite: else the rowid)."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    indexes: tuple[Index, ...] = ()
    checks: tuple[Check, ...] = ()
    has_rowid: bool = True
    #: the column whose values the database itself counts up (INTEGER PRIMARY KEY, identity, serial)
    counter: str | None = None
    #: the highest value the counter ever gave, where the source remembers it
    counter_last: int | None = None
    #: the whole primary key, where `primary_key` is the one column of it that is enough
    declared_key: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True)
class NotCarried:
    """Something of the source that is not a table, or that cannot be expressed in the target."""

    kind: str
    name: str
    reason: str


@dataclass(frozen=True)
class Catalog:
    """Everything a reader found in one database."""

    tables: tuple[Table, ...]
    not_carried: tuple[NotCarried, ...] = ()

    def table(self, name: str) -> Table:
        """The table of that name; KeyError when there is none."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)
