"""Small questions about nodes of PostgreSQL's tree: names, types, what a value tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mainstem.unify.code.sql_values import of_cast, of_text

if TYPE_CHECKING:
    from collections.abc import Sequence

Node: TypeAlias = dict[str, Any]


def query_targets(query: Node) -> list[Node]:
    """The values that a query gives, in order."""
    return [target["ResTarget"].get("val", {}) for target in query.get("targetList", ())]


def texts(nodes: Sequence[Node]) -> list[str]:
    """The texts in a list of nodes, such as the parts of a name."""
    return [node["String"].get("sval", "") for node in nodes if "String" in node]


def alias_of(relation: Node) -> str:
    """The name under which a statement knows a relation."""
    alias: str = relation.get("alias", {}).get("aliasname") or relation["relname"]
    return alias


def argument_names(call: Node) -> tuple[str, ...]:
    """The names of the arguments that a call gives by name."""
    arguments = call.get("args", ())
    return tuple(a["NamedArgExpr"]["name"] for a in arguments if "NamedArgExpr" in a)


def referenced(constraint: Node) -> str:
    """The table that a foreign key leads to, as `schema.table` where it names one."""
    relation = constraint["pktable"]
    schema = relation.get("schemaname")
    return f"{schema}.{relation['relname']}" if schema else str(relation["relname"])


def type_name(named: Node) -> str:
    """A type as `schema.name[]`; the built-in ones without a schema."""
    names = [name for name in texts(named.get("names", ())) if name != "pg_catalog"]
    return ".".join(names) + "[]" * len(named.get("arrayBounds", ()))


def output_name(target: Node) -> str | None:
    """What a query calls one of its values, if it has a name."""
    body = target["ResTarget"]
    if "name" in body:
        return str(body["name"])
    fields = body.get("val", {}).get("ColumnRef", {}).get("fields", [{}])
    name: str | None = fields[-1].get("String", {}).get("sval")
    return name


def value_type(node: object) -> str | None:
    """The value type of an expression, in the words of the model."""
    if not isinstance(node, dict) or not node:
        return None
    kind, body = next(iter(node.items()))
    if kind == "List":
        return value_type(body["items"][0])
    if kind == "TypeCast":
        return of_cast(type_name(body.get("typeName", {})))
    if kind == "FuncCall":
        return _MADE.get(texts(body["funcname"])[-1])
    if kind == "A_Const" and "sval" in body:
        return of_text(body["sval"].get("sval", ""))
    found = [_CONSTANTS.get(key) for key in body] if kind == "A_Const" else [_CONSTANTS.get(kind)]
    return next((name for name in found if name is not None), None)


_MADE: Final = {"now": "timestamp", "gen_random_uuid": "uuid"}
_CONSTANTS: Final = {
    "ival": "integer",
    "fval": "number",
    "boolval": "boolean",
    "isnull": "null",
    "A_ArrayExpr": "array",
}
