"""What type of value an expression gives, as far as the code tells: see `ColumnUse.value_type`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.names import origins
from mainstem.unify.code.syntax import as_call, literal, plain

if TYPE_CHECKING:
    from mainstem.unify.code.syntax import SyntaxFile

DEPTH_MAX: Final = 4


def value_type(file: SyntaxFile, node: Node, depth: int = 0) -> str | None:
    """The type of every value the expression can have, if it is one; null beside it is no type.

    `depth` counts the sums that it is a part of: `count = count + 1` leads back to itself.
    """
    if depth > DEPTH_MAX:
        return None
    found = {
        _literal_type(file, origin, depth) if isinstance(origin, Node) else None
        for origin in origins(file, node)
    }
    if len(found) > 1:
        found.discard("null")
    if found == {"integer", "number"}:
        return "number"
    return found.pop() if len(found) == 1 else None


def _literal_type(file: SyntaxFile, node: Node, depth: int) -> str | None:
    kind = node.type
    if kind in _TYPES:
        return _TYPES[kind]
    reading = _READINGS.get(kind, _call_type)
    return reading(file, node, depth)


def _text_type(file: SyntaxFile, node: Node, _depth: int) -> str:
    text = literal(file, node)
    if text is not None and _UUID.fullmatch(text):
        return "uuid"
    return "timestamp" if text is not None and _MOMENT.match(text) else "text"


def _number_type(file: SyntaxFile, node: Node, _depth: int) -> str:
    return "integer" if re.fullmatch(r"[\d_]+", file.text(node)) else "number"


def _list_type(_file: SyntaxFile, node: Node, _depth: int) -> str:
    """A list of objects is JSON; of other values it can be an array column too."""
    inner = [plain(child).type for child in node.named_children]
    return "json" if any(kind in {"object", "dictionary", "array"} for kind in inner) else "array"


def _unary_type(file: SyntaxFile, node: Node, depth: int) -> str | None:
    operator = node.child_by_field_name("operator")
    mark = file.text(operator) if operator is not None else ""
    if mark in {"!", "delete"}:
        return "boolean"
    operand = node.child_by_field_name("argument")
    inner = _literal_type(file, plain(operand), depth) if operand is not None else None
    return inner if inner in {"integer", "number"} else "number" if mark in {"-", "+"} else None


def _sum_type(file: SyntaxFile, node: Node, depth: int) -> str | None:
    operator = node.child_by_field_name("operator")
    mark = file.text(operator) if operator is not None else ""
    if mark in _COMPARISONS:
        return "boolean"
    if mark in {"-", "*", "/", "%", "**"}:
        return "number"
    sides = {
        value_type(file, side, depth + 1)
        for name in ("left", "right")
        if (side := node.child_by_field_name(name)) is not None
    }
    if mark == "+" and "text" in sides:
        return "text"
    return "number" if mark == "+" and sides <= {"integer", "number"} else None


def _call_type(file: SyntaxFile, node: Node, depth: int) -> str | None:
    call = as_call(file, node)
    if call is None:
        return None
    if call.name == "stringify" or (call.name == "dumps" and call.receiver is not None):
        return "text"
    if call.name in {"str", "String"} and call.arguments:
        inner = value_type(file, call.arguments[0], depth + 1)
        return inner if inner in {"uuid", "timestamp"} else "text"
    if call.name in {"round", "floor", "ceil"}:
        return "integer"
    if call.name == "now":
        is_number = call.receiver is not None and file.text(call.receiver) == "Date"
        return "integer" if is_number else "timestamp"
    return _CALLS.get(call.name)


_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}|$)")
_COMPARISONS: Final = frozenset(
    {"===", "!==", "==", "!=", "<", ">", "<=", ">=", "in", "instanceof"}
)
_TYPES: Final = {
    "true": "boolean",
    "false": "boolean",
    "null": "null",
    "none": "null",
    "object": "json",
    "dictionary": "json",
    "not_operator": "boolean",
    "comparison_operator": "boolean",
}
_CALLS: Final = {
    "toISOString": "timestamp",
    "isoformat": "timestamp",
    "utcnow": "timestamp",
    "Date": "timestamp",
    "randomUUID": "uuid",
    "uuidv4": "uuid",
    "uuid4": "uuid",
    "uuid": "uuid",
    "Number": "number",
    "parseFloat": "number",
    "toFixed": "text",
    "parseInt": "integer",
    "int": "integer",
    "len": "integer",
    "float": "number",
    "Boolean": "boolean",
    "bool": "boolean",
    "toString": "text",
    "trim": "text",
    "strip": "text",
    "toLowerCase": "text",
    "toUpperCase": "text",
    "lower": "text",
    "upper": "text",
    "join": "text",
}
_READINGS: Final = {
    "string": _text_type,
    "template_string": _text_type,
    "concatenated_string": _text_type,
    "number": _number_type,
    "integer": _number_type,
    "float": _number_type,
    "array": _list_type,
    "list": _list_type,
    "unary_expression": _unary_type,
    "unary_operator": _unary_type,
    "binary_expression": _sum_type,
    "binary_operator": _sum_type,
}
