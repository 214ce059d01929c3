"""Drizzle's declarations of tables: `pgTable('person', {...})`, kept under a name.

The column's name is the text given to its type, or else the key (Drizzle's documentation, "Schema
declaration"). A `casing` option renames keys when the program runs; it is not followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.facts import Reference
from mainstem.unify.code.model import DeclaredColumn, DeclaredTable, Engine, Via
from mainstem.unify.code.names import entries, origins, resolve
from mainstem.unify.code.orm_models import Model
from mainstem.unify.code.structure import calls_by_name
from mainstem.unify.code.syntax import Call, as_call, literal, pieces, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.code.syntax import SyntaxFile

_MAKERS: Final = {
    "pgTable": Engine.POSTGRES,
    "pgView": Engine.POSTGRES,
    "pgMaterializedView": Engine.POSTGRES,
    "sqliteTable": Engine.SQLITE,
    "sqliteView": Engine.SQLITE,
    "mysqlTable": Engine.OTHER,
    "mysqlView": Engine.OTHER,
    "singlestoreTable": Engine.OTHER,
}
_SCHEMAS: Final = {"pgSchema": Engine.POSTGRES, "mysqlSchema": Engine.OTHER}
_CREATORS: Final = {
    "pgTableCreator": Engine.POSTGRES,
    "sqliteTableCreator": Engine.SQLITE,
    "mysqlTableCreator": Engine.OTHER,
}
_NOT_NULL: Final = frozenset({"notNull", "primaryKey"})
_SERIAL: Final = frozenset({"serial", "bigserial", "smallserial"})


@dataclass(frozen=True)
class _Maker:
    """What a function that makes tables adds to their names."""

    engine: Engine
    schema: str | None = None
    pattern: str = "{}"


def declarations(file: SyntaxFile) -> Iterator[tuple[str, Call]]:
    """Every table declared and kept under a name."""
    for name, made in calls_by_name(file).items():
        for call in made:
            declarator = call.node.parent
            while declarator is not None and declarator.type == "member_expression":
                outer = declarator.parent  # `pgTable(...).enableRLS()`
                declarator = outer.parent if outer is not None else None
            if declarator is None or declarator.type != "variable_declarator":
                continue
            kept = declarator.child_by_field_name("name")
            if kept is not None and (name in _MAKERS or _maker(file, call) is not None):
                yield file.text(kept), call


def _maker(file: SyntaxFile, call: Call) -> _Maker | None:
    """What kind of tables a function makes, if it makes any."""
    if call.receiver is None and call.name in _MAKERS:
        return _Maker(_MAKERS[call.name])
    if len(call.arguments) < 2:  # noqa: PLR2004 -- a name and the columns
        return None
    is_of_schema = call.receiver is not None and call.name in {"table", "view"}
    if call.receiver is not None and not is_of_schema:
        return None
    for origin in origins(file, call.receiver or call.name_node):
        made = as_call(file, origin) if isinstance(origin, Node) else None
        if made is None or not made.arguments:
            continue
        if is_of_schema and made.name in _SCHEMAS:
            return _Maker(_SCHEMAS[made.name], resolve(file, made.arguments[0]).sole)
        if not is_of_schema and made.name in _CREATORS:
            pattern = _pattern(file, made.arguments[0])
            return _Maker(_CREATORS[made.name], None, pattern) if pattern else None
    return None


def _pattern(file: SyntaxFile, function: Node) -> str | None:
    """What a table creator makes of a name: `(name) => `shop_${name}`` gives `shop_{}`."""
    body = function.child_by_field_name("body")
    parts = pieces(file, body) if body is not None else None
    if parts is None or sum(not isinstance(part, str) for part in parts) != 1:
        return None
    return "".join(part if isinstance(part, str) else "{}" for part in parts)


def model_of(file: SyntaxFile, call: Call) -> Model | None:
    """The table that a call makes; None where its name is not a constant."""
    made = _maker(file, call)
    name = resolve(file, call.arguments[0]).sole if call.arguments else None
    if made is None or name is None:
        return None
    keys = list(_columns(file, call.arguments[1], 0)) if len(call.arguments) > 1 else []
    table = DeclaredTable(
        name=made.pattern.replace("{}", name),
        place=file.place(call.name_node),
        via=Via.DRIZZLE,
        columns=tuple(column for _, column in keys),
        schema=made.schema,
        engine=made.engine,
        is_test=file.is_test,
    )
    return Model(table, {key: column.name for key, column in keys})


def _columns(file: SyntaxFile, node: Node, depth: int) -> Iterator[tuple[str, DeclaredColumn]]:
    """The columns in an object, in one that is spread into it, or in what a callback gives."""
    for origin in origins(file, node) if depth < 4 else ():  # noqa: PLR2004 -- spread in spread
        if not isinstance(origin, Node):
            continue
        body = origin.child_by_field_name("body") if origin.type == "arrow_function" else origin
        body = plain(body) if body is not None else origin
        if body.type != "object":
            continue
        for key, value in entries(file, body):
            if key is None:
                yield from _columns(file, value, depth + 1)
            else:
                column = _column(file, key, value)
                if column is not None:
                    yield key, column


def _column(file: SyntaxFile, key: str, value: Node) -> DeclaredColumn | None:
    """A column: its type's call at the bottom of a chain of `.notNull().default(...)`."""
    chain = list(chain_down(file, value))
    if not chain:
        return None
    base, methods = chain[-1], {call.name: call for call in chain[:-1]}
    name = literal(file, base.arguments[0]) if base.arguments else None
    return DeclaredColumn(
        name=key if name is None else name,
        type=base.name + ("[]" if "array" in methods else ""),
        is_nullable=not methods.keys() & _NOT_NULL and base.name not in _SERIAL,
        line=file.line(value),
        references=_referenced(file, methods.get("references")),
    )


def _referenced(file: SyntaxFile, call: Call | None) -> str | None:
    """The table of `references(() => person.id)`, if it is declared in the same file."""
    if call is None or not call.arguments:
        return None
    body = call.arguments[0].child_by_field_name("body")
    owner = body.child_by_field_name("object") if body is not None else None
    for target in targets(file, owner) if owner is not None else ():
        if isinstance(target, Call):
            made = _maker(file, target)
            name = resolve(file, target.arguments[0]).sole if target.arguments else None
            if made is not None and name is not None:
                name = made.pattern.replace("{}", name)
                return f"{made.schema}.{name}" if made.schema else name
    return None


def targets(file: SyntaxFile, node: Node) -> Iterator[Call | Reference | str]:
    """The calls that make the tables an expression stands for; a text says why none can be told."""
    for origin in origins(file, node):
        if isinstance(origin, Reference):
            yield origin
        elif not isinstance(origin, Node):
            yield origin.reason
        else:
            outer = as_call(file, plain(origin))
            if outer is not None and outer.name in {"alias", "aliasedTable"} and outer.arguments:
                yield from targets(file, outer.arguments[0])
            else:
                chain = chain_down(file, origin)
                yield from [call for call in chain if _maker(file, call) is not None][:1]


def chain_down(file: SyntaxFile, node: Node) -> Iterator[Call]:
    """The calls of a chain, from the last down to the one that it begins with."""
    call = as_call(file, plain(node))
    while call is not None:
        yield call
        call = as_call(file, plain(call.receiver)) if call.receiver is not None else None
