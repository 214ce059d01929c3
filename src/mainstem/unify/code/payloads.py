"""Which columns an inserted or updated object names, with the types its values tell.

The object is looked for where it is made: literals, variables with keys added later, lists that
are pushed to, `rows.map(row => ({...}))`. What is spread from elsewhere stays unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.chains import calls_on
from mainstem.unify.code.model import ColumnUse, Role
from mainstem.unify.code.names import entries, key_name, origins
from mainstem.unify.code.scopes import scopes
from mainstem.unify.code.structure import returned
from mainstem.unify.code.syntax import as_call, plain
from mainstem.unify.code.values import value_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.code.syntax import SyntaxFile

DEPTH_MAX: Final = 6
_OBJECTS: Final = frozenset({"object", "dictionary"})
_LISTS: Final = frozenset({"array", "list", "tuple"})
_MAPPERS: Final = frozenset({"map", "flatMap"})
_ADDERS: Final = frozenset({"push", "append", "unshift"})


def written_columns(
    file: SyntaxFile, node: Node, role: Role = Role.WRITTEN, depth: int = 0
) -> Iterator[ColumnUse]:
    """The columns of an object, or of each object of a list."""
    node = plain(node)
    if depth > DEPTH_MAX:
        return
    if node.type == "identifier":
        yield from _added(file, node, role, depth)
    for origin in origins(file, node):
        if not isinstance(origin, Node):
            continue
        if origin.type in _OBJECTS:
            yield from _of_object(file, origin, role, depth)
        elif origin.type in _LISTS:
            for child in origin.named_children:
                inner = child.named_children[0] if child.type == "spread_element" else child
                yield from written_columns(file, inner, role, depth + 1)
        elif origin.type == "list_comprehension":
            body = origin.child_by_field_name("body")
            if body is not None:
                yield from written_columns(file, body, role, depth + 1)
        else:
            yield from _mapped(file, origin, role, depth)


def _of_object(file: SyntaxFile, node: Node, role: Role, depth: int) -> Iterator[ColumnUse]:
    for key, value in entries(file, node):
        if key is None:
            yield from written_columns(file, value, role, depth + 1)
        elif value.type != "undefined":  # which is left out of what is sent
            yield ColumnUse(key, role, file.line(value), value_type(file, value))


def _mapped(file: SyntaxFile, node: Node, role: Role, depth: int) -> Iterator[ColumnUse]:
    """`rows.map(row => ({...}))`: what the function gives back."""
    call = as_call(file, node)
    if call is None or call.name not in _MAPPERS or not call.arguments:
        return
    for result in returned(file, plain(call.arguments[0])):
        yield from written_columns(file, result, role, depth + 1)


def _added(file: SyntaxFile, node: Node, role: Role, depth: int) -> Iterator[ColumnUse]:
    """`row.name = value` and `rows.push({...})`, on the variable that is written."""
    name, known = file.text(node), scopes(file)
    bound = known.find(name, node.start_byte)
    for key, value in known.added.get(name, ()) if bound else ():
        column = file.text(key) if key.type == "property_identifier" else key_name(file, key)
        if column is not None and known.find(name, key.start_byte) is bound:
            yield ColumnUse(column, role, file.line(key), value_type(file, value))
    for call in calls_on(file).get(name, ()) if bound else ():
        if call.name in _ADDERS and known.find(name, call.node.start_byte) is bound:
            for argument in call.arguments:
                yield from written_columns(file, argument, role, depth + 1)
