"""Old names in TypeScript's types: `Tables<'clients'>`, `Database['public']['Tables']['clients']`.

The shape is that of the types which Supabase's and this project's generators write.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mainstem.unify.code.scopes import scopes
from mainstem.unify.code.syntax import Language, literal
from mainstem.unify.rename.model import Found, Kind, Spot
from mainstem.unify.rename.names import literal_found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from mainstem.unify.code.syntax import SyntaxFile
    from mainstem.unify.rename.model import Renames

_HELPER: Final = re.compile(
    r"(?:Public)?Tables?(?:Insert|Update|Row)?|(?:Insert|Update|Row)Tables?"
)
_GROUPS: Final = frozenset({"Tables", "Views"})
_TYPED: Final = frozenset({Language.TYPESCRIPT, Language.TSX})
_WORD: Final = re.compile(r"[A-Za-z_$][\w$]*")


def types_found(file: SyntaxFile, renames: Renames) -> Found:
    """Every old name in the types of a file."""
    found = Found()
    if file.language not in _TYPED:
        return found
    for node in file.nodes("lookup_type"):
        parts = node.named_children
        if len(parts) == 2 and _is_group(file, parts[0]):  # noqa: PLR2004 -- a type and its key
            for said in _literals(file, parts[1]):
                found.add(literal_found(file, said, renames, Kind.TYPE))
    for node in file.nodes("generic_type"):
        name, arguments = (
            node.child_by_field_name("name"),
            node.child_by_field_name("type_arguments"),
        )
        if name is None or arguments is None or not _HELPER.fullmatch(file.text(name)):
            continue
        for said in (one for part in arguments.named_children for one in _literals(file, part)):
            found.add(literal_found(file, said, renames, Kind.TYPE))
    for node in file.nodes("property_signature"):
        _declared(file, node, renames, found)
    return found


def _is_group(file: SyntaxFile, node: Node) -> bool:
    """The type is all tables: `Database['public']['Tables']`, or an alias of that."""
    if node.type == "lookup_type" and len(node.named_children) > 1:
        return _key(file, node.named_children[1]) in _GROUPS
    if node.type != "type_identifier":
        return False
    for bound in scopes(file).find(file.text(node), node.start_byte):
        value = bound.value.child_by_field_name("value") if bound.value is not None else None
        if value is not None and value.type == "lookup_type":
            return _is_group(file, value)
    return False


def _key(file: SyntaxFile, node: Node) -> str | None:
    if node.type == "literal_type" and node.named_children:
        return literal(file, node.named_children[0])
    return None


def _literals(file: SyntaxFile, node: Node) -> Iterator[Node]:
    """The literals of a type, also in `'clients' | 'posts'`."""
    if node.type == "literal_type":
        yield node
    elif node.type == "union_type":
        yield from (one for part in node.named_children for one in _literals(file, part))


def _declared(file: SyntaxFile, node: Node, renames: Renames, found: Found) -> None:
    """`Tables: { clients: {...} }` that a person wrote."""
    name = node.child_by_field_name("name")
    if name is None:
        return
    if file.text(name) == "referencedRelation":
        for said in file.nodes("literal_type", node):
            found.add(literal_found(file, said, renames, Kind.TYPE))
    if file.text(name) not in _GROUPS:
        return
    annotation = node.child_by_field_name("type")
    for group in annotation.named_children if annotation is not None else ():
        for member in group.named_children if group.type == "object_type" else ():
            key = member.child_by_field_name("name")
            if key is not None and key.type == "property_identifier":
                new = renames.new(file.text(key))
                if new is not None:
                    text = new if _WORD.fullmatch(new) else f"'{new}'"
                    found.spots.append(
                        Spot(key.start_byte, key.end_byte, text, file.text(key), Kind.TYPE)
                    )
            elif key is not None:
                found.add(literal_found(file, key, renames, Kind.TYPE))
