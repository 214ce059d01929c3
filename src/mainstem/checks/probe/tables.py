"""What the probe knows of a table before it touches it, read from the catalog in bulk."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.rows import dict_row

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow


@dataclass(frozen=True)
class Column:
    """One column; `type_name` and `length_max` are of the base type where it is a domain."""

    name: str
    type_name: str
    length_max: int | None
    is_array: bool
    is_required: bool
    has_default: bool
    is_insertable: bool
    is_updatable: bool


@dataclass(frozen=True)
class Reference:
    """A foreign key: these columns point to those of the target, by its label."""

    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]


@dataclass(frozen=True)
class Condition:
    """A check constraint: its columns, and the literals that its text compares them with."""

    columns: tuple[str, ...]
    literals: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """One table of the manifest.

    `is_open` says that requests reach it, if only to read; `is_deletable`, that the grants let them
    delete rows.
    """

    schema: str
    name: str
    label: str
    table_class: str
    scope: str | None
    app: str | None
    has_app_context: bool
    is_partitioned: bool
    is_open: bool
    is_deletable: bool
    columns: dict[str, Column] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)
    conditions: dict[str, Condition] = field(default_factory=dict)
    uniques: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def identifier(self) -> sql.Identifier:
        """The qualified name, for statements."""
        return sql.Identifier(self.schema, self.name)

    @property
    def agency_column(self) -> str | None:
        """Where a row names its agency; None where every agency shares the rows."""
        if self.label == "agency":
            return "id"
        return "agency_id" if "agency_id" in self.columns else None

    @property
    def client_column(self) -> str | None:
        """Where a row names its client, if clients decide who sees it."""
        if self.scope != "client":
            return None
        return "id" if self.label == "client" else "client_id"

    @property
    def user_column(self) -> str | None:
        """Where a row names its person, if that decides who sees it."""
        return "user_id" if self.scope == "user" else None


@dataclass(frozen=True)
class View:
    """One view that requests may read, with the columns that say whose a row is."""

    schema: str
    name: str
    label: str
    columns: frozenset[str]

    @property
    def identifier(self) -> sql.Identifier:
        """The qualified name, for statements."""
        return sql.Identifier(self.schema, self.name)


def read_tables(connection: psycopg.Connection[TupleRow]) -> dict[str, Table]:
    """Every declared table that exists, by label."""
    tables = {row["label"]: Table(**row) for row in _rows(connection, "tables")}
    for row in _rows(connection, "columns"):
        label = row.pop("label")
        column = Column(**row)
        tables[label].columns[column.name] = column
    for row in _rows(connection, "references"):
        columns, target_columns = tuple(row["columns"]), tuple(row["target_columns"])
        tables[row["label"]].references.append(Reference(columns, row["target"], target_columns))
    for row in _rows(connection, "conditions"):
        found = Condition(tuple(row["columns"]), tuple(dict.fromkeys(row["literals"])))
        tables[row["label"]].conditions[row["name"]] = found
    for row in _rows(connection, "uniques"):
        tables[row["label"]].uniques[row["name"]] = tuple(row["columns"])
    return tables


def read_views(connection: psycopg.Connection[TupleRow]) -> list[View]:
    """Every view of ours that `authenticated` may read."""
    return [
        View(row["schema"], row["name"], row["label"], frozenset(row["columns"]))
        for row in _rows(connection, "views")
    ]


def closed_relations(connection: psycopg.Connection[TupleRow]) -> list[tuple[str, sql.Identifier]]:
    """Everything that no request may read by its name: partitions, internals, staging."""
    return [
        (row["label"], sql.Identifier(row["schema"], row["name"]))
        for row in _rows(connection, "closed")
    ]


def _rows(connection: psycopg.Connection[TupleRow], name: str) -> list[dict[str, Any]]:
    text = (files("mainstem.checks.probe") / f"{name}.sql").read_text(encoding="utf-8")
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(text).fetchall()
