"""Whether functions that promise to depend on nothing but their arguments keep it.

The server works out what such a function returns when it plans a statement. One that asks who calls
all the same would answer all callers of one plan what it answered the first of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mainstem.unify.audit.expressions import DYNAMIC_SQL, names, nodes, parse_body

if TYPE_CHECKING:
    from collections.abc import Container

    from mainstem.unify.audit.expressions import Node
    from mainstem.unify.catalog.database import Function

#: who or when it is, a table, a statement that is put together when it runs
_ASKING: Final = frozenset({"SQLValueFunction", "RangeVar", DYNAMIC_SQL})


def keeps_promise(function: Function, mutable: Container[str]) -> bool:
    """Whether nothing in a body asks for more than its arguments; False where it cannot be told.

    Args:
        function: one that makes the promise.
        mutable: names of functions that make no such promise, and of operators that call one;
            those that do are asked themselves.
    """
    body = parse_body(function)
    return body is not None and not any(_asks(*node, mutable) for node in nodes(list(body)))


def _asks(kind: str, fields: Node, mutable: Container[str]) -> bool:
    if kind == "A_Expr":
        return names(fields["name"])[-1] in mutable
    if kind != "FuncCall":
        return kind in _ASKING
    called = names(fields["funcname"])[-1]
    return called == "current_setting" or called in mutable
