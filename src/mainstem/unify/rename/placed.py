"""The text of a string expression, where each character remembers its bytes in the source.

A text can be put together from several literals and constants of the file. What only the running
program knows is one character, `UNKNOWN`, that has no place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.names import origins
from mainstem.unify.code.select_text import UNKNOWN
from mainstem.unify.code.syntax import as_call, plain
from mainstem.unify.rename.model import Spot

if TYPE_CHECKING:
    from mainstem.unify.code.syntax import SyntaxFile
    from mainstem.unify.rename.model import Kind

DEPTH_MAX: Final = 8
#: calls that put a name into a template: postgres.js, slonik, psycopg, Prisma, Drizzle
NAME_HELPERS: Final = frozenset({"sql", "identifier", "ident", "Identifier", "id"})

_STRINGS: Final = frozenset({"string", "template_string"})
_SUMS: Final = frozenset({"binary_expression", "binary_operator"})
_HOLES: Final = frozenset({"template_substitution", "interpolation"})
_ESCAPE: Final = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,8}\}|(?P<end>\r?\n)|(?P<one>.))",
    re.DOTALL,
)
_BLANKS: Final = frozenset("ntrbfv")


@dataclass
class Placed:
    """A text, with the bytes of each character; the delimiters are those of its literal."""

    text: str = ""
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    delimiters: list[str] = field(default_factory=list)

    def add(self, character: str, start: int, end: int, delimiter: str) -> None:
        """Put one character at the end."""
        self.text += character
        self.starts.append(start)
        self.ends.append(end)
        self.delimiters.append(delimiter)

    def spot(self, start: int, end: int, text: str, *, old: str, kind: Kind) -> Spot | None:
        """An edit of a part of the text; None where its bytes do not stand together."""
        if start == end or any(self.starts[at] < 0 for at in range(start, end)):
            return None
        joints = range(start, end - 1)
        if any(self.ends[at] != self.starts[at + 1] for at in joints):
            return None
        written = _written(text, self.delimiters[start])
        if written is None:
            return None
        return Spot(self.starts[start], self.ends[end - 1], written, old, kind)


def placed_text(file: SyntaxFile, node: Node, *, is_tagged: bool = False) -> Placed | None:
    """The text of an expression; None if it is no string.

    In a tagged template what is filled in is a value and never a part of the text.
    """
    found = Placed()
    is_text = _walk(file, plain(node), found, depth=0, is_tagged=is_tagged)
    return found if is_text else None


def _walk(file: SyntaxFile, node: Node, found: Placed, *, depth: int, is_tagged: bool) -> bool:
    """Add the text of a node; false where it is no string, and then nothing is added."""
    if node.type in _STRINGS:
        _literal(file, node, found, depth=depth, is_tagged=is_tagged)
        return True
    terms = _terms(node)
    if not any(term.type in _STRINGS for term in terms):
        return False
    for term in terms:
        _part(file, term, found, depth=depth, is_tagged=is_tagged)
    return True


def _terms(node: Node) -> list[Node]:
    """The parts of a sum of strings, or of strings that follow each other."""
    if node.type == "concatenated_string":
        return [child for child in node.named_children if child.type != "comment"]
    terms: list[Node] = []
    while node.type in _SUMS:
        operator = node.child_by_field_name("operator")
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if operator is None or operator.type != "+" or left is None or right is None:
            break
        terms.insert(0, plain(right))
        node = plain(left)
    return [node, *terms] if terms else []


def _part(file: SyntaxFile, node: Node, found: Placed, *, depth: int, is_tagged: bool) -> None:
    """A part of a text: a literal, a constant of this file, or what cannot be told."""
    node = plain(node)
    if node.type in _STRINGS:
        _literal(file, node, found, depth=depth, is_tagged=is_tagged)
        return
    named = _helped(file, node)
    sole = [named] if named is not None else [] if is_tagged else origins(file, node)
    inner = sole[0] if len(sole) == 1 else None
    if depth < DEPTH_MAX and isinstance(inner, Node) and inner.type in _STRINGS:
        if named is not None:
            found.add('"', -1, -1, "")
        _literal(file, inner, found, depth=depth + 1, is_tagged=False)
        if named is not None:
            found.add('"', -1, -1, "")
    else:
        found.add(UNKNOWN, -1, -1, "")


def _helped(file: SyntaxFile, node: Node) -> Node | None:
    """The name in `sql('person')` or `Identifier('person')`, which quotes it."""
    call = as_call(file, node)
    if call is None or call.name not in NAME_HELPERS or len(call.arguments) != 1:
        return None
    first = plain(call.arguments[0])
    given = first.named_children if first.type == "array" else [first]
    return given[0] if len(given) == 1 and given[0].type in _STRINGS else None


def _literal(file: SyntaxFile, node: Node, found: Placed, *, depth: int, is_tagged: bool) -> None:
    opening = file.text(node.children[0]) if node.children else ""
    for child in node.children:
        if child.type in _HOLES:
            inner = child.named_children[0] if child.named_children else child
            _part(file, inner, found, depth=depth, is_tagged=is_tagged)
        elif child.type in {"string_fragment", "string_content", "escape_sequence"}:
            _content(file.text(child), child.start_byte, found, opening)


def _content(text: str, start: int, found: Placed, opening: str) -> None:
    """The characters of a piece of a literal, escapes as what they stand for."""
    is_raw = "r" in opening.lower()
    at, byte = 0, start
    while at < len(text):
        escape = _ESCAPE.match(text, at) if not is_raw else None
        taken = escape[0] if escape is not None else text[at]
        size = len(taken.encode())
        if escape is None:
            found.add(taken, byte, byte + size, opening)
        elif not escape["end"]:
            found.add(_character(escape), byte, byte + size, opening)
        at, byte = at + len(taken), byte + size


def _character(escape: re.Match[str]) -> str:
    """What an escape stands for, as far as it matters: whitespace, a sign, or some character."""
    one = escape["one"]
    if one is None:
        return "\ufffd"
    if one in _BLANKS:
        return "\n" if one == "n" else " "
    return one


def _written(text: str, opening: str) -> str | None:
    """The text as it is written in a literal that begins so; None where it cannot be."""
    delimiter = opening.lstrip("rbfuRBFU")
    if delimiter not in {'"', "'", "`"} or delimiter not in text:
        return text
    return None if "r" in opening.lower() else text.replace(delimiter, "\\" + delimiter)
