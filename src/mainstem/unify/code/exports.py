"""Which texts a file offers to others: exported constants, by the path under which they are asked.

`export const TABLES = { users: 'app_users' }` offers `TABLES.users`. What is passed on from another
file is offered as a reference to that file.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.facts import FileFacts, Names, Reference
from mainstem.unify.code.names import entries, origins, resolve
from mainstem.unify.code.scopes import scopes, specifiers
from mainstem.unify.code.structure import class_constants
from mainstem.unify.code.syntax import literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.code.syntax import SyntaxFile

EXPORTS_MAX: Final = 2_000
DEPTH_MAX: Final = 4


def read_exports(file: SyntaxFile) -> FileFacts:
    """What the file offers, and the modules whose exports it passes on as its own."""
    offered = (one for name, node in exported(file) for one in _texts(file, node, name, 0))
    found = dict(islice(offered, EXPORTS_MAX))
    found |= {name: Names(elsewhere=(reference,)) for name, reference in references(file)}
    return FileFacts(exports=found, passed_on=tuple(_passed_on(file)))


def exported(file: SyntaxFile) -> Iterator[tuple[str, Node]]:
    """The names that others can ask for, each with the node that says what it is."""
    if not file.language.is_script:
        yield from _of_module(file)
        return
    for statement in file.root.named_children:
        if statement.type == "export_statement":
            yield from _of_export(file, statement)
        elif statement.type == "expression_statement":
            yield from _of_assignment(file, statement.named_children[0])


def _of_module(file: SyntaxFile) -> Iterator[tuple[str, Node]]:
    """Python offers everything that stands at the left margin."""
    for name, bindings in scopes(file).bindings.items():
        for bound in bindings:
            if bound.value is not None and bound.end == file.root.end_byte and not bound.path:
                yield name, bound.value


def _of_export(file: SyntaxFile, statement: Node) -> Iterator[tuple[str, Node]]:
    declaration = statement.child_by_field_name("declaration")
    value = statement.child_by_field_name("value")
    if value is not None:
        yield "default", value
    if declaration is not None:
        declared = [
            node for node in declaration.named_children if node.type == "variable_declarator"
        ]
        for node in declared or [declaration]:
            name, held = node.child_by_field_name("name"), node.child_by_field_name("value")
            if name is not None and name.type != "object_pattern":
                yield file.text(name), node if held is None else held
    if statement.child_by_field_name("source") is None:
        for clause in statement.named_children:
            for part in clause.named_children if clause.type == "export_clause" else ():
                name, alias = part.child_by_field_name("name"), part.child_by_field_name("alias")
                if name is not None:
                    yield file.text(alias or name), name


def _of_assignment(file: SyntaxFile, node: Node) -> Iterator[tuple[str, Node]]:
    """`module.exports = {...}` and `exports.name = value`."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or left.type != "member_expression":
        return
    written = file.text(left)
    if written == "module.exports":
        if right.type == "object":
            yield from ((key, value) for key, value in entries(file, right) if key is not None)
        yield "default", right
    elif written.startswith(("exports.", "module.exports.")):
        yield written.rpartition(".")[2], right


def _texts(file: SyntaxFile, node: Node, path: str, depth: int) -> Iterator[tuple[str, Names]]:
    """The texts under a name, and under everything below it."""
    if depth > DEPTH_MAX or node.type in _NO_TEXTS:
        return
    for origin in origins(file, node):
        if isinstance(origin, Reference):
            yield path, Names(elsewhere=(origin,))
        if not isinstance(origin, Node):
            continue
        names = resolve(file, origin) if origin.type in _TEXTS else Names()
        if names.texts or names.elsewhere:
            yield path, names
        for key, value in _below(file, origin):
            yield from _texts(file, value, f"{path}.{key}", depth + 1)


def _below(file: SyntaxFile, node: Node) -> Iterator[tuple[str, Node]]:
    """What an object, a class or a list has, by key or position."""
    if node.type in {"object", "dictionary"}:
        yield from ((key, value) for key, value in entries(file, node) if key is not None)
    elif node.type in _CLASSES:
        yield from class_constants(file, node)
    elif node.type in {"array", "list", "tuple"}:
        items = (item for item in node.named_children if item.type != "comment")
        yield from ((str(number), item) for number, item in enumerate(items))


def references(file: SyntaxFile) -> Iterator[tuple[str, Reference]]:
    """`export { name } from './other'`; in Python, everything that is imported."""
    if not file.language.is_script:
        for name, bindings in scopes(file).bindings.items():
            for bound in bindings:
                if bound.reference is not None and bound.end == file.root.end_byte:
                    yield name, bound.reference
        return
    for statement in file.root.named_children:
        source = statement.child_by_field_name("source")
        module = literal(file, source) if source is not None else None
        if statement.type == "export_statement" and module is not None:
            yield from _handed_over(file, statement, module)


def _handed_over(file: SyntaxFile, statement: Node, module: str) -> Iterator[tuple[str, Reference]]:
    for clause in statement.named_children:
        if clause.type == "export_clause":
            for name, alias in specifiers(file, clause):
                yield alias, Reference(module, (name,))
        elif clause.type == "namespace_export":
            yield file.text(clause.named_children[0]), Reference(module)


def _passed_on(file: SyntaxFile) -> Iterator[str]:
    """`export * from './other'`, `from .other import *`."""
    for statement in file.root.named_children:
        if statement.type == "export_statement":
            source = statement.child_by_field_name("source")
            if source is not None and any(child.type == "*" for child in statement.children):
                yield literal(file, source) or ""
        elif statement.type == "import_from_statement":
            source = statement.child_by_field_name("module_name")
            if source is not None and any(
                child.type == "wildcard_import" for child in statement.named_children
            ):
                yield file.text(source)


_CLASSES: Final = frozenset({"enum_declaration", "class_declaration", "class", "class_definition"})
_TEXTS: Final = frozenset({"string", "template_string", "concatenated_string", "binary_expression"})
_NO_TEXTS: Final = frozenset(
    {
        "arrow_function",
        "function_declaration",
        "function_expression",
        "function_definition",
        "interface_declaration",
        "type_alias_declaration",
        "jsx_element",
        "number",
        "true",
        "false",
    }
)
