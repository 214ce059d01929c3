"""What an SQL expression or a function's body reads and calls, told by PostgreSQL's own parser.

Expressions come from a catalog, where columns of the policy's table stand bare, or qualified with
the table's name inside of a sub-select, and every other name carries its schema.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import pgparse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.catalog.database import Function

Node: TypeAlias = "dict[str, Any]"

#: expressions are parsed once however many checks ask
_CACHE_MAX = 4096
#: what stands in a body for a statement whose text is made when it runs
DYNAMIC_SQL = "DynamicSQL"
_DYNAMIC = frozenset({"PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors"})
_WRITES = frozenset({"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})


@lru_cache(maxsize=_CACHE_MAX)
def parse_expression(expression: str) -> Node:
    """The tree of an expression; an empty one where the parser does not know its syntax."""
    try:
        statement = pgparse.parse(f"select {expression}")[0]["stmt"]
    except pgparse.PGQueryError:
        return {}
    found: Node = statement["SelectStmt"]["targetList"][0]["ResTarget"]["val"]
    return found


@lru_cache(maxsize=_CACHE_MAX)
def parse_body(function: Function) -> tuple[Node, ...] | None:
    """The statements and expressions of a function's body; None where they cannot be told."""
    try:
        if function.language == "sql":
            return _statements(function.body)
        if function.language == "plpgsql":
            return _plpgsql(function)
    except pgparse.PGQueryError:
        pass
    return None


def nodes(tree: object) -> Iterator[tuple[str, Node]]:
    """Every node below and including a tree, as its kind and its fields, outer ones first."""
    if isinstance(tree, list):
        for entry in tree:
            yield from nodes(entry)
    elif isinstance(tree, dict):
        for kind, fields in tree.items():
            if isinstance(fields, dict) and kind[:1].isupper():
                yield kind, fields
            yield from nodes(fields)


def only(tree: Node) -> tuple[str, Node]:
    """The kind and fields of a node."""
    return next(iter(tree.items()), ("", {}))


def same(one: object, other: object) -> bool:
    """Whether two trees say the same, wherever they stand in their texts."""
    return _bare(one) == _bare(other)


def names(entries: list[Node]) -> tuple[str, ...]:
    """The strings of a list of name parts."""
    return tuple(entry["String"].get("sval", "") for entry in entries if "String" in entry)


def relations_read(tree: object) -> Iterator[tuple[str, str]]:
    """(schema, name) of every relation that sub-selects and statements read or write."""
    common = {f.get("ctename") for kind, f in nodes(tree) if kind == "CommonTableExpr"}
    for kind, fields in nodes(tree):
        if kind == "RangeVar" and not (fields["relname"] in common and "schemaname" not in fields):
            yield fields.get("schemaname", "public"), fields["relname"]
    for fields in _targets(tree):
        yield fields.get("schemaname", "public"), fields["relname"]


def relations_written(tree: object) -> Iterator[tuple[str, str]]:
    """(schema, name) of every relation that statements insert into, update or delete from."""
    for fields in _targets(tree):
        yield fields.get("schemaname", "public"), fields["relname"]


def calls(tree: object) -> Iterator[tuple[str, str]]:
    """(schema, name) of every function called; the schema is empty where none is written."""
    for kind, fields in nodes(tree):
        if kind == "FuncCall":
            *schema, name = names(fields["funcname"])
            yield "".join(schema), name


def constants(tree: object) -> Iterator[str]:
    """Every text constant."""
    for kind, fields in nodes(tree):
        if kind == "A_Const" and "sval" in fields:
            yield fields["sval"].get("sval", "")


def own_columns(tree: Node) -> frozenset[str]:
    """The columns of the policy's own row, those that sub-selects refer to included."""
    return frozenset(_own_columns(tree, frozenset(), is_outermost=True))


def outside_of_selects(tree: object) -> Iterator[Node]:
    """The calls that are evaluated for each row, which no sub-select encloses; their names only."""
    if isinstance(tree, list):
        for entry in tree:
            yield from outside_of_selects(entry)
    elif isinstance(tree, dict):
        for kind, fields in tree.items():
            if kind == "SubLink":
                continue
            if kind == "FuncCall":
                yield {kind: {"funcname": fields["funcname"]}}
            yield from outside_of_selects(fields)


@lru_cache(maxsize=_CACHE_MAX)
def columns_of_row(expression: str) -> frozenset[str]:
    """The columns of the policy's own row that an expression reads."""
    return own_columns(parse_expression(expression))


def columns(tree: object) -> frozenset[str]:
    """The names of all columns, of whichever relation."""
    return frozenset(
        names(fields["fields"])[-1]
        for kind, fields in nodes(tree)
        if kind == "ColumnRef" and names(fields["fields"])
    )


def _own_columns(tree: object, aliases: frozenset[str], *, is_outermost: bool) -> Iterator[str]:
    if isinstance(tree, list):
        for entry in tree:
            yield from _own_columns(entry, aliases, is_outermost=is_outermost)
        return
    if not isinstance(tree, dict):
        return
    for kind, fields in tree.items():
        if kind == "ColumnRef":
            parts = names(fields["fields"])
            if (is_outermost and parts) or (len(parts) > 1 and parts[-2] not in aliases):
                yield parts[-1]
        elif kind == "SelectStmt":
            inner = aliases | frozenset(_aliases(fields))
            yield from _own_columns(fields, inner, is_outermost=False)
        else:
            yield from _own_columns(fields, aliases, is_outermost=is_outermost)


def _aliases(select: Node) -> Iterator[str]:
    """Names that a column may be qualified with inside of a select."""
    for kind, fields in nodes(select):
        if kind in {"RangeVar", "RangeSubselect", "RangeFunction"}:
            yield fields.get("alias", {}).get("aliasname") or fields.get("relname", "")
        elif kind == "CommonTableExpr":
            yield fields["ctename"]


def _targets(tree: object) -> Iterator[Node]:
    for kind, fields in nodes(tree):
        if kind in _WRITES and "relation" in fields:
            yield fields["relation"]


def _statements(body: str) -> tuple[Node, ...]:
    text = body.strip()
    if text.upper().startswith("RETURN "):
        return (parse_expression(text[len("RETURN ") :]),)
    if text.upper().startswith("BEGIN ATOMIC"):
        text = text[len("BEGIN ATOMIC") :].rstrip().removesuffix("END")
    return tuple(entry["stmt"] for entry in pgparse.parse(text))


def _plpgsql(function: Function) -> tuple[Node, ...]:
    # The arguments and the result decide which variables and which RETURN the body may use.
    tag = "$body_of_function$"
    head = f"create function f({function.arguments}) returns {function.returns} language plpgsql"
    return tuple(_queries(pgparse.parse_pgsql(f"{head} as {tag}{function.body}{tag}")))


def _queries(tree: object) -> Iterator[Node]:
    """Every statement and expression of a function in PL/pgSQL."""
    for kind, fields in nodes(tree):
        if kind in _DYNAMIC or "dynquery" in fields:
            yield {DYNAMIC_SQL: {}}
        if kind != "PLpgSQL_expr":
            continue
        query = fields["query"]
        try:
            yield from (entry["stmt"] for entry in pgparse.parse(query))
        except pgparse.PGQueryError:
            _, assigned, value = query.partition(":=")
            yield parse_expression(value if assigned else query)


def _bare(tree: object) -> object:
    if isinstance(tree, list):
        return [_bare(entry) for entry in tree]
    if isinstance(tree, dict):
        return {key: _bare(value) for key, value in tree.items() if key != "location"}
    return tree
