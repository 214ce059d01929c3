"""Collects the facts from policies, whose functions are expanded."""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING, Final

from mainstem.unify.audit.expressions import names
from mainstem.unify.isolation.facts import Facts, Operand, Scope, Source
from mainstem.unify.isolation.kinds import BRANCHES_MAX, Kinds
from mainstem.unify.isolation.operands import LIST, Operands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mainstem.unify.audit.expressions import Node
    from mainstem.unify.catalog.database import ObjectName

_EQUAL: Final = frozenset({"AEXPR_OP", "AEXPR_IN", "AEXPR_OP_ANY", "AEXPR_NOT_DISTINCT"})
#: functions that look for their second argument in the first
_SEARCHES: Final = frozenset({"strpos", "starts_with", "position", "array_position"})
_CONTAINS: Final = frozenset({"?", "@>"})
_LISTS: Final = _CONTAINS | {"<@", "&&"}


class Reader:
    """Collects facts from expanded trees."""

    def __init__(self, columns: Mapping[ObjectName, Sequence[str]]) -> None:
        self._operands = Operands(columns)
        self._kinds = Kinds(self._operands)
        self.facts = Facts()
        self._asked: set[Source] = set()

    def read(self, tree: Node, own: ObjectName | None) -> None:
        """Collect from the expression of a policy on `own`."""
        scopes: list[Scope] = [{own.name: own}] if own is not None else []
        self._asked = self.facts.asked.setdefault(own, set()) if own is not None else set()
        self._walk(tree, scopes, own)
        self.facts.branches += islice(self._kinds.of(tree, scopes), BRANCHES_MAX)
        self.facts.looked_up |= self._operands.returned

    def read_conditions(self, query: Node) -> None:
        """Collect only the kinds of rows that a query tells apart."""
        tree = {"SubLink": {"subselect": query}}
        self.facts.branches += islice(self._kinds.of(tree, []), BRANCHES_MAX)

    def _walk(self, tree: object, scopes: list[Scope], own: ObjectName | None) -> None:
        if isinstance(tree, list):
            for entry in tree:
                self._walk(entry, scopes, own)
        elif isinstance(tree, dict):
            for kind, fields in tree.items():
                inner = scopes
                if kind == "SelectStmt":
                    inner = [*scopes, self._operands.scope(fields)]
                    self._note_reads(own, inner[-1])
                elif isinstance(fields, dict):
                    self._note(kind, fields, scopes)
                self._walk(fields, inner, own)

    def _note_reads(self, own: ObjectName | None, scope: Scope) -> None:
        if own is not None:
            self.facts.reads.setdefault(own, set()).update(scope.values())

    def _note(self, kind: str, fields: Node, scopes: list[Scope]) -> None:
        """What one node says: a comparison, or that a claim is read."""
        sides = _sides(kind, fields)
        if sides is not None:
            left, right = (self._operands.of(side, scopes) for side in sides)
            if kind == "A_Expr" and names(fields["name"])[-1] in _CONTAINS:
                left = _as_lists(left)
            self._compare(left, right, scopes)
        elif kind in {"FuncCall", "A_Expr"}:
            sources = self._operands.of({kind: fields}, scopes).sources
            self.facts.sources.update(sources)
            self._asked.update(sources)

    def _compare(self, left: Operand, right: Operand, scopes: list[Scope]) -> None:
        facts = self.facts
        facts.sources.update(left.sources + right.sources)
        self._asked.update(left.sources + right.sources)
        for one, other in ((left, right), (right, left)):
            for source in one.sources:
                facts.sites.setdefault(source, []).extend(other.columns)
                facts.modes.setdefault(source, []).extend(other.constants)
                if not source.is_role and scopes:
                    own = set(scopes[0].values())
                    facts.guarded |= own & {spot[0] for spot in other.columns}
        facts.links += product(left.columns, right.columns)
        if len(scopes) > 1 or (left.columns and right.columns):
            facts.looked_up.update(left.columns + right.columns)


def _sides(kind: str, fields: Node) -> tuple[object, object] | None:
    """The two sides of what compares; None for what does not."""
    if kind == "A_Expr":
        is_list = fields["kind"] == "AEXPR_OP" and names(fields["name"])[-1] in _LISTS
        is_equal = fields["kind"] in _EQUAL and names(fields["name"])[-1] in {"=", "<>"}
        return (fields.get("lexpr"), fields.get("rexpr")) if is_equal or is_list else None
    if kind == "SubLink" and "testexpr" in fields:
        return fields["testexpr"], {kind: fields}
    if kind == "FuncCall" and names(fields["funcname"])[-1] in _SEARCHES:
        first, second, *_ = fields["args"]
        return first, second
    return None


def _as_lists(operand: Operand) -> Operand:
    """The same, where claims hold lists that something is looked for in."""
    sources = tuple(Source(each.setting, (*each.path, LIST)) for each in operand.sources)
    return Operand(operand.columns, sources, operand.constants)
