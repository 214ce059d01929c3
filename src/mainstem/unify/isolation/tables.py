"""What the proof must know to make rows: columns, constraints, and who may do what."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.rows import dict_row

from mainstem.unify.catalog.database import Function, ObjectName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

#: names and values that were quoted before: every caller's statements have the same ones
_QUOTED_MAX = 20_000
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_NUMBER = re.compile(r"(?<![\w.'])-?\d+(?:\.\d+)?(?![\w.])")
_DERIVED = re.compile(r"CHECK \(\((\w+) = (\(.+\))\)\)", re.DOTALL)


@dataclass(frozen=True)
class Column:
    """A column; `base` is its type's plain name below a domain, `element` that of an array."""

    name: str
    type: str
    base_type: str
    base: str
    base_kind: str
    element: str
    labels: tuple[str, ...]
    is_nullable: bool
    default: str | None
    is_generated: bool
    identity: str

    @property
    def is_required(self) -> bool:
        """Whether a row must name a value."""
        return not (self.is_nullable or self.has_default or self.is_generated)

    @property
    def has_default(self) -> bool:
        """Whether the server gives a value of its own."""
        return self.default is not None or self.identity != ""

    @property
    def is_numbered(self) -> bool:
        """Whether a sequence gives the value."""
        return self.identity != "" or "nextval(" in (self.default or "")


@dataclass(frozen=True)
class Reference:
    """A foreign key."""

    name: str
    columns: tuple[str, ...]
    target: ObjectName
    target_columns: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table that rows go into; `checks` and `uniques` are columns by the constraint's name."""

    name: ObjectName
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    references: tuple[Reference, ...]
    uniques: Mapping[str, tuple[str, ...]]
    checks: Mapping[str, tuple[str, ...]]
    conditions: Mapping[str, str]
    #: columns that a check makes follow from others, with the expression
    derived: Mapping[str, str]

    def bounds(self, column: str) -> list[str]:
        """The numbers that checks compare a column with."""
        texts = [self.conditions[name] for name, of in self.checks.items() if column in of]
        return [number for text in texts for number in _NUMBER.findall(text)]

    @property
    def sql(self) -> str:
        """The quoted name."""
        return quoted(self.name)


@dataclass(frozen=True)
class Rights:
    """What one role may do with one relation, by columns."""

    selects: frozenset[str]
    inserts: frozenset[str]
    updates: frozenset[str]
    deletes: bool


@dataclass(frozen=True)
class Callable:
    """A function that a role may call."""

    oid: int
    name: ObjectName
    arguments: str
    argument_types: tuple[str, ...]
    default_count: int
    is_set: bool
    roles: tuple[str, ...]


@lru_cache(_QUOTED_MAX)
def quoted(name: ObjectName) -> str:
    """The name as a caller with any search_path must write it."""
    return sql.Identifier(name.schema, name.name).as_string()


@lru_cache(_QUOTED_MAX)
def column_sql(name: str) -> str:
    """A column's quoted name."""
    return sql.Identifier(name).as_string()


@lru_cache(_QUOTED_MAX)
def literal(value: str | None) -> str:
    """A value as SQL; the server takes it for whatever type it must have."""
    return "null" if value is None else sql.Literal(value).as_string()


def read_tables(connection: Connection) -> dict[ObjectName, Table]:
    """Every table that may hold rows, partitions aside."""
    columns: dict[ObjectName, dict[str, Column]] = defaultdict(dict)
    for row in _rows(connection, "columns"):
        name = ObjectName(row.pop("schema"), row.pop("table"))
        columns[name][row["name"]] = Column(**row | {"labels": tuple(row["labels"])})
    constraints: dict[ObjectName, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(connection, "constraints"):
        constraints[ObjectName(row["schema"], row["table"])].append(row)
    return {name: _table(name, found, constraints[name]) for name, found in columns.items()}


def read_rights(
    connection: Connection, roles: Sequence[str]
) -> dict[ObjectName, dict[str, Rights]]:
    """Relation -> role -> what it may do there; those that it cannot touch are left out."""
    found: dict[ObjectName, dict[str, Rights]] = defaultdict(dict)
    for row in _rows(connection, "rights", roles=list(roles)):
        found[ObjectName(row["schema"], row["relation"])][row["role"]] = Rights(
            frozenset(row["selects"]),
            frozenset(row["inserts"]),
            frozenset(row["updates"]),
            row["deletes"],
        )
    return dict(found)


def read_callables(connection: Connection, roles: Sequence[str]) -> list[Callable]:
    """Functions that some of the roles may call."""
    return [
        Callable(
            row["oid"],
            ObjectName(row["schema"], row["name"]),
            row["arguments"],
            tuple(row["argument_types"]),
            row["default_count"],
            row["is_set"],
            tuple(row["roles"]),
        )
        for row in _rows(connection, "callable", roles=list(roles))
        if row["roles"]
    ]


def read_definition(connection: Connection, oid: int) -> str:
    """The statement that makes a function as it is."""
    row = connection.execute("select pg_get_functiondef(%s::oid)", (oid,)).fetchone()
    assert row is not None
    return str(row[0])


def read_roles(connection: Connection) -> dict[str, bool]:
    """Roles that policies hold back -> whether they may log in."""
    return {row["name"]: row["is_login"] for row in _rows(connection, "roles")}


def read_labels(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Enumeration -> its words in order."""
    return {row["type"]: tuple(row["labels"]) for row in _rows(connection, "labels")}


def platform_functions(connection: Connection) -> list[Function]:
    """The functions that tell who asks, of the schema that the catalog leaves out."""
    return _functions(connection, of_platform=True)


def immutable_functions(connection: Connection) -> list[Function]:
    """The functions that promise to depend on nothing but their arguments, of all schemas."""
    return _functions(connection, of_platform=False)


def mutable_functions(connection: Connection) -> frozenset[str]:
    """The names of functions and operators that may depend on more than their arguments."""
    return frozenset(row["name"] for row in _rows(connection, "mutable"))


def _functions(connection: Connection, *, of_platform: bool) -> list[Function]:
    return [
        Function(
            ObjectName(row["schema"], row["name"]),
            row["arguments"],
            tuple(row["argument_names"]),
            row["returns"],
            row["language"],
            row["body"],
        )
        for row in _rows(connection, "bodies", of_platform=of_platform)
    ]


def _rows(connection: Connection, query: str, **parameters: object) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_queries()[query], parameters).fetchall()


@cache
def _queries() -> dict[str, bytes]:
    text = resources.files(__package__ or "").joinpath("tables.sql").read_text("utf-8")
    _, *parts = _NAME.split(text)
    return {name: body.encode() for name, body in zip(parts[::2], parts[1::2], strict=True)}


def _table(
    name: ObjectName, columns: dict[str, Column], constraints: list[dict[str, Any]]
) -> Table:
    kinds = defaultdict[str, list[dict[str, Any]]](list)
    for row in constraints:
        kinds[row["kind"]].append(row)
    return Table(
        name=name,
        columns=columns,
        key=tuple(kinds["p"][0]["columns"]) if kinds["p"] else (),
        references=tuple(
            Reference(
                row["name"],
                tuple(row["columns"]),
                ObjectName(row["parent_schema"], row["parent"]),
                tuple(row["parent_columns"]),
            )
            for row in kinds["f"]
        ),
        uniques={
            row["name"]: tuple(row["columns"]) for kind in ("p", "u", "x") for row in kinds[kind]
        },
        checks={row["name"]: tuple(row["columns"]) for row in kinds["c"]},
        conditions={row["name"]: row["definition"] for row in kinds["c"]},
        derived={
            found[1]: found[2]
            for row in kinds["c"]
            if len(row["columns"]) > 1 and (found := _DERIVED.fullmatch(row["definition"]))
        },
    )
