"""The classes of a Python file as models need them: bases, annotated attributes, inner `Meta`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from mainstem.unify.code.syntax import SyntaxFile


@dataclass(frozen=True)
class Attribute:
    """`name: annotation = value` in a class."""

    name: str
    node: Node
    annotation: Node | None
    value: Node | None


@dataclass(frozen=True)
class PythonClass:
    """A class; `keywords` are those in its head, as in `class Person(Base, table=True)`."""

    name: str
    node: Node
    bases: tuple[Node, ...]
    keywords: dict[str, Node]
    attributes: tuple[Attribute, ...]
    inner: dict[str, PythonClass]

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of that name, if the class itself has it."""
        return next((one for one in self.attributes if one.name == name), None)


@lru_cache(maxsize=4)
def classes_of(file: SyntaxFile) -> dict[str, PythonClass]:
    """The classes at the left margin of a file, by name, in the order of the text."""
    found: dict[str, PythonClass] = {}
    for node in file.nodes("class_definition"):
        around = node.parent
        while around is not None and around.type in {"decorated_definition", "block"}:
            around = around.parent
        if around is None or around.type in {"module", "if_statement", "else_clause"}:
            made = _class(file, node)
            if made is not None:
                found.setdefault(made.name, made)
    return found


def with_bases(file: SyntaxFile, made: PythonClass) -> list[PythonClass]:
    """The class and those that it inherits from, as far as they are in the file; each once."""
    known = classes_of(file)
    found: list[PythonClass] = []
    waiting = [made]
    while waiting:
        one = waiting.pop(0)
        if one not in found:
            found.append(one)
            names = (file.text(base) for base in one.bases)
            waiting.extend(known[name] for name in names if name in known)
    return found


def _class(file: SyntaxFile, node: Node) -> PythonClass | None:
    name, heads = node.child_by_field_name("name"), node.child_by_field_name("superclasses")
    if name is None:
        return None
    given = heads.named_children if heads is not None else []
    keywords = {
        file.text(key): value
        for one in given
        if one.type == "keyword_argument"
        and (key := one.child_by_field_name("name")) is not None
        and (value := one.child_by_field_name("value")) is not None
    }
    bases = tuple(one for one in given if one.type in {"identifier", "attribute"})
    body = node.child_by_field_name("body")
    children = body.named_children if body is not None else []
    inner = [_class(file, child) for child in children if child.type == "class_definition"]
    return PythonClass(
        file.text(name),
        node,
        bases,
        keywords,
        tuple(_attributes(file, children)),
        {one.name: one for one in inner if one is not None},
    )


def _attributes(file: SyntaxFile, children: list[Node]) -> Iterator[Attribute]:
    for child in children:
        node = child.named_children[0] if child.type == "expression_statement" else child
        left = node.child_by_field_name("left") if node.type == "assignment" else None
        if left is not None and left.type == "identifier":
            annotation = node.child_by_field_name("type")
            yield Attribute(file.text(left), node, annotation, node.child_by_field_name("right"))
