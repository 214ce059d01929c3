"""Policy expressions with the functions that they call put in their place.

A function of one expression is replaced by it, one that looks rows up by its query, one in PL/pgSQL
by a node that lists its statements; arguments stand where the parameters stood. What is analysed
afterwards no longer knows that there were functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mainstem.unify.audit.expressions import Node, names, nodes, parse_body, parse_expression
from mainstem.unify.catalog.database import ObjectName

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mainstem.unify.catalog.database import Function

#: the statements of a function that is no single expression
BODY: Final = "FunctionBody"
_DEPTH_MAX: Final = 6


class Expander:
    """Knows the functions of a database by name."""

    def __init__(
        self, functions: Iterable[Function], columns: Mapping[ObjectName, Iterable[str]]
    ) -> None:
        self._columns = {name: frozenset(listed) for name, listed in columns.items()}
        self._functions: dict[ObjectName, list[Function]] = {}
        for function in functions:
            self._functions.setdefault(function.name, []).append(function)
        self._expanded: dict[str, Node] = {}

    def expression(self, text: str) -> Node:
        """The tree of an expression, expanded; policies of many tables have the same one."""
        if text not in self._expanded:
            found = self.expand(parse_expression(text))
            self._expanded[text] = found if isinstance(found, dict) else {}
        return self._expanded[text]

    def body(self, function: Function) -> Node:
        """The statements of a function, expanded, with its parameters as they are."""
        return {BODY: {"statements": self.expand(list(parse_body(function) or ()))}}

    def expand(self, tree: object, depth: int = 0) -> object:
        """The same tree without calls of the database's own functions."""
        if isinstance(tree, list):
            return [self.expand(entry, depth) for entry in tree]
        if not isinstance(tree, dict):
            return tree
        call = tree.get("FuncCall")
        if isinstance(call, dict) and depth < _DEPTH_MAX:
            arguments = [self.expand(entry, depth) for entry in call.get("args", [])]
            found = self._called(names(call["funcname"]), len(arguments))
            if found is not None:
                return self._inlined(found, arguments, depth)
        return {kind: self.expand(fields, depth) for kind, fields in tree.items()}

    def _called(self, name: tuple[str, ...], count: int) -> Function | None:
        *schema, bare = name
        places = [schema[0]] if schema else ["public", *{n.schema for n in self._functions}]
        for place in places:
            overloads = self._functions.get(ObjectName(place, bare), [])
            fitting = [f for f in overloads if len(f.argument_names) == count]
            if overloads:
                return (fitting or overloads)[0]
        return None

    def _inlined(self, function: Function, arguments: list[object], depth: int) -> object:
        statements = parse_body(function) or ()
        bound = dict(zip(function.argument_names, arguments, strict=False))
        put = [self._substituted(each, bound, arguments, function.name.name) for each in statements]
        expanded = [self.expand(each, depth + 1) for each in put]
        if function.language == "sql" and len(expanded) == 1:
            return _value(expanded[0])
        return {BODY: {"statements": expanded}}

    def _substituted(
        self, tree: object, bound: Mapping[str, object], arguments: list[object], function: str
    ) -> object:
        """The tree with arguments for parameters; a column of that name wins, as in SQL."""
        if isinstance(tree, list):
            return [self._substituted(each, bound, arguments, function) for each in tree]
        if not isinstance(tree, dict):
            return tree
        if "SelectStmt" in tree and isinstance(tree["SelectStmt"], dict):
            hidden = self._columns_of(tree["SelectStmt"].get("fromClause", []))
            bound = {name: value for name, value in bound.items() if name not in hidden}
        if "ParamRef" in tree:
            number = tree["ParamRef"].get("number", 0)
            return arguments[number - 1] if 0 < number <= len(arguments) else tree
        if "ColumnRef" in tree:
            parts = names(tree["ColumnRef"]["fields"])
            is_parameter = len(parts) == 1 or (len(parts) == 2 and parts[0] == function)  # noqa: PLR2004 - function.parameter
            return bound[parts[-1]] if is_parameter and parts and parts[-1] in bound else tree
        return {
            kind: self._substituted(fields, bound, arguments, function)
            for kind, fields in tree.items()
        }

    def _columns_of(self, clause: object) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for kind, fields in nodes(clause):
            if kind == "RangeVar":
                name = ObjectName(fields.get("schemaname", "public"), fields["relname"])
                found |= self._columns.get(name, frozenset())
        return found


def _value(statement: object) -> object:
    """A statement as an expression: its one result, or a sub-select."""
    if not isinstance(statement, dict) or "SelectStmt" not in statement:
        return statement
    select = statement["SelectStmt"]
    targets = select.get("targetList", [])
    if "fromClause" not in select and "whereClause" not in select and len(targets) == 1:
        return targets[0]["ResTarget"]["val"]
    return {"SubLink": {"subLinkType": "EXPR_SUBLINK", "subselect": statement}}
