"""A source file as a syntax tree, with the few questions that every reader asks of it.

Trees are made by tree-sitter, which goes on after broken syntax. Searching is done by its queries
(tree-sitter.github.io/tree-sitter/using-parsers/queries), in C: walking nodes from Python is what
would cost time. Names that stand for something else are followed in `names.py`.
"""

from __future__ import annotations

import enum
import re
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final

import tree_sitter_javascript
import tree_sitter_python
import tree_sitter_typescript
from tree_sitter import Language as Grammar
from tree_sitter import Parser, Query, QueryCursor

from mainstem.unify.code.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node, Tree

EXPRESSION_TEXT_CHARACTERS_MAX: Final = 80


class Language(enum.Enum):
    """What a file is written in. `TEXT` has no tree: Prisma's schema, `.env` files."""

    TYPESCRIPT = "typescript"
    TSX = "tsx"
    JAVASCRIPT = "javascript"
    PYTHON = "python"
    TEXT = "text"

    @property
    def is_script(self) -> bool:
        """It is JavaScript or TypeScript: the trees of the three share their node types."""
        return self in {Language.TYPESCRIPT, Language.TSX, Language.JAVASCRIPT}


@dataclass(frozen=True, eq=False)
class SyntaxFile:
    """One file. `source` is valid UTF-8; `path` is relative to the audited folder.

    Of Vue and Svelte files, everything but the scripts is blanked out, so that lines are right.
    """

    path: str
    language: Language
    source: bytes
    is_test: bool = False

    @cached_property
    def tree(self) -> Tree:
        """The whole tree, parsed when first asked for."""
        return Parser(grammar(self.language)).parse(self.source)

    @property
    def root(self) -> Node:
        """The node that holds all others."""
        return self.tree.root_node

    def nodes(self, kinds: str, within: Node | None = None) -> list[Node]:
        """All nodes of those kinds (separated by spaces), in the order of the text."""
        search = " ".join(f"({kind})" for kind in kinds.split())
        return self.captures(f"[{search}] @node", within).get("node", [])

    def captures(self, search: str, within: Node | None = None) -> dict[str, list[Node]]:
        """The nodes that a tree-sitter query captures, by the name of the capture.

        Tree-sitter hands them out in no order: here they stand in the order of the text.
        """
        cursor = QueryCursor(query(self.language, search))
        found = cursor.captures(within or self.root)
        return {name: sorted(nodes, key=_position) for name, nodes in found.items()}

    def matches(self, search: str, within: Node | None = None) -> Iterator[dict[str, list[Node]]]:
        """Each match of a tree-sitter query: the nodes by the name of the capture."""
        cursor = QueryCursor(query(self.language, search))
        return (captured for _, captured in cursor.matches(within or self.root))

    def text(self, node: Node) -> str:
        """The source text of a node."""
        return self.source[node.start_byte : node.end_byte].decode(errors="replace")

    def expression(self, node: Node) -> str:
        """The source text of a node on one line, cut short, to show to people."""
        text = " ".join(self.text(node).split())
        return text if len(text) <= EXPRESSION_TEXT_CHARACTERS_MAX else text[:79] + "…"

    def line(self, node: Node) -> int:
        """The line on which the node begins, counted from 1."""
        return node.start_point[0] + 1

    def place(self, node: Node) -> Place:
        """File and line of a node."""
        return Place(self.path, self.line(node))


@dataclass(frozen=True)
class Call:
    """A call: `name` is the method's or function's, `receiver` what stands before the dot."""

    node: Node
    name: str
    receiver: Node | None
    arguments: tuple[Node, ...]
    #: arguments by keyword (Python)
    keywords: dict[str, Node]
    #: where the name stands: a long chain names its line better than its start
    name_node: Node

    def argument(self, position: int, keyword: str | None = None) -> Node | None:
        """The argument at a position, or of a keyword, if there is one."""
        if keyword is not None and keyword in self.keywords:
            return self.keywords[keyword]
        return self.arguments[position] if position < len(self.arguments) else None


def calls(file: SyntaxFile, within: Node | None = None) -> Iterator[Call]:
    """Every call in the file (or below a node) that has a name, in the order of the text."""
    for node in file.nodes("call_expression" if file.language.is_script else "call", within):
        call = as_call(file, node)
        if call is not None:
            yield call


def as_call(file: SyntaxFile, node: Node) -> Call | None:
    """The node as a call, if it is one and what is called has a name."""
    if node.type not in _CALLS:
        return None
    called = node.child_by_field_name("function") or node.child_by_field_name("constructor")
    arguments = node.child_by_field_name("arguments")
    if called is None or arguments is None:
        return None
    called = plain(called)
    receiver, name = called.child_by_field_name("object"), called
    if called.type in _MEMBERS:
        member = called.child_by_field_name(_MEMBERS[called.type])
        if member is None:
            return None
        name = member
    elif called.type not in {"identifier", "import"}:
        return None
    given = arguments.named_children if arguments.type in _ARGUMENTS else [arguments]
    given = [argument for argument in given if argument.type != "comment"]
    keywords = dict(_keyword(file, node) for node in given if node.type == "keyword_argument")
    positional = tuple(node for node in given if node.type != "keyword_argument")
    return Call(node, file.text(name), receiver, positional, keywords, name)


def plain(node: Node) -> Node:
    """The expression without what does not change its value: brackets, casts, `await`, `!`."""
    while node.type in _WRAPPERS:
        inner = next((child for child in node.named_children if child.type != "comment"), None)
        if inner is None:
            return node
        node = inner
    return node


def literal(file: SyntaxFile, node: Node) -> str | None:
    """The value of a string literal; None for anything else, and for one with parts to fill in."""
    parts = pieces(file, node)
    if parts is None or not all(isinstance(part, str) for part in parts):
        return None
    return "".join(part for part in parts if isinstance(part, str))


def pieces(file: SyntaxFile, node: Node) -> Sequence[str | Node] | None:
    """A string's constant texts and the expressions between them; None if it is no string.

    Strings put together with `+` (and those that follow each other in Python) are one.
    """
    node = plain(node)
    if node.type == "concatenated_string":
        return _joined(file, node.named_children)
    if node.type in {"binary_expression", "binary_operator"}:
        return _sum(file, node)
    if node.type not in _STRINGS:
        return None
    found: list[str | Node] = []
    is_raw = node.type == "string" and _is_raw(file, node)
    for child in node.children:
        if child.type in {"template_substitution", "interpolation"}:
            found.extend(inner for inner in child.named_children[:1])
        elif child.type in {"string_fragment", "string_content", "escape_sequence"}:
            text = file.text(child)
            found.append(text if is_raw else _unescaped(text))
    return found


def grammar(language: Language) -> Grammar:
    """The tree-sitter grammar of a language; `TEXT` has none."""
    return _GRAMMARS[language]()


@cache
def query(language: Language, search: str) -> Query:
    """A tree-sitter query, compiled once for each language."""
    return Query(grammar(language), search)


def _position(node: Node) -> tuple[int, int]:
    return node.start_byte, -node.end_byte


def _keyword(file: SyntaxFile, node: Node) -> tuple[str, Node]:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    return (file.text(name) if name else "", value or node)


def _joined(file: SyntaxFile, nodes: Sequence[Node]) -> Sequence[str | Node] | None:
    found: list[str | Node] = []
    for node in nodes:
        if node.type == "comment":
            continue
        parts = pieces(file, node)
        found.extend([node] if parts is None else parts)
    return found if any(isinstance(part, str) for part in found) else None


def _sum(file: SyntaxFile, node: Node) -> Sequence[str | Node] | None:
    """`'a' + b + 'c'`, whose left side is a sum again: a loop, since such a chain can be long."""
    terms: list[Node] = []
    while node.type in {"binary_expression", "binary_operator"}:
        operator = node.child_by_field_name("operator")
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if operator is None or operator.type != "+" or left is None or right is None:
            break
        terms.append(right)
        node = plain(left)
    return _joined(file, [node, *reversed(terms)]) if terms else None


def _is_raw(file: SyntaxFile, node: Node) -> bool:
    start = node.children[0] if node.children else None
    return start is not None and start.type == "string_start" and "r" in file.text(start).lower()


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    code = match["code"] or match["long"] or match["point"]
    if code:
        point = int(code, 16)
        return chr(min(point, sys.maxunicode)).encode(errors="replace").decode()
    return _ESCAPED.get(match["one"], match["one"])


_ESCAPE: Final = re.compile(
    r"\\(?:x(?P<code>[0-9a-fA-F]{2})|u(?P<long>[0-9a-fA-F]{4})|u\{(?P<point>[0-9a-fA-F]{1,8})\}"
    r"|(?P<one>\r\n|.))",
    re.DOTALL,
)
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f", "v": "\v"} | {
    "\n": "",
    "\r\n": "",
}
_CALLS: Final = frozenset({"call_expression", "call", "new_expression"})
_ARGUMENTS: Final = frozenset({"arguments", "argument_list"})
_MEMBERS: Final = {"member_expression": "property", "attribute": "attribute"}
_STRINGS: Final = frozenset({"string", "template_string"})
_WRAPPERS: Final = frozenset(
    {
        "parenthesized_expression",
        "as_expression",
        "satisfies_expression",
        "non_null_expression",
        "await_expression",
        "await",
        "type_assertion",
    }
)


@cache
def _typescript() -> Grammar:
    return Grammar(tree_sitter_typescript.language_typescript())


@cache
def _tsx() -> Grammar:
    return Grammar(tree_sitter_typescript.language_tsx())


@cache
def _javascript() -> Grammar:
    return Grammar(tree_sitter_javascript.language())


@cache
def _python() -> Grammar:
    return Grammar(tree_sitter_python.language())


_GRAMMARS: Final = {
    Language.TYPESCRIPT: _typescript,
    Language.TSX: _tsx,
    Language.JAVASCRIPT: _javascript,
    Language.PYTHON: _python,
}
