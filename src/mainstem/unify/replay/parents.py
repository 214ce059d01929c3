"""Foreign keys to tables that nothing creates: placeholders let the rest be built.

A placeholder has the columns that the keys refer to, with the types of the referring ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from psycopg import sql

from mainstem.unify.replay.model import MissingParent
from mainstem.unify.replay.syntax import Node, Step, found, strings, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import LiteralString

    from mainstem.unify.catalog.database import ObjectName
    from mainstem.unify.replay.session import Session

_SERIALS = {"bigserial": "bigint", "serial": "integer", "smallserial": "smallint"}


@dataclass(frozen=True)
class Reference:
    """A foreign key in a statement; `types` are the referring columns', None where it is silent."""

    table: ObjectName
    columns: tuple[str, ...]
    parent: ObjectName
    parent_columns: tuple[str, ...]
    types: tuple[str | None, ...]

    def missing_parent(self, step: Step) -> MissingParent:
        """The record of it."""
        return MissingParent(
            step.file, step.line, self.table, self.columns, self.parent, self.parent_columns
        )


def references(step: Step) -> tuple[Reference, ...]:
    """The foreign keys that a CREATE TABLE or ALTER TABLE makes."""
    return tuple(
        reference
        for kind, node, _ in step.inner
        if kind in {"CreateStmt", "AlterTableStmt"}
        for reference in _references(step, node)
    )


def _references(step: Step, node: Node) -> Iterator[Reference]:
    table = step.name(node["relation"])
    # `alter column ... type` defines a column as well, and leaves its name out
    defined = (column for column in found(node, "ColumnDef") if "colname" in column)
    columns = {column["colname"]: column for column in defined}
    types = {name: type_of(column) for name, column in columns.items()}
    for name, column in columns.items():
        for constraint in found(column.get("constraints", []), "Constraint"):
            if "pktable" in constraint:
                yield _reference(step, table, (name,), constraint, types)
    for constraint in _table_constraints(node):
        own = strings(constraint.get("fk_attrs", []))
        yield _reference(step, table, own, constraint, types)


def mentions(step: Step) -> frozenset[ObjectName]:
    """The tables that a statement names, other than as the parents of foreign keys."""
    return frozenset(
        step.name(value)
        for _, node, _ in step.inner
        for key, value in walk(node)
        if key != "pktable" and isinstance(value, dict) and "relname" in value
    )


def make_placeholders(
    session: Session, wanted: Mapping[ObjectName, Sequence[Reference]]
) -> frozenset[ObjectName]:
    """Make a table for each parent that is wanted; those that could be made."""
    made = set()
    for parent, keys in sorted(wanted.items()):
        if session.run(_placeholder(session, parent, keys)) is None:
            made.add(parent)
    return frozenset(made)


def _placeholder(session: Session, parent: ObjectName, keys: Sequence[Reference]) -> str:
    types: dict[str, str] = {}
    uniques: list[tuple[str, ...]] = []
    for key in keys:
        named = key.parent_columns or ("id",) * len(key.columns[:1])
        for column, own, told in zip(named, key.columns, key.types, strict=False):
            types.setdefault(column, told or _type_in_catalog(session, key.table, own))
        if named not in uniques:
            uniques.append(named)
    identifiers = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), _checked(session, told))
        for name, told in types.items()
    )
    # A key without columns leads to the primary key.
    uniques.sort(key=lambda each: each != ("id",))
    constraints = sql.SQL("").join(
        sql.SQL(", {} ({})").format(
            sql.SQL("unique" if index else "primary key"),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
        )
        for index, columns in enumerate(uniques)
    )
    statement = sql.SQL("create table {} ({}{})").format(
        sql.Identifier(parent.schema, parent.name), identifiers, constraints
    )
    return statement.as_string(session.connection)


def _type_in_catalog(session: Session, table: ObjectName, column: str) -> str:
    row = session.connection.execute(
        """select format_type(atttypid, atttypmod) from pg_attribute
           where attrelid = to_regclass(%s) and attname = %s and not attisdropped""",
        (sql.Identifier(table.schema, table.name).as_string(session.connection), column),
    ).fetchone()
    return row[0] if row is not None else "uuid"


def _checked(session: Session, name: str) -> sql.SQL:
    """A type's name, quoted by the server; uuid where it knows no such type."""
    row = session.connection.execute("select to_regtype(%s)::text", (name,)).fetchone()
    known = row[0] if row is not None and row[0] is not None else "uuid"
    return sql.SQL(cast("LiteralString", known))


def type_of(column: Node) -> str | None:
    """The type of a column in a tree; a serial's is its integer."""
    parts = strings(column.get("typeName", {}).get("names", []))
    if not parts:
        return None
    name = _SERIALS.get(parts[-1], parts[-1])
    if len(parts) > 1 and parts[-2] != "pg_catalog":
        return f'"{parts[-2]}"."{name}"'
    return name if name in {"bigint", "integer", "smallint"} else f'"{name}"'


def _reference(
    step: Step,
    table: ObjectName,
    columns: tuple[str, ...],
    constraint: Node,
    types: Mapping[str, str | None],
) -> Reference:
    return Reference(
        table=table,
        columns=columns,
        parent=step.name(constraint["pktable"]),
        parent_columns=strings(constraint.get("pk_attrs", [])),
        types=tuple(types.get(name) for name in columns),
    )


def _table_constraints(node: Node) -> Iterator[Node]:
    """The foreign keys that stand beside the columns or are added later."""
    elements: Iterable[Node] = node.get("tableElts", ())
    for element in elements:
        if "pktable" in element.get("Constraint", {}):
            yield element["Constraint"]
    for command in found(node.get("cmds", []), "AlterTableCmd"):
        constraint = command.get("def", {}).get("Constraint", {})
        if "pktable" in constraint:
            yield constraint
