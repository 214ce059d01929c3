"""Reads the SQL that a document shows: which tables it names, and what of it can be tried."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pgparse

from mainstem.kit.statements import split

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.kit.statements import Statement
    from mainstem.unify.documents.markdown import Block
    from mainstem.unify.documents.names import Name, Names

_LANGUAGES = frozenset({"sql", "postgres", "postgresql", "pgsql", "plpgsql", "psql"})
#: a longer block is a dump, not an explanation
BLOCK_CHARACTERS_MAX = 200_000

_OPENING = re.compile(
    r"(?:\s|--[^\n]*\n)*(?:create\s+(?:or\s+replace\s+)?(?:table|policy|view|function|index"
    r"|unique\s+index|type|trigger|extension)|alter\s+table|insert\s+into|drop\s+table)\b",
    re.IGNORECASE,
)
_SCAN = re.compile(
    r"\b(?P<verb>create\s+table(?:\s+if\s+not\s+exists)?|drop\s+table(?:\s+if\s+exists)?"
    r"|alter\s+table(?:\s+if\s+exists)?(?:\s+only)?|insert\s+into|references)\s+"
    r'(?:"?(?P<schema>[A-Za-z_]\w*)"?\s*\.\s*)?"?(?P<name>[A-Za-z_]\w*)"?(?!\s*\.)',
    re.IGNORECASE,
)


@dataclass(frozen=True)
class TableInSql:
    """A table in a statement; `columns` are those that a `create table` declares."""

    name: Name
    line: int
    columns: tuple[str, ...] = ()
    is_created: bool = False
    is_dropped: bool = False


def is_sql(block: Block) -> bool:
    """Whether the block is SQL: its fence says so, or it says nothing and begins like SQL."""
    if block.language in _LANGUAGES:
        return True
    return block.language == "" and _OPENING.match(block.text) is not None


def tables_of(block: Block, names: Names) -> Iterator[TableInSql]:
    """The tables of every statement: parsed where PostgreSQL's parser takes it, else scanned."""
    if len(block.text) > BLOCK_CHARACTERS_MAX:
        return
    for statement in split(block.text):
        line = block.line + statement.line - 1
        try:
            trees = pgparse.parse(statement.text)
        except pgparse.PGQueryError:
            yield from _scanned(statement, line, names)
        else:
            yield from _parsed(statement, trees, line, names)


def _scanned(statement: Statement, line: int, names: Names) -> Iterator[TableInSql]:
    for found in _SCAN.finditer(statement.text):
        verb = found["verb"].lower()
        if name := names.as_table(found["name"].lower(), schema=found["schema"]):
            yield TableInSql(
                name,
                line + statement.text.count("\n", 0, found.start()),
                is_created=verb.startswith("create"),
                is_dropped=verb.startswith("drop"),
            )


def _parsed(
    statement: Statement, trees: list[dict[str, Any]], line: int, names: Names
) -> Iterator[TableInSql]:
    encoded = statement.text.encode()
    for tree in trees:
        kind, node = next(iter(tree["stmt"].items()))
        if kind == "DropStmt":
            yield from _dropped(node, line, names)
            continue
        defined = _defined_names(node)
        created = node.get("relation") if kind == "CreateStmt" else None
        for relation in () if kind == "CreateSeqStmt" else _relations(node):
            if relation["relname"] in defined:
                continue
            name = names.as_table(relation["relname"], schema=relation.get("schemaname"))
            if name is not None:
                yield TableInSql(
                    name,
                    line + encoded.count(b"\n", 0, relation.get("location", 0)),
                    columns=_columns(node) if relation is created else (),
                    is_created=relation is created,
                )


def _dropped(node: dict[str, Any], line: int, names: Names) -> Iterator[TableInSql]:
    if node.get("removeType") != "OBJECT_TABLE":
        return
    for target in node.get("objects", ()):
        parts = [part["String"]["sval"] for part in target["List"]["items"]]
        if name := names.as_table(parts[-1], schema=parts[-2] if len(parts) > 1 else None):
            yield TableInSql(name, line, is_dropped=True)


def _columns(create: dict[str, Any]) -> tuple[str, ...]:
    parts = create.get("tableElts", ())
    return tuple(part["ColumnDef"]["colname"] for part in parts if "ColumnDef" in part)


def _relations(node: object) -> Iterator[dict[str, Any]]:
    """Every range variable below the node, whatever key it hangs on."""
    for child in _below(node):
        if "relname" in child and "relpersistence" in child:
            yield child


def _defined_names(node: object) -> set[str]:
    """What `with` defines: no tables."""
    return {child["ctename"] for child in _below(node) if "ctename" in child}


def _below(node: object) -> Iterator[dict[str, Any]]:
    """Every object of the tree, without recursion: the depth is the document's."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            yield current
            waiting.extend(reversed(current.values()))
        elif isinstance(current, list):
            waiting.extend(reversed(current))
