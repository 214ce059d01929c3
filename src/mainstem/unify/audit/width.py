"""How wide a condition is: whom it lets through, whatever the row says.

Judged on the tree, with what is known of the functions that tell who is asking: those of the
platform (`auth.uid()`, `auth.role()`, `auth.jwt()`) and the server's own settings and roles.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from mainstem.unify.audit.expressions import calls, columns, constants, names, nodes, only, same
from mainstem.unify.audit.expressions import parse_expression as parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mainstem.unify.audit.expressions import Node


class Width(enum.IntEnum):
    """Whom a condition lets through; a wider one is greater."""

    NOBODY = 0
    SERVICE = 1
    #: it depends on the row, or on something about the caller that is not known here
    NARROW = 2
    SIGNED_IN = 3
    EVERYBODY = 4


_IDENTITIES = frozenset({("auth", "uid"), ("auth", "jwt"), ("auth", "email")})
_SETTING = "current_setting"
_SERVICE_ROLES = frozenset({"service_role", "supabase_admin", "postgres"})
_TRUTHS = frozenset({"t", "true", "y", "yes", "on", "1"})


def width(expression: str | None, *, not_null: frozenset[str] = frozenset()) -> Width:
    """How wide an expression is; no expression at all lets nobody through.

    Args:
        expression: as the catalog writes it.
        not_null: columns of the row that are never null, so that `x is not null` says nothing.
    """
    return Width.NOBODY if expression is None else width_of(parse(expression), not_null=not_null)


def width_of(tree: Node, *, not_null: frozenset[str] = frozenset()) -> Width:
    """How wide the expression of a tree is."""
    return _width(tree, not_null)


def wide_alternative(
    expression: str | None, *, not_null: frozenset[str] = frozenset()
) -> Node | None:
    """The part of an OR that is wide by itself and so makes the whole expression wide, or None."""
    if expression is None or width(expression, not_null=not_null) < Width.SIGNED_IN:
        return None
    for kind, fields in nodes(parse(expression)):
        if kind == "BoolExpr" and fields["boolop"] == "OR_EXPR":
            widths = [(_width(part, not_null), part) for part in fields["args"]]
            wide: list[Node] = [part for found, part in widths if found >= Width.SIGNED_IN]
            if wide and len(wide) < len(widths):
                return wide[0]
    return None


def _width(tree: Node, not_null: frozenset[str]) -> Width:
    kind, fields = only(tree)
    judge = _JUDGES.get(kind)
    return judge(fields, not_null) if judge is not None else Width.NARROW


def _joined(fields: Node, not_null: frozenset[str]) -> Width:
    widths = [_width(part, not_null) for part in fields["args"]]
    if fields["boolop"] == "OR_EXPR":
        return max(widths)
    if fields["boolop"] == "AND_EXPR":
        return min(widths)
    return {Width.EVERYBODY: Width.NOBODY, Width.NOBODY: Width.EVERYBODY}.get(
        widths[0], Width.NARROW
    )


def _constant(fields: Node, _: frozenset[str]) -> Width:
    if "boolval" in fields:
        return Width.EVERYBODY if fields["boolval"].get("boolval") else Width.NOBODY
    return Width.NOBODY if "isnull" in fields else Width.NARROW


def _cast(fields: Node, not_null: frozenset[str]) -> Width:
    text = _text(fields["arg"])
    is_boolean = names(fields["typeName"].get("names", []))[-1:] in {("bool",), ("boolean",)}
    if is_boolean and text is not None:
        return Width.EVERYBODY if text.lower() in _TRUTHS else Width.NOBODY
    return _width(fields["arg"], not_null)


def _compared(fields: Node, _: frozenset[str]) -> Width:
    operator = names(fields["name"])[-1:]
    left, right = fields.get("lexpr", {}), fields.get("rexpr", {})
    if operator == ("=",) and fields["kind"] in {"AEXPR_OP", "AEXPR_OP_ANY", "AEXPR_IN"}:
        if same(left, right):
            return Width.SIGNED_IN if is_identity(left) else Width.EVERYBODY
        if _is_constant(left) and _is_constant(right):
            return Width.NARROW if fields["kind"] != "AEXPR_OP" else Width.NOBODY
        for caller, told in ((left, right), (right, left)):
            if _is_role(caller):
                return max(map(_of_role, constants(told)), default=Width.NARROW)
    if operator == ("<>",) and _is_role(left) and _text(right) == "anon":
        return Width.SIGNED_IN
    return Width.NARROW


def _null_test(fields: Node, not_null: frozenset[str]) -> Width:
    is_null = fields["nulltesttype"] == "IS_NULL"
    argument = _plain(fields["arg"])
    if is_identity(argument):
        # Who does not sign in has no identity, and so passes by leaving it out.
        return Width.EVERYBODY if is_null else Width.SIGNED_IN
    if is_null and _is_setting(argument):
        return Width.EVERYBODY
    kind, inner = only(argument)
    is_own = kind == "ColumnRef" and names(inner["fields"])[-1:] and not is_null
    if is_own and names(inner["fields"])[-1] in not_null:
        return Width.EVERYBODY
    return Width.NARROW


def _sub_select(fields: Node, not_null: frozenset[str]) -> Width:
    select = fields["subselect"].get("SelectStmt", {})
    if fields["subLinkType"] == "EXPR_SUBLINK" and "fromClause" not in select:
        return _width(select["targetList"][0]["ResTarget"]["val"], not_null)
    return Width.NARROW


def _boolean_test(fields: Node, not_null: frozenset[str]) -> Width:
    if fields["booltesttype"] in {"IS_TRUE", "IS_NOT_FALSE"}:
        return _width(fields["arg"], not_null)
    return Width.NARROW


#: kind of node -> what judges it; every other kind depends on what is not known here
_JUDGES: Mapping[str, Callable[[Node, frozenset[str]], Width]] = {
    "BoolExpr": _joined,
    "A_Const": _constant,
    "TypeCast": _cast,
    "A_Expr": _compared,
    "NullTest": _null_test,
    "BooleanTest": _boolean_test,
    "SubLink": _sub_select,
}


def _of_role(role: str) -> Width:
    if role in _SERVICE_ROLES:
        return Width.SERVICE
    return {"authenticated": Width.SIGNED_IN, "anon": Width.EVERYBODY}.get(role, Width.NARROW)


def is_identity(tree: Node) -> bool:
    """Whether it is who is asking: `auth.uid()`, or a claim that every signed-in person has."""
    kind, fields = only(_plain(tree))
    if kind == "FuncCall":
        return bool(_IDENTITIES & set(calls({kind: fields})))
    is_claim = kind == "A_Expr" and names(fields["name"])[-1:] in {("->>",), ("->",)}
    return is_claim and is_identity(fields["lexpr"]) and _text(fields["rexpr"]) in {"sub", "email"}


def _is_role(tree: Node) -> bool:
    """Whether it is the role that somebody asks as."""
    kind, fields = only(_plain(tree))
    if kind == "SQLValueFunction":
        return True
    if kind == "FuncCall":
        if ("auth", "role") in calls({kind: fields}):
            return True
        is_role_setting = next(constants(fields.get("args", [])), "") in {
            "role",
            "request.jwt.claim.role",
        }
        return _is_setting({kind: fields}) and is_role_setting
    is_claim = kind == "A_Expr" and names(fields["name"])[-1:] == ("->>",)
    return is_claim and _text(fields["rexpr"]) == "role" and not columns({kind: fields})


def _is_setting(tree: Node) -> bool:
    kind, fields = only(_plain(tree))
    if kind == "FuncCall" and names(fields["funcname"])[-1] == "nullif":
        return any(map(_is_setting, fields.get("args", [])))
    if kind == "A_Expr" and fields["kind"] == "AEXPR_NULLIF":
        return _is_setting(fields["lexpr"])
    return kind == "FuncCall" and names(fields["funcname"])[-1] == _SETTING


def _is_constant(tree: Node) -> bool:
    kind, _ = only(_plain(tree))
    return kind == "A_Const"


def _plain(tree: Node) -> Node:
    """The expression without casts and without `(select ...)` around it."""
    kind, fields = only(tree)
    if kind == "TypeCast":
        return _plain(fields["arg"])
    if kind == "SubLink" and fields["subLinkType"] == "EXPR_SUBLINK":
        select = fields["subselect"].get("SelectStmt", {})
        if "fromClause" not in select and "targetList" in select:
            return _plain(select["targetList"][0]["ResTarget"]["val"])
    return tree


def _text(tree: Node) -> str | None:
    kind, fields = only(_plain(tree))
    return fields["sval"].get("sval", "") if kind == "A_Const" and "sval" in fields else None
