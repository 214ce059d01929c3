"""How classes and functions are built: their constants, results, names and the calls in a file."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from mainstem.unify.code.scopes import ANY, KEYS
from mainstem.unify.code.syntax import calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from mainstem.unify.code.syntax import Call, SyntaxFile


@lru_cache(maxsize=4)
def calls_by_name(file: SyntaxFile) -> dict[str, list[Call]]:
    """Every call of a file by the name of what is called."""
    found: dict[str, list[Call]] = {}
    for call in calls(file):
        found.setdefault(call.name, []).append(call)
    return found


def class_constants(file: SyntaxFile, node: Node) -> Iterator[tuple[str, Node]]:
    """The constants of a class or the members of an enum, and methods, by name."""
    body = node.child_by_field_name("body")
    for child in body.named_children if body is not None else ():
        inner = child.named_children[0] if child.type == "expression_statement" else child
        if inner.type == "decorated_definition":
            inner = inner.child_by_field_name("definition") or inner
        keys = (inner.child_by_field_name(key) for key in _KEYS)
        name = next((key for key in keys if key is not None), None)
        value = inner.child_by_field_name("value") or inner.child_by_field_name("right")
        if value is None and inner.type in FUNCTIONS:
            value = inner
        if name is not None and value is not None:
            yield file.text(name).strip("'\""), value


def class_member(file: SyntaxFile, node: Node, name: str) -> Node | None:
    """The value of a constant of a class or enum, or its method of that name."""
    found = (value for key, value in class_constants(file, node) if key == name)
    return next(found, None)


def function_name(file: SyntaxFile, function: Node) -> tuple[str | None, str | None]:
    """The name under which a function can be called in its file, and what it belongs to."""
    name, parent = function.child_by_field_name("name"), function.parent
    if name is None and parent is not None and parent.type in _NAMING:
        name = parent.child_by_field_name("name") or parent.child_by_field_name("key")
        function, parent = parent, parent.parent
    if name is None or parent is None:
        return None, None
    return file.text(name), _owner_name(file, function)


def _owner_name(file: SyntaxFile, member: Node) -> str | None:
    """The name of the class, or of the variable that holds the object, that a function is in."""
    body = member.parent
    if body is not None and body.type == "decorated_definition":
        body = body.parent
    holder = body.parent if body is not None else None
    is_member = body is not None and body.type in {"class_body", "object", "block"}
    if holder is None or not is_member or holder.type in FUNCTIONS:
        return None
    name = holder.child_by_field_name("name")
    return file.text(name) if name is not None else None


def returned(file: SyntaxFile, function: Node) -> list[Node]:
    """The expressions that a function gives back."""
    if function.type not in FUNCTIONS:
        return []
    body = function.child_by_field_name("body")
    if body is None or body.type not in {"statement_block", "block"}:
        return [body] if body is not None else []
    inner = [node for node in file.nodes(_INNER[file.language.is_script], body) if node != body]
    return [
        node.named_children[0]
        for node in file.nodes("return_statement", body)
        if node.named_children
        and not any(one.start_byte <= node.start_byte < one.end_byte for one in inner)
    ]


def path_in_object(method: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
    """What of an object `Object.method(it)` gives under a path."""
    if method in {"freeze", "seal"}:
        return path
    if method == "values" and path:
        return (ANY, *path[1:])
    if method == "entries" and path[1:2] == ("1",):
        return (ANY, *path[2:])
    return (KEYS,) if method in {"keys", "entries"} and path[1:] in {(), ("0",)} else None


_KEYS: Final = ("name", "property", "left")
FUNCTIONS: Final = frozenset(
    {
        "arrow_function",
        "function_declaration",
        "function_definition",
        "function_expression",
        "method_definition",
    }
)
_INNER: Final = {
    True: "arrow_function function_declaration function_expression method_definition",
    False: "function_definition lambda",
}
_NAMING: Final = frozenset({"variable_declarator", "pair", "public_field_definition"})
