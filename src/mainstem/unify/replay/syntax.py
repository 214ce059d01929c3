"""The parse trees of statements: PostgreSQL's own, as dicts, and how to ask them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pgparse

from mainstem.kit.statements import Statement, split
from mainstem.unify.catalog.database import ObjectName

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Node: TypeAlias = "Mapping[str, Any]"

DEFAULT_SCHEMA: Final = "public"
#: a longer statement is rows to insert: it is not parsed, only run
_PARSED_MAX: Final = 1_000_000
#: an identifier at most; a longer text cannot be a constant with a statement in it
_TEXT_MAX: Final = 2000


@dataclass(frozen=True)
class Step:
    """One statement of a file, in order; `number` counts through all files of a replay."""

    number: int
    file: str
    statement: Statement
    #: the schema that names without one mean, as far as the file sets it
    schema: str = DEFAULT_SCHEMA

    @property
    def line(self) -> int:
        """Where it stands in its file."""
        return self.statement.line

    @property
    def text(self) -> str:
        """What reports show of it."""
        text = self.statement.text
        return text if len(text) <= _TEXT_MAX else text[:_TEXT_MAX] + " ..."

    @cached_property
    def kind(self) -> str:
        """The name of its node in the tree, such as `CreateStmt`; '' where it has none."""
        return self._tree[0]

    @cached_property
    def node(self) -> Node:
        """Its tree; empty where it cannot be parsed."""
        return self._tree[1]

    @cached_property
    def _tree(self) -> tuple[str, Node]:
        return parse(self.statement.text)

    @property
    def is_rows(self) -> bool:
        """Whether it only inserts rows: there may be very many, so they are not parsed."""
        return self.statement.opening.startswith("insert into")

    @cached_property
    def inner(self) -> tuple[tuple[str, Node, int], ...]:
        """Kind, tree and line (from 0) of each statement in it: its own, or those of a DO block."""
        if self.kind != "DoStmt":
            return ((self.kind, self.node, 0),)
        found_in_block = statements_in_block(self.statement.text)
        return tuple((*parse(sql), line - 1) for sql, line in found_in_block)

    def name(self, relation: Node) -> ObjectName:
        """The name that a RangeVar stands for."""
        return ObjectName(relation.get("schemaname") or self.schema, relation["relname"])

    def named(self, parts: Sequence[str]) -> ObjectName:
        """The name that one or more identifiers stand for."""
        return ObjectName(parts[-2] if len(parts) > 1 else self.schema, parts[-1])


def steps_of(file: str, script: str, *, first: int) -> Iterator[Step]:
    """Cut a file into steps; `first` is the number of the first."""
    schema = DEFAULT_SCHEMA
    for number, statement in enumerate(split(script), first):
        step = Step(number, file, statement, schema)
        yield step
        if statement.opening.startswith(("set search_path", "set local search_path")):
            schema = _first_schema(step.node) or DEFAULT_SCHEMA


def parse(sql: str) -> tuple[str, Node]:
    """The kind and the tree of one statement; ('', {}) where it is none of the grammar's."""
    if len(sql) > _PARSED_MAX:
        return "", {}
    try:
        found = pgparse.parse(sql)
    except pgparse.PGQueryError:
        return "", {}
    for kind, node in found[0]["stmt"].items() if found else ():
        return kind, node
    return "", {}


def walk(node: object) -> Iterator[tuple[str, Any]]:
    """Every (key, value) below a node, from the top."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield key, value
            yield from walk(value)
    elif isinstance(node, list):
        for item in node:
            yield from walk(item)


def found(node: object, kind: str) -> Iterator[Node]:
    """Every node of a kind below a node."""
    return (value for key, value in walk(node) if key == kind)


def strings(nodes: object) -> tuple[str, ...]:
    """The identifiers of a list of String nodes, or of one that holds such a list."""
    if isinstance(nodes, dict):
        if "sval" in nodes:
            return (str(nodes["sval"]),)
        inner = nodes.get("names") or nodes.get("objname") or nodes.get("items")
        return strings(inner if inner is not None else list(nodes.values()))
    if isinstance(nodes, list):
        return tuple(text for node in nodes for text in strings(node))
    return ()


def options(node: Node, key: str = "options") -> dict[str, Any]:
    """The arguments of a statement's options by name."""
    elements = (item["DefElem"] for item in node.get(key, ()) if "DefElem" in item)
    return {element["defname"]: element.get("arg") for element in elements}


def block_of(node: Node) -> str:
    """The text of a DO statement's block."""
    body = options(node, "args").get("as")
    return "".join(strings(body)) if body is not None else ""


def statements_in_block(text: str) -> Iterator[tuple[str, int]]:
    """The SQL in a DO statement, with its line there: statements, and texts that it executes."""
    try:
        trees = pgparse.parse_pgsql(text)
    except (pgparse.PGQueryError, ValueError):
        return
    for key, node in walk(trees):
        line = node.get("lineno", 1) if isinstance(node, dict) else 1
        if key in {"PLpgSQL_stmt_execsql", "PLpgSQL_stmt_perform"}:
            yield _query(node), line
        elif key == "PLpgSQL_stmt_dynexecute" and (constant := _constant(_query(node))):
            yield constant, line


def _query(node: Node) -> str:
    expression = node.get("sqlstmt") or node.get("query") or node.get("expr") or {}
    return str(expression.get("PLpgSQL_expr", {}).get("query", ""))


def _constant(expression: str) -> str | None:
    matched = re.fullmatch(r"\s*'((?:[^']|'')*)'\s*", expression)
    return matched[1].replace("''", "'") if matched else None


def _first_schema(node: Node) -> str | None:
    names = strings([item.get("A_Const", {}).get("sval", {}) for item in node.get("args", ())])
    return next((name for name in names if name not in {"", "$user", "extensions"}), None)
