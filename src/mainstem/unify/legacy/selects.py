"""What a select of a plan says of each target column: a source column, a key of JSON, a constant.

Only what can be turned around is told: a view must give back the old value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pgparse

from mainstem.unify.plan.names import text_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mainstem.unify.plan.model import Select

    Node = Mapping[str, Any]

_PLACEHOLDER: Final = re.compile(r':(stage|map|merged)\.(\w+|"[^"]*")(?:\[[^\]]*\])?')
_BUILDERS: Final = frozenset({"jsonb_build_object", "json_build_object"})
_STRIPPERS: Final = frozenset({"jsonb_strip_nulls", "json_strip_nulls"})


@dataclass(frozen=True)
class Told:
    """What is known of a select's target columns, each by the target column."""

    #: target column -> source column
    plain: dict[str, str] = field(default_factory=dict)
    #: source column -> (target column, key)
    packed: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: target column -> literal as SQL
    constants: dict[str, str] = field(default_factory=dict)
    #: target column -> what it takes of the main row: `id` or `tenant`
    links: dict[str, str] = field(default_factory=dict)


def told_by(select: Select) -> Told:
    """What a select tells; nothing where it is not one plain select."""
    told = Told()
    try:
        statements = pgparse.parse(_PLACEHOLDER.sub(r"\1.\2", select.text))
    except pgparse.PGQueryError:
        return told
    body = statements[0]["stmt"].get("SelectStmt", {}) if len(statements) == 1 else {}
    aliases = dict(_aliases(body.get("fromClause", ())))
    for target in (one["ResTarget"] for one in body.get("targetList", ())):
        value = _bare(target.get("val", {}))
        name = target.get("name") or (_fields(value) or [""])[-1]
        if name and not name.startswith("_"):
            _tell(told, name, value, aliases, select.source_table)
    return told


def _tell(
    told: Told, name: str, value: Node, aliases: Mapping[str, tuple[str, str]], source: str
) -> None:
    literal = _literal(value)
    if literal is not None:
        told.constants[name] = literal
        return
    fields = _fields(value)
    if len(fields) == 2:  # noqa: PLR2004 -- an alias and a column
        kind, table = aliases.get(fields[0], ("", ""))
        if table == source and kind == "stage":
            told.plain[name] = fields[1]
        elif table == source and kind == "map":
            told.links[name] = fields[1]
        return
    for key, inner in _built(value):
        source_column = _fields(_bare(inner))
        if len(source_column) == 2 and aliases.get(source_column[0]) == ("stage", source):  # noqa: PLR2004 -- an alias and a column
            told.packed[source_column[1]] = (name, key)


def _aliases(nodes: object) -> Iterator[tuple[str, tuple[str, str]]]:
    """The alias of each relation with its placeholder: s -> (stage, clients)."""
    waiting = [nodes]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list | tuple):
            waiting.extend(one)
        elif isinstance(one, dict):
            relation = one.get("RangeVar")
            if isinstance(relation, dict):
                alias = relation.get("alias", {}).get("aliasname", relation["relname"])
                yield alias, (relation.get("schemaname", ""), relation["relname"])
            waiting.extend(one.values())


def _bare(value: Node) -> Node:
    """A value without casts and without what stands in where it is null."""
    for _ in range(10):
        if "TypeCast" in value and "A_Const" not in value["TypeCast"].get("arg", {}):
            value = value["TypeCast"]["arg"]
        elif "CoalesceExpr" in value:
            value = value["CoalesceExpr"]["args"][0]
        else:
            break
    return value


def _fields(value: Node) -> list[str]:
    parts = value.get("ColumnRef", {}).get("fields", ())
    return [part["String"]["sval"] for part in parts if "String" in part]


def _built(value: Node) -> Iterator[tuple[str, Node]]:
    """The keys and values of `jsonb_build_object('a', s.a, ...)`."""
    call = value.get("FuncCall", {})
    name = call["funcname"][-1]["String"]["sval"] if call else ""
    arguments = call.get("args", ())
    if name in _STRIPPERS and arguments:
        yield from _built(_bare(arguments[0]))
    elif name in _BUILDERS:
        for key, inner in zip(arguments[::2], arguments[1::2], strict=False):
            text = key.get("A_Const", {}).get("sval", {}).get("sval")
            if text is not None:
                yield text, inner


def _literal(value: Node) -> str | None:
    """A constant as SQL; its cast is left to the column that it is for."""
    if "TypeCast" in value:
        return _literal(value["TypeCast"].get("arg", {}))
    constant = value.get("A_Const")
    if constant is None or constant.get("isnull"):
        return None
    if "sval" in constant:
        return text_sql(constant["sval"].get("sval", ""))
    if "boolval" in constant:
        return "true" if constant["boolval"].get("boolval") else "false"
    if "ival" in constant:
        return str(constant["ival"].get("ival", 0))
    return str(constant["fval"]["fval"]) if "fval" in constant else None
