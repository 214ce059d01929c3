"""Follows the expression in a name's place to the literals that say the name.

A literal that a constant holds is renamed where the constant stands, unless the same constant is
a bucket's name, a key or a part of an address too: then a person has to say what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.facts import Reference
from mainstem.unify.code.names import origins
from mainstem.unify.code.scopes import scopes
from mainstem.unify.code.select_text import UNKNOWN
from mainstem.unify.code.structure import calls_by_name, function_name
from mainstem.unify.code.syntax import literal, plain
from mainstem.unify.rename.model import Awaited, Away, Doubt, Found, Kind, Role
from mainstem.unify.rename.placed import placed_text
from mainstem.unify.rename.select_text import select_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.code.scopes import Parameter
    from mainstem.unify.code.syntax import SyntaxFile
    from mainstem.unify.rename.model import Renames
    from mainstem.unify.rename.placed import Placed

_COMPARISONS: Final = frozenset({"===", "==", "!==", "!="})


def name_found(
    file: SyntaxFile, node: Node, renames: Renames, kind: Kind, *, prefix: bool = False
) -> Found:
    """Where an expression in a table's place says an old name.

    `prefix` allows what follows a dot or a colon: `clients.id`, `clients:id=eq.1`.
    """
    found = Found()
    for origin in origins(file, node):
        if isinstance(origin, Reference):
            found.away.append(Away(origin, Role.NAME))
        elif isinstance(origin, Node):
            is_here = node.start_byte <= origin.start_byte and origin.end_byte <= node.end_byte
            found.add(
                literal_found(
                    file, origin, renames, kind if is_here else Kind.CONSTANT, prefix=prefix
                )
            )
            if origin.type == "literal_type":
                _given_to(file, node, renames, found)
    if plain(node).type == "identifier":
        found.add(compared_found(file, plain(node), renames, Kind.CONSTANT))
        found.awaited.extend(_awaited(file, plain(node)))
    return found


def literal_found(
    file: SyntaxFile, node: Node, renames: Renames, kind: Kind, *, prefix: bool = False
) -> Found:
    """Where a literal that stands for a table's name says an old one."""
    found = Found()
    node = node.named_children[0] if node.type == "literal_type" else node
    if node.type == "property_identifier" and renames.new(file.text(node)) is not None:
        _doubt(file, node, found, "the key of an object is a table's name here")
        return found
    text = placed_text(file, node)
    if text is None:
        return found
    start, end = _name_in(text.text, renames, prefix=prefix)
    old = text.text[start:end]
    new = renames.new(old)
    if new is None:
        return found
    if kind is Kind.CONSTANT and (reason := other_use(file, node)) is not None:
        _doubt(file, node, found, reason)
        return found
    _spot(file, node, text, found, (start, end, new, old, kind))
    return found


def select_found(file: SyntaxFile, node: Node, renames: Renames) -> Found:
    """Where an expression that is a select embeds a table of an old name."""
    found = Found()
    for origin in origins(file, node):
        if isinstance(origin, Reference):
            found.away.append(Away(origin, Role.SELECT))
        elif isinstance(origin, Node):
            found.add(select_literal_found(file, origin, renames))
    return found


def select_literal_found(file: SyntaxFile, node: Node, renames: Renames) -> Found:
    """The same in a literal."""
    found = Found()
    text = placed_text(file, node)
    for part in select_parts(text.text, renames) if text is not None else ():
        assert text is not None
        _spot(file, node, text, found, (part.start, part.end, part.text, part.old, Kind.EMBED))
    return found


def compared_found(file: SyntaxFile, name: Node, renames: Renames, kind: Kind) -> Found:
    """Where a variable that holds a table's name is compared with an old one."""
    found = Found()
    known, text = scopes(file), file.text(name)
    bound = known.find(text, name.start_byte)
    if not bound or not any(one.parameter or one.path for one in bound):
        return found
    for node in file.nodes(
        "binary_expression" if file.language.is_script else "comparison_operator"
    ):
        sides = [child for child in node.named_children if child.type != "comment"]
        operator = next((child.type for child in node.children if not child.is_named), "")
        for side, other in (sides, sides[::-1]) if len(sides) == 2 else ():  # noqa: PLR2004 -- a pair
            is_name = side.type == "identifier" and file.text(side) == text
            if (
                operator in _COMPARISONS
                and is_name
                and literal(file, other) is not None
                and known.find(text, side.start_byte) is bound
            ):
                found.add(literal_found(file, other, renames, kind))
    for node in file.nodes("switch_statement") if file.language.is_script else ():
        value = node.child_by_field_name("value")
        if value is not None and plain(value).type == "identifier":
            subject = plain(value)
            if file.text(subject) == text and known.find(text, subject.start_byte) is bound:
                for case in file.nodes("switch_case", node):
                    said = case.child_by_field_name("value")
                    if said is not None:
                        found.add(literal_found(file, said, renames, kind))
    return found


def other_use(file: SyntaxFile, node: Node) -> str | None:
    """What else the constant that holds a literal is, where it must not change with the table."""
    holder = node.parent
    while holder is not None and holder.type in {"as_expression", "satisfies_expression"}:
        holder = holder.parent
    name = (
        holder.child_by_field_name("name") or holder.child_by_field_name("left") if holder else None
    )
    if holder is None or name is None or name.type != "identifier":
        return None
    text, known = file.text(name), scopes(file)
    bound = known.find(text, name.start_byte)
    for use in file.nodes("identifier"):
        if file.text(use) == text and use != name and known.find(text, use.start_byte) is bound:
            reason = _other(file, use)
            if reason is not None:
                return f"{text} is a table's name and {reason}"
    return None


def _other(file: SyntaxFile, use: Node) -> str | None:
    around = use.parent
    if around is None:
        return None
    if around.type in {"template_substitution", "interpolation"} and around.parent is not None:
        return "a part of an address" if "/" in file.text(around.parent) else None
    if around.type in {"arguments", "argument_list"} and around.parent is not None:
        called = around.parent.child_by_field_name("function")
        is_bucket = called is not None and "storage" in file.text(called).lower()
        return "a bucket's" if is_bucket else None
    return "a key of an object" if around.type == "computed_property_name" else None


def _awaited(file: SyntaxFile, name: Node) -> Iterator[Awaited]:
    """The parameter that a name is, if its function has a name of its own."""
    for bound in scopes(file).find(file.text(name), name.start_byte):
        if bound.parameter is not None and not bound.path:
            called, owner = function_name(file, bound.parameter.function)
            if called is not None and owner is None:
                yield Awaited(called, bound.parameter.position)


def _name_in(text: str, renames: Renames, *, prefix: bool) -> tuple[int, int]:
    """Where the table's name stands in `schema.table`, or before what filters."""
    end = text.index(":") if ":" in text else len(text)
    if UNKNOWN in text[:end] and not prefix:
        return 0, 0
    schema, dot, _ = text[:end].partition(".")
    if dot and renames.means(schema):
        start = len(schema) + 1
        stop = text.find(".", start, end) if prefix else -1
        return start, stop if stop >= 0 else end
    return (0, len(schema)) if prefix and dot else (0, end)


def _spot(
    file: SyntaxFile, node: Node, text: Placed, found: Found, edit: tuple[int, int, str, str, Kind]
) -> None:
    start, end, new, old, kind = edit
    spot = text.spot(start, end, new, old=old, kind=kind)
    if spot is None:
        _doubt(file, node, found, "the name is put together from several texts")
    else:
        found.spots.append(spot)


def _doubt(file: SyntaxFile, node: Node, found: Found, reason: str) -> None:
    doubt = Doubt(file.place(node), file.expression(node), reason, file.is_test)
    found.doubts.append(doubt)


def _given_to(file: SyntaxFile, node: Node, renames: Renames, found: Found) -> None:
    """What callers in this file give to a parameter whose type lists the names."""
    node = plain(node)
    for bound in scopes(file).find(file.text(node), node.start_byte):
        for argument in arguments_for(file, bound.parameter) if bound.parameter else ():
            if literal(file, argument) is not None:
                found.add(literal_found(file, argument, renames, Kind.CONSTANT))


def arguments_for(file: SyntaxFile, parameter: Parameter) -> list[Node]:
    """What calls by the function's name give to a parameter."""
    called, owner = function_name(file, parameter.function)
    sites = calls_by_name(file).get(called, ()) if called is not None and owner is None else ()
    given = (call.argument(parameter.position) for call in sites if call.receiver is None)
    return [argument for argument in given if argument is not None]
