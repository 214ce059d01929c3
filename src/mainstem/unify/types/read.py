"""Reads the types of a database's schemas, in one transaction that only reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeAlias

from psycopg.rows import dict_row

from mainstem.errors import UsageError
from mainstem.kit.naming import did_you_mean
from mainstem.pg.connect import clear_errors
from mainstem.unify.types.model import (
    Argument,
    DataType,
    Relationship,
    TypedColumn,
    TypedComposite,
    TypedEnum,
    TypedFunction,
    TypedRelation,
    TypedSchema,
    TypeKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg
    from psycopg.rows import TupleRow

Row: TypeAlias = "dict[str, Any]"

INSERT, UPDATE = 8, 4  # as pg_relation_is_updatable counts them

_UNKNOWN = DataType("unknown")
_KINDS = {"e": TypeKind.ENUM}


def read_types(
    connection: psycopg.Connection[TupleRow], schemas: Sequence[str]
) -> tuple[TypedSchema, ...]:
    """The types of some schemas, in the order given; nothing in the database changes.

    Raises:
        UsageError: there is no such schema.
        ServerError: the catalog cannot be read.
    """
    with clear_errors("read the types"), connection.transaction(force_rollback=True):
        connection.execute("set transaction read only")
        connection.execute("set local search_path = ''")
        _refuse_missing(connection, schemas)
        return _Reader(connection, list(schemas)).read()


def _refuse_missing(connection: psycopg.Connection[TupleRow], schemas: Sequence[str]) -> None:
    found = connection.execute("select nspname::text from pg_catalog.pg_namespace").fetchall()
    known = [str(row[0]) for row in found]
    for schema in schemas:
        if schema not in known:
            raise UsageError(f"there is no schema {schema}{did_you_mean(schema, known)}")


@dataclass
class _Reader:
    """One reading: types by oid, made when they are asked for."""

    connection: psycopg.Connection[TupleRow]
    schemas: list[str]
    rows_by_oid: dict[int, Row] = field(default_factory=dict)
    columns: dict[int, list[Row]] = field(default_factory=dict)
    keys: dict[int, list[Row]] = field(default_factory=dict)

    def read(self) -> tuple[TypedSchema, ...]:
        types = self.rows("types")
        self.rows_by_oid = {row["oid"]: row for row in types}
        for row in self.rows("columns"):
            self.columns.setdefault(row["oid"], []).append(row)
        for row in self.rows("keys"):
            self.keys.setdefault(row["oid"], []).append(row)
        relations, functions = self.rows("relations"), self.rows("functions")
        return tuple(
            TypedSchema(
                name,
                tables=tuple(self.relations(relations, name, is_view=False)),
                views=tuple(self.relations(relations, name, is_view=True)),
                functions=tuple(self.function(row) for row in functions if row["schema"] == name),
                enums=tuple(
                    TypedEnum(row["name"], tuple(row["labels"])) for row in own(types, name, "e")
                ),
                composites=tuple(
                    self.composite(row)
                    for row in own(types, name, "c")
                    if row["relation_kind"] == "c"
                ),
            )
            for name in self.schemas
        )

    def rows(self, name: str) -> list[Row]:
        """What a query of the folder `sql` finds."""
        folder = resources.files("mainstem.unify.types").joinpath("sql")
        query = folder.joinpath(f"{name}.sql").read_bytes()
        with self.connection.cursor(row_factory=dict_row) as cursor:
            given = {"schemas": self.schemas} if b"%(schemas)s" in query else None
            return cursor.execute(query, given).fetchall()

    def relations(
        self, rows: Sequence[Row], schema: str, *, is_view: bool
    ) -> Iterator[TypedRelation]:
        for row in rows:
            if row["schema"] != schema or row["is_view"] != is_view:
                continue
            yield TypedRelation(
                row["name"],
                tuple(self.column(one, row) for one in self.columns.get(row["oid"], ())),
                tuple(_relationship(one) for one in self.keys.get(row["oid"], ())),
                is_insertable=bool(row["events"] & INSERT),
                is_updatable=bool(row["events"] & UPDATE),
            )

    def column(self, row: Row, relation: Row) -> TypedColumn:
        is_made = row["is_always"] or row["is_generated"]
        may_write = not is_made and (not relation["is_view"] or row["is_updatable"])
        return TypedColumn(
            row["name"],
            self.type(row["type"]),
            is_nullable=row["is_nullable"],
            is_optional=row["is_nullable"] or row["has_default"] or row["is_identity"],
            is_insertable=may_write,
            is_updatable=may_write,
        )

    def function(self, row: Row) -> TypedFunction:
        modes = row["modes"] or ["i"] * len(row["types"])
        names = row["names"] or [""] * len(row["types"])
        every = list(zip(modes, names, map(self.type, row["types"]), strict=True))
        taken = [(name, kind) for mode, name, kind in every if mode in "ibv"]
        required = len(taken) - row["default_count"]
        given = [(name, kind) for mode, name, kind in every if mode in "bot"]
        returns = self.type(row["returns"])
        is_table = len(given) > 1 or "t" in modes
        return TypedFunction(
            row["name"],
            tuple(
                Argument(name, kind, is_optional=at >= required)
                for at, (name, kind) in enumerate(taken)
            ),
            None if is_table else returns,
            tuple(Argument(name, kind) for name, kind in given) if is_table else (),
            is_set=row["is_set"],
        )

    def composite(self, row: Row) -> TypedComposite:
        attributes = self.columns.get(row["relation"], ())
        return TypedComposite(
            row["name"], tuple(Argument(one["name"], self.type(one["type"])) for one in attributes)
        )

    def type(self, oid: int) -> DataType:
        """A type by its number."""
        row = self.rows_by_oid.get(oid)
        if row is None:
            return _UNKNOWN
        schema, name = row["schema"], row["name"]
        if row["element"]:
            return DataType(name, schema, TypeKind.ARRAY, self.type(row["element"]))
        if row["kind"] == "d":
            return DataType(name, schema, TypeKind.DOMAIN, self.type(row["base"]))
        if row["relation_kind"] not in {"", "c"}:
            return DataType(row["relation_name"], schema, TypeKind.ROW)
        kind = (
            TypeKind.COMPOSITE if row["relation_kind"] else _KINDS.get(row["kind"], TypeKind.BASE)
        )
        return DataType(name, schema, kind)


def own(types: Sequence[Row], schema: str, kind: str) -> list[Row]:
    """The types of a kind that stand in a schema and belong to nobody's extension."""
    return [
        row
        for row in types
        if row["schema"] == schema and row["kind"] == kind and not row["is_of_extension"]
    ]


def _relationship(row: Row) -> Relationship:
    return Relationship(
        row["name"],
        tuple(row["columns"]),
        row["referenced"],
        tuple(row["referenced_columns"]),
        is_one_to_one=row["is_one_to_one"],
    )
