"""What a side of a comparison may be: columns, claims, constants, through casts and look-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mainstem.unify.audit.expressions import Node, names, nodes, only
from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.isolation.expanding import BODY
from mainstem.unify.isolation.facts import Operand, Scope, Source, Spot, constant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ARROWS: Final = frozenset({"->", "->>", "#>", "#>>"})
_WRAPPED: Final = {
    "TypeCast": "arg",
    "CollateClause": "arg",
    "CoalesceExpr": "args",
    "MinMaxExpr": "args",
    "List": "items",
    "A_ArrayExpr": "elements",
}
#: functions whose result is their argument in other clothes
_CLOTHES: Final = frozenset({"lower", "upper", "btrim", "ltrim", "rtrim", "unnest", "to_jsonb"})
_EXTRACTS: Final = frozenset(
    {"jsonb_extract_path_text", "json_extract_path_text", "jsonb_extract_path"}
)
_ELEMENTS: Final = frozenset({"jsonb_array_elements_text", "json_array_elements_text"})
_USERS: Final = frozenset({"SVFOP_CURRENT_USER", "SVFOP_USER", "SVFOP_SESSION_USER"})
#: marks a claim that holds a list
LIST: Final = "[]"


class Operands:
    """Resolves names against the tables of a database."""

    def __init__(self, columns: Mapping[ObjectName, Sequence[str]]) -> None:
        self._columns = columns
        #: columns that some look-up returned
        self.returned: set[Spot] = set()
        self._by_kind = {
            "ColumnRef": self._of_column,
            "A_Expr": self._of_expression,
            "FuncCall": self._of_call,
            "CaseExpr": self._of_case,
            "SubLink": self._of_link,
            "SQLValueFunction": self._of_user,
            BODY: self._of_body,
        }

    def of(self, node: object, scopes: list[Scope]) -> Operand:
        """What an expression may be."""
        if isinstance(node, list):
            return sum((self.of(entry, scopes) for entry in node), Operand())
        if not isinstance(node, dict):
            return Operand()
        kind, fields = only(node)
        if kind == "A_Const":
            text = constant(node)
            return Operand(constants=(text,)) if text is not None else Operand()
        if kind in _WRAPPED:
            return self.of(fields.get(_WRAPPED[kind]), scopes)
        resolve = self._by_kind.get(kind)
        return resolve(fields, scopes) if resolve is not None else Operand()

    def scope(self, select: Node) -> Scope:
        """The tables that a query reads, by the names that it gives them."""
        scope: Scope = {}
        for kind, fields in nodes(select.get("fromClause", [])):
            if kind == "RangeVar":
                name = ObjectName(fields.get("schemaname", "public"), fields["relname"])
                if name in self._columns:
                    scope[fields.get("alias", {}).get("aliasname") or name.name] = name
        return scope

    def of_select(self, select: Node, scopes: list[Scope]) -> Operand:
        """What a query returns."""
        inner = [*scopes, self.scope(select)]
        found = Operand()
        for target in select.get("targetList", []):
            found += self.of(target["ResTarget"]["val"], inner)
        if inner[-1]:
            self.returned.update(found.columns)
        for side in ("larg", "rarg"):
            if side in select:
                found += self.of_select(select[side], scopes)
        return found

    def _of_column(self, fields: Node, scopes: list[Scope]) -> Operand:
        """The column that a name means: of the innermost query that knows it."""
        parts = names(fields["fields"])
        for scope in reversed(scopes):
            for alias, table in scope.items():
                is_meant = len(parts) == 1 or parts[-2:-1] in {(alias,), (table.name,)}
                if parts and is_meant and parts[-1] in self._columns.get(table, ()):
                    return Operand(columns=((table, parts[-1]),))
        return Operand()

    def _of_expression(self, fields: Node, scopes: list[Scope]) -> Operand:
        if fields["kind"] == "AEXPR_NULLIF":
            return self.of(fields["lexpr"], scopes)
        operator = names(fields["name"])[-1]
        left = self.of(fields.get("lexpr"), scopes)
        if operator == "||":
            return left + self.of(fields["rexpr"], scopes)
        if fields["kind"] != "AEXPR_OP" or operator not in _ARROWS:
            return Operand()
        key = constant(fields["rexpr"]) or ""
        parts = key.strip("{}").split(",") if operator.startswith("#") else [key]
        return _along(left, tuple(filter(None, parts)))

    def _of_call(self, fields: Node, scopes: list[Scope]) -> Operand:
        name = names(fields["funcname"])[-1]
        arguments = fields.get("args", [])
        if name == "current_setting" and arguments:
            setting = constant(arguments[0])
            return Operand(sources=(Source(setting),)) if setting else Operand()
        if name in _EXTRACTS:
            path = tuple(filter(None, map(constant, arguments[1:])))
            return _along(self.of(arguments[0], scopes), path)
        if name in _ELEMENTS:
            return _along(self.of(arguments, scopes), (LIST,))
        return self.of(arguments, scopes) if name in _CLOTHES else Operand()

    def _of_case(self, fields: Node, scopes: list[Scope]) -> Operand:
        results = [entry["CaseWhen"]["result"] for entry in fields["args"]]
        return self.of([*results, fields.get("defresult")], scopes)

    def _of_link(self, fields: Node, scopes: list[Scope]) -> Operand:
        return self.of_select(only(fields["subselect"])[1], scopes)

    @staticmethod
    def _of_user(fields: Node, scopes: list[Scope]) -> Operand:
        del scopes
        return Operand(sources=(Source("role"),)) if fields["op"] in _USERS else Operand()

    def _of_body(self, fields: Node, scopes: list[Scope]) -> Operand:
        """All that the results of statements may be; variables hold what is read anywhere."""
        found = Operand()
        for kind, inner in nodes(fields["statements"]):
            if kind == "SelectStmt":
                found += self.of_select(inner, scopes)
        for entry in fields["statements"]:
            if isinstance(entry, dict) and "SelectStmt" not in entry:
                found += self.of(entry, scopes)
        return Operand(found.columns, found.sources)


def _along(base: Operand, path: tuple[str, ...]) -> Operand:
    """The claims further down in the JSON that is meant; a plain setting has no inside."""
    return Operand(
        sources=tuple(
            Source(each.setting, (*each.path, *path))
            for each in base.sources
            if not each.setting.startswith("request.jwt.claim.")
        )
    )
