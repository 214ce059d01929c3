"""The kinds of rows that conditions tell apart: one for each alternative that they offer."""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING, Final

from mainstem.unify.audit.expressions import Node, names, nodes, only
from mainstem.unify.isolation.expanding import BODY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.isolation.facts import Branch, Scope, Spot
    from mainstem.unify.isolation.operands import Operands

BRANCHES_MAX: Final = 48
_INNER_MAX: Final = 8
_OPPOSITES: Final = {
    "is": "not",
    "not": "is",
    "null": "not null",
    "not null": "null",
    "after": "before",
    "before": "after",
}
#: what a comparison with the present asks of a column on its left
_TIMES: Final = {">": "after", ">=": "after", "<": "before", "<=": "before"}
_CLOCKS: Final = frozenset({"now", "clock_timestamp", "statement_timestamp", "timezone"})


class Kinds:
    """Reads alternatives out of conditions."""

    def __init__(self, operands: Operands) -> None:
        self._operands = operands
        self._by_kind = {
            "BoolExpr": self._of_logic,
            "SubLink": self._of_link,
            "CaseExpr": self._of_case,
            "CoalesceExpr": self._of_coalesce,
            BODY: self._of_body,
        }

    def of(self, node: object, scopes: list[Scope]) -> Iterator[Branch]:
        """The alternatives of a condition: what each asks of columns. One at least."""
        kind, fields = only(node) if isinstance(node, dict) else ("", {})
        resolve = self._by_kind.get(kind)
        if resolve is not None:
            yield from resolve(fields, scopes)
        else:
            yield from [{spot: asked} for spot, asked in self._atoms(node, scopes)] or [{}]

    def of_select(self, select: Node, scopes: list[Scope]) -> Iterator[Branch]:
        """The alternatives of a query's condition, and of all that it unites."""
        scope = self._operands.scope(select)
        yield from self.of(select.get("whereClause"), [*scopes, scope])
        for side in ("larg", "rarg"):
            if side in select:
                yield from self.of_select(select[side], scopes)

    def _of_logic(self, fields: Node, scopes: list[Scope]) -> Iterator[Branch]:
        parts = fields["args"]
        if fields["boolop"] == "OR_EXPR":
            for entry in parts:
                yield from self.of(entry, scopes)
        elif fields["boolop"] == "AND_EXPR":
            choices = [list(islice(self.of(entry, scopes), _INNER_MAX)) for entry in parts]
            for chosen in islice(product(*choices), BRANCHES_MAX):
                yield {spot: asked for branch in chosen for spot, asked in branch.items()}
        else:
            yield {spot: _opposite(asked) for spot, asked in self._atoms(parts[0], scopes)}

    def _of_link(self, fields: Node, scopes: list[Scope]) -> Iterator[Branch]:
        yield from self.of_select(only(fields["subselect"])[1], scopes)

    def _of_case(self, fields: Node, scopes: list[Scope]) -> Iterator[Branch]:
        for entry in fields["args"]:
            for part in ("expr", "result"):
                yield from self.of(entry["CaseWhen"][part], scopes)

    def _of_coalesce(self, fields: Node, scopes: list[Scope]) -> Iterator[Branch]:
        yield from self.of(fields["args"][0], scopes)

    def _of_body(self, fields: Node, scopes: list[Scope]) -> Iterator[Branch]:
        for kind, statement in nodes(fields["statements"]):
            if kind == "SelectStmt" and "whereClause" in statement:
                yield from self.of_select(statement, scopes)

    def _atoms(self, node: object, scopes: list[Scope]) -> Iterator[tuple[Spot, tuple[str, str]]]:
        """What a condition without alternatives asks of each column."""
        kind, fields = only(node) if isinstance(node, dict) else ("", {})
        if kind == "A_Expr":
            yield from self._comparison(fields, scopes)
            return
        if kind == "NullTest":
            asked = ("null" if fields["nulltesttype"] == "IS_NULL" else "not null", "")
        elif kind == "BooleanTest":
            is_true = fields["booltesttype"] in {"IS_TRUE", "IS_NOT_FALSE"}
            asked = ("is", "true" if is_true else "false")
        elif kind == "ColumnRef":
            asked = ("is", "true")
        else:
            return
        inner = fields.get("arg", node)
        yield from ((spot, asked) for spot in self._operands.of(inner, scopes).columns)

    def _comparison(
        self, fields: Node, scopes: list[Scope]
    ) -> Iterator[tuple[Spot, tuple[str, str]]]:
        operator = names(fields["name"])[-1]
        left = self._operands.of(fields.get("lexpr"), scopes)
        right = self._operands.of(fields.get("rexpr"), scopes)
        if operator in _TIMES:
            asked = _TIMES[operator]
            if _is_of_now(fields.get("rexpr")):
                yield from ((spot, (asked, "")) for spot in left.columns)
            elif _is_of_now(fields.get("lexpr")):
                yield from ((spot, (_OPPOSITES[asked], "")) for spot in right.columns)
            return
        what = {"=": "is", "<>": "not"}.get(operator)
        if what is None:
            return
        for one, other in ((left, right), (right, left)):
            yield from ((s, (what, text)) for s in one.columns for text in other.constants)


def _is_of_now(side: object) -> bool:
    """Whether the present time is on this side of a comparison."""
    return any(
        kind == "SQLValueFunction"
        or (kind == "FuncCall" and names(fields["funcname"])[-1] in _CLOCKS)
        for kind, fields in nodes(side)
    )


def _opposite(asked: tuple[str, str]) -> tuple[str, str]:
    what, text = asked
    if text in {"true", "false"}:
        return what, "false" if text == "true" else "true"
    return _OPPOSITES[what], text
