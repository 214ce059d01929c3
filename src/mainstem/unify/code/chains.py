"""Calls that follow each other: `client.from('x').select('id').eq('a', 1)`, and on in a variable.

A builder kept in a variable (`let q = client.from('x').select()`, later `q = q.eq('a', 1)`) is
followed where the variable holds: every call on it belongs to the chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from mainstem.unify.code.scopes import scopes
from mainstem.unify.code.structure import calls_by_name
from mainstem.unify.code.syntax import as_call, plain

if TYPE_CHECKING:
    from tree_sitter import Node

    from mainstem.unify.code.scopes import Binding
    from mainstem.unify.code.syntax import Call, SyntaxFile

CALLS_MAX: Final = 300


@dataclass(frozen=True)
class Chain:
    """The calls on what a call gives, in order; `kept` is the variable that holds the last."""

    calls: tuple[Call, ...]
    kept: Binding | None = None


def chain_of(file: SyntaxFile, start: Call) -> Chain:
    """The calls that follow a call directly, and where the result is kept."""
    found: list[Call] = []
    node, top = start.node, start.node
    while len(found) < CALLS_MAX and (parent := node.parent) is not None:
        if parent.type in _MEMBERS and parent.child_by_field_name("object") == node:
            node = parent
        elif parent.type in _CALLS and parent.child_by_field_name("function") == node:
            call = as_call(file, parent)
            if call is None:
                break
            found.append(call)
            node = top = parent
        elif parent.type in _AROUND:
            node = parent
        else:
            break
    return Chain(tuple(found), _kept(file, top))


def later_calls(file: SyntaxFile, kept: Binding) -> list[Call]:
    """Every call on a variable, and the calls that follow those, in the order of the text."""
    found: list[Call] = []
    for call in calls_on(file).get(kept.name, ()):
        is_held = kept.start <= call.node.start_byte < kept.end
        if is_held and _same(file, kept, call):
            found.extend([call, *chain_of(file, call).calls])
    return found


@lru_cache(maxsize=4)
def calls_on(file: SyntaxFile) -> dict[str, list[Call]]:
    """Every call whose receiver is a plain name, by that name."""
    found: dict[str, list[Call]] = {}
    for same_name in calls_by_name(file).values():
        for call in same_name:
            receiver = plain(call.receiver) if call.receiver is not None else None
            if receiver is not None and receiver.type == "identifier":
                found.setdefault(file.text(receiver), []).append(call)
    return {
        name: sorted(calls, key=lambda call: call.node.start_byte) for name, calls in found.items()
    }


def _same(file: SyntaxFile, kept: Binding, call: Call) -> bool:
    bound = scopes(file).find(kept.name, call.node.start_byte)
    return any((one.start, one.end) == (kept.start, kept.end) for one in bound)


def _kept(file: SyntaxFile, node: Node) -> Binding | None:
    """The variable that an expression is assigned to, itself and not what awaiting it gives."""
    parent = node.parent
    while parent is not None and parent.type in _AROUND | _CHOICES:
        node, parent = parent, parent.parent
    if parent is None or parent.type not in _ASSIGNING:
        return None
    name = parent.child_by_field_name("name") or parent.child_by_field_name("left")
    if name is None or name.type != "identifier" or name == node:
        return None
    bound = scopes(file).find(file.text(name), name.start_byte)
    declared = [one for one in bound if not one.is_assignment] or bound
    return declared[0] if declared else None


_CALLS: Final = frozenset({"call_expression", "call"})
_MEMBERS: Final = frozenset({"member_expression", "attribute"})
_AROUND: Final = frozenset(
    {
        "parenthesized_expression",
        "non_null_expression",
        "as_expression",
        "satisfies_expression",
    }
)
_CHOICES: Final = frozenset({"ternary_expression", "conditional_expression"})
_ASSIGNING: Final = frozenset({"variable_declarator", "assignment_expression", "assignment"})
