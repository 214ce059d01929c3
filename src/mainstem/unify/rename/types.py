"""Old names in TypeScript's types: `Tables<'clients'>`, `Database['public']['Tables']['clients']`.

The shape is that of the types which Supabase's and this project's generators write.
"""

from __future__ import annotations

import re
from itertools import pairwise
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
#: what a schema has in generated types
_PARTS: Final = _GROUPS | {"Functions", "Enums", "CompositeTypes"}
#: `{ schema: "auth" }`, by which the generated helpers are told another one
_SCHEMA: Final = re.compile(r"\bschema['\"]?\s*:\s*(['\"])(?P<name>[^'\"]+)\1")
_TYPED: Final = frozenset({Language.TYPESCRIPT, Language.TSX})
_WORD: Final = re.compile(r"[A-Za-z_$][\w$]*")


def types_found(file: SyntaxFile, renames: Renames) -> Found:
    """Every old name in the types of a file."""
    found = Found()
    if file.language not in _TYPED:
        return found
    for node in file.nodes("lookup_type"):
        parts = node.named_children
        if len(parts) == 2 and _is_group(file, parts[0], renames):  # noqa: PLR2004 -- a type and its key
            for said in _literals(file, parts[1]):
                found.add(literal_found(file, said, renames, Kind.TYPE))
    for node in file.nodes("generic_type"):
        name, arguments = (
            node.child_by_field_name("name"),
            node.child_by_field_name("type_arguments"),
        )
        if name is None or arguments is None or not _HELPER.fullmatch(file.text(name)):
            continue
        other = _SCHEMA.search(file.text(arguments))
        if other is not None and not renames.means(other["name"]):
            continue
        for said in (one for part in arguments.named_children for one in _literals(file, part)):
            found.add(literal_found(file, said, renames, Kind.TYPE))
    for node in file.nodes("property_signature"):
        _declared(file, node, renames, found)
    return found


def _is_group(file: SyntaxFile, node: Node, renames: Renames) -> bool:
    """The type is all tables: `Database['public']['Tables']`, or an alias of that."""
    if node.type == "lookup_type" and len(node.named_children) > 1:
        outer, key = node.named_children[:2]
        schema = _key(file, outer.named_children[1]) if outer.type == "lookup_type" else None
        return _key(file, key) in _GROUPS and renames.means(schema)
    if node.type != "type_identifier":
        return False
    for bound in scopes(file).find(file.text(node), node.start_byte):
        value = bound.value.child_by_field_name("value") if bound.value is not None else None
        if value is not None and value.type == "lookup_type":
            return _is_group(file, value, renames)
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
    """`Tables: { clients: {...} }`, and what relationships and functions say of tables."""
    name, around = _property(file, node), _around(file, node)
    if not renames.means(_schema_of([name, *around])):
        return
    if name == "referencedRelation" or (around[:1] == ["SetofOptions"] and name in {"from", "to"}):
        for said in file.nodes("literal_type", node):
            found.add(literal_found(file, said, renames, Kind.TYPE))
    annotation = node.child_by_field_name("type") if name in _GROUPS else None
    for group in annotation.named_children if annotation is not None else ():
        for member in group.named_children if group.type == "object_type" else ():
            _keyed(file, member.child_by_field_name("name"), renames, found)


def _keyed(file: SyntaxFile, key: Node | None, renames: Renames, found: Found) -> None:
    """The key under which a table stands, quoted or not."""
    if key is None:
        return
    if key.type != "property_identifier":
        found.add(literal_found(file, key, renames, Kind.TYPE))
        return
    new = renames.new(file.text(key))
    if new is not None:
        text = new if _WORD.fullmatch(new) else f"'{new}'"
        found.spots.append(Spot(key.start_byte, key.end_byte, text, file.text(key), Kind.TYPE))


def _property(file: SyntaxFile, node: Node) -> str:
    """What a property is called, without quotes."""
    name = node.child_by_field_name("name")
    if name is None:
        return ""
    return file.text(name) if name.type == "property_identifier" else literal(file, name) or ""


def _around(file: SyntaxFile, node: Node) -> list[str]:
    """The properties in which one stands, the innermost first."""
    found: list[str] = []
    holder = node.parent
    while holder is not None:
        if holder.type == "property_signature":
            found.append(_property(file, holder))
        holder = holder.parent
    return found


def _schema_of(names: list[str]) -> str | None:
    """The property around `Tables` or another part of a schema; None where there is none."""
    pairs = pairwise(reversed(names))
    return next((outer for outer, inner in pairs if inner in _PARTS), None)
