"""Old names in tests that stand in for a client, or that expect what is asked of one.

`expect(client.from).toHaveBeenCalledWith('clients')`, and functions in the place of `from` that
compare what they are given: `from: jest.fn((table) => table === 'clients' ? ... : ...)`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mainstem.unify.code.structure import FUNCTIONS, calls_by_name
from mainstem.unify.code.syntax import as_call, plain
from mainstem.unify.rename.model import Found, Kind
from mainstem.unify.rename.names import compared_found, literal_found, select_literal_found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from mainstem.unify.code.syntax import Call, SyntaxFile
    from mainstem.unify.rename.model import Renames

_CALLED_WITH: Final = {
    "toHaveBeenCalledWith": 0,
    "toHaveBeenLastCalledWith": 0,
    "toHaveBeenNthCalledWith": 1,
    "toBeCalledWith": 0,
    "calledWith": 0,
    "assert_called_with": 0,
    "assert_called_once_with": 0,
    "assert_any_call": 0,
}
_ASKS: Final = re.compile(
    r"^(?:from_?|table)$|^(?:mock|spy|stub)_?(?:supabase)?_?(?:from|table)", re.IGNORECASE
)
_SELECTS: Final = re.compile(r"^select$|^(?:mock|spy|stub)_?select", re.IGNORECASE)
_NAMES: Final = frozenset({"identifier", "property_identifier"})
_IMPLEMENTS: Final = frozenset(
    {"mockImplementation", "mockImplementationOnce", "callsFake", "implementation", "fn"}
)


def expectations_found(file: SyntaxFile, renames: Renames) -> Found:
    """Every old name that a test expects or answers to."""
    found = Found()
    if not file.is_test:
        return found
    calls = calls_by_name(file)
    for method, position in _CALLED_WITH.items():
        for call in calls.get(method, ()):
            given = call.arguments[position] if len(call.arguments) > position else None
            if given is not None and _expects(file, call, _ASKS):
                found.add(literal_found(file, given, renames, Kind.EXPECTATION))
            elif given is not None and _expects(file, call, _SELECTS):
                found.add(select_literal_found(file, given, renames))
    for function in _stand_ins(file):
        name = _first_parameter(function)
        if name is not None:
            found.add(compared_found(file, name, renames, Kind.EXPECTATION))
    return found


def _expects(file: SyntaxFile, call: Call, asked: re.Pattern[str]) -> bool:
    """What is expected to have been called is so named: a client's `from`, or `select`."""
    receiver = plain(call.receiver) if call.receiver is not None else None
    while receiver is not None:
        inner = as_call(file, receiver)
        if inner is not None:
            is_expect = inner.name == "expect" and len(inner.arguments) == 1
            return is_expect and _asks(file, inner.arguments[0], asked)
        if file.language.is_script and receiver.type == "member_expression":
            receiver = receiver.child_by_field_name("object")  # `expect(it).not`
            continue
        return _asks(file, receiver, asked)
    return False


def _asks(file: SyntaxFile, node: Node, asked: re.Pattern[str] = _ASKS) -> bool:
    node = plain(node)
    name = node.child_by_field_name("property") or node.child_by_field_name("attribute") or node
    return name.type in _NAMES and asked.search(file.text(name)) is not None


def _stand_ins(file: SyntaxFile) -> Iterator[Node]:
    """Functions that stand in the place of `from`."""
    for pair in file.nodes("pair"):
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is not None and value is not None and _ASKS.search(file.text(key).strip("'\"")):
            yield from _functions(file, value)
    for method in file.nodes("method_definition") if file.language.is_script else ():
        name = method.child_by_field_name("name")
        if name is not None and _ASKS.search(file.text(name)):
            yield method
    for implementing in _IMPLEMENTS - {"fn"}:
        for call in calls_by_name(file).get(implementing, ()):
            if call.receiver is not None and call.arguments and _asks(file, call.receiver):
                yield from _functions(file, call.arguments[0])
    for declared in file.nodes("variable_declarator") if file.language.is_script else ():
        key, value = declared.child_by_field_name("name"), declared.child_by_field_name("value")
        if key is not None and value is not None and _ASKS.search(file.text(key)):
            yield from _functions(file, value)


def _functions(file: SyntaxFile, value: Node) -> Iterator[Node]:
    value = plain(value)
    if value.type in FUNCTIONS:
        yield value
        return
    call = as_call(file, value)
    if call is not None and call.name in _IMPLEMENTS and call.arguments:
        yield from _functions(file, call.arguments[0])


def _first_parameter(function: Node) -> Node | None:
    """The name of a function's first parameter."""
    single = function.child_by_field_name("parameter")
    listed = function.child_by_field_name("parameters")
    first = single or (listed.named_children[0] if listed and listed.named_children else None)
    if first is None:
        return None
    name = first.child_by_field_name("pattern") or first
    return name if name.type == "identifier" else None
