"""The text of SQL that a string expression gives, with markers where run time puts something in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar

from mainstem.unify.code.model import FileReading, Place
from mainstem.unify.code.names import resolve
from mainstem.unify.code.sql_placeholders import marker
from mainstem.unify.code.syntax import as_call, literal, pieces, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tree_sitter import Node

    from mainstem.unify.code.model import DeclaredTable, TableUse
    from mainstem.unify.code.syntax import Call, SyntaxFile

#: Helpers that put a name into a template: postgres.js, slonik, psycopg, Prisma, Drizzle.
_NAME_HELPERS: Final = frozenset(
    {"sql", "identifier", "ident", "Identifier", "raw", "id", "literal", "SQL", "unsafe"}
)
_FIELDS: Final = re.compile(r"\{(\w*)[^{}]*\}")
_PERCENT: Final = re.compile(r"%(?:\((\w+)\))?[sdr]")
T = TypeVar("T", "TableUse", "DeclaredTable")


@dataclass
class Text:
    """SQL as far as it is known, and the expressions behind its markers, by number."""

    node: Node
    sql: str = ""
    pieces: dict[int, Node] = field(default_factory=dict)

    def add(self, part: str | Node) -> None:
        """Put a text, or a marker for an expression, at the end."""
        if isinstance(part, str):
            self.sql += part
        else:
            self.sql += self.marked(part)

    def marked(self, piece: Node) -> str:
        """A new marker for an expression."""
        of = len(self.pieces) + 1
        self.pieces[of] = piece
        return marker(of)

    @property
    def lines_are_exact(self) -> bool:
        """Whether each line of the text is a line of the source."""
        return self.sql.count("\n") == self._last_line - self.node.start_point[0]

    @property
    def _last_line(self) -> int:
        return self.node.end_point[0]

    def clamped(self, reading: FileReading) -> FileReading:
        """The reading with no line further down than the string goes."""
        return replace(
            reading,
            uses=tuple(self._clamped(use) for use in reading.uses),
            declared=tuple(self._clamped(table) for table in reading.declared),
            functions=tuple(
                replace(call, place=self._place(call.place)) for call in reading.functions
            ),
            unresolved=tuple(
                replace(one, place=self._place(one.place)) for one in reading.unresolved
            ),
        )

    def _clamped(self, item: T) -> T:
        columns = tuple(
            replace(column, line=min(column.line, self._last_line + 1)) for column in item.columns
        )
        return replace(item, place=self._place(item.place), columns=columns)

    def _place(self, place: Place) -> Place:
        return Place(place.file, min(place.line, self._last_line + 1))


def text_of(file: SyntaxFile, node: Node) -> Text | None:
    """The text of a string expression; None if it is none."""
    parts = _formatted(file, node)
    if parts is not None:
        return parts
    found = pieces(file, node)
    if found is None:
        return None
    text = Text(node)
    is_tagged = _is_tagged(node)
    for part in found:
        text.add(part if isinstance(part, str) else _known(file, part, is_tagged=is_tagged))
    return _with_fields(file, text)


def _is_tagged(node: Node) -> bool:
    parent = node.parent
    return node.type == "template_string" and parent is not None and parent.type in _CALLS


_CALLS: Final = frozenset({"call_expression"})


def _known(file: SyntaxFile, piece: Node, *, is_tagged: bool) -> str | Node:
    """A piece as text where it is a constant; in a tagged template it is a value, never a text."""
    name = _helped(file, as_call(file, plain(piece)))
    if name is not None:
        return name
    text = None if is_tagged else resolve(file, piece).sole
    return piece if text is None else text


def _helped(file: SyntaxFile, call: Call | None) -> str | None:
    """The name that a helper such as `sql('person')` or `Identifier('a', 'b')` puts in."""
    if call is None or call.name not in _NAME_HELPERS or not call.arguments:
        return None
    first = plain(call.arguments[0])
    given = first.named_children if first.type == "array" else call.arguments
    names = [literal(file, argument) for argument in given]
    if any(name is None for name in names):
        return None
    if call.name in {"SQL", "raw", "unsafe"}:
        return names[0]
    return ".".join('"' + (name or "").replace('"', '""') + '"' for name in names)


def _formatted(file: SyntaxFile, node: Node) -> Text | None:
    """`'... %s' % (a, b)`: the pieces in the order they are put in."""
    operator = node.child_by_field_name("operator")
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if operator is None or operator.type != "%" or left is None or right is None:
        return None
    parts = pieces(file, left)
    if parts is None:
        return None
    given = right.named_children if right.type == "tuple" else [right]
    text = Text(node)
    sql = "".join(part if isinstance(part, str) else text.marked(part) for part in parts)
    text.sql = _filled(file, sql, _PERCENT, text, given=given, named=_pairs(file, right))
    return text


def _with_fields(file: SyntaxFile, text: Text) -> Text:
    """`'... {}'.format(a)`: the same for Python's other way."""
    call = _format_call(file, text.node)
    if call is not None:
        given, named = call.arguments, call.keywords
        text.sql = _filled(file, text.sql, _FIELDS, text, given=given, named=named)
    return text


def _format_call(file: SyntaxFile, node: Node) -> Call | None:
    """The call of `format` on the string, or on the `SQL()` around it."""
    for _ in range(5):
        parent = node.parent
        if parent is None:
            return None
        if parent.type == "attribute":
            call = as_call(file, parent.parent) if parent.parent is not None else None
            return call if call is not None and call.name == "format" else None
        if parent.type not in {"argument_list", "call", "parenthesized_expression"}:
            return None
        node = parent
    return None


def _filled(
    file: SyntaxFile,
    sql: str,
    fields: re.Pattern[str],
    text: Text,
    *,
    given: Sequence[Node],
    named: Mapping[str, Node],
) -> str:
    """The text with the constants in their fields, markers in the others."""
    position = -1

    def filled(match: re.Match[str]) -> str:
        nonlocal position
        name = match[1] or ""
        position += not name
        at = int(name) if name.isdecimal() else position
        piece = (
            named.get(name) or (given[at] if not name or name.isdecimal() else None)
            if at < len(given) or name in named
            else None
        )
        if piece is None:
            return text.marked(text.node)
        known = _known(file, piece, is_tagged=False)
        return known if isinstance(known, str) else text.marked(known)

    return fields.sub(filled, sql)


def _pairs(file: SyntaxFile, node: Node) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for pair in node.named_children if node.type == "dictionary" else ():
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        name = literal(file, key) if key is not None else None
        if name is not None and value is not None:
            found[name] = value
    return found
