"""Where a text of SQL names a table: positions from PostgreSQL's own parser.

The parser gets the text with its parameters and run-time pieces made fit for it, which moves
positions. Neither adds nor removes a name, so that the n-th time that a name stands in the one is
the n-th time in the other; where the two do not agree, nothing is changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pgparse

from mainstem.unify.code.sql_placeholders import repaired, with_parameters
from mainstem.unify.code.sql_postgres import error_position
from mainstem.unify.plan.names import name_sql
from mainstem.unify.rename.select_text import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mainstem.unify.rename.model import Renames

    Node = Mapping[str, Any]

CHARACTERS_MAX: Final = 200_000

_IDENTIFIER: Final = r'(?:"(?:[^"]|"")*"|[\w$]+)'
_PATH: Final = re.compile(rf"{_IDENTIFIER}(?:\s*\.\s*{_IDENTIFIER})*")
_STEP: Final = re.compile(_IDENTIFIER)
_NAMES_IN_TEXTS: Final = re.compile(
    r"\b(?:information_schema|pg_\w+|regclass|to_regclass|nextval|setval)\b", re.IGNORECASE
)
_BUILDS: Final = {
    "CreateStmt": "creates",
    "CreateTableAsStmt": "creates",
    "DropStmt": "drops",
    "RenameStmt": "renames",
    "AlterTableStmt": "changes",
    "CreatePolicyStmt": "protects",
    "AlterPolicyStmt": "protects",
    "IndexStmt": "indexes",
    "CreateTrigStmt": "puts a trigger on",
    "ViewStmt": "shows in a view",
    "GrantStmt": "grants rights on",
    "RuleStmt": "puts a rule on",
    "CommentStmt": "comments",
}


@dataclass
class SqlFound:
    """What to replace in a text, and why what was not, one sentence each."""

    parts: list[Part] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    #: statements that build or change what tables are, each told in a doubt too
    builds: bool = False


def sql_found(text: str, renames: Renames, *, shown: str | None = None) -> SqlFound:
    """Where a text of SQL names tables by an old name.

    `shown` is what the parser is to read, if it is another text: with constants filled in, and
    markers for what only the running program knows.
    """
    found = SqlFound()
    names = [name for name in renames.names if name.lower() in text.lower()]
    if not names or len(text) > CHARACTERS_MAX:
        return found
    fit = with_parameters((shown or text).replace("\0", " "), "$1")
    mended = repaired(fit, error_position)
    if mended is None:
        found.doubts.append("it looks like SQL and does not parse")
        return found
    try:
        _Reading(mended[0], text, renames, found).read()
    except RecursionError:
        return SqlFound(doubts=["the SQL is nested too deeply to be read"])
    return found


class _Reading:
    """One text, parsed; `text` is what the positions must come out in."""

    def __init__(self, sql: str, text: str, renames: Renames, found: SqlFound) -> None:
        self._encoded = sql.encode()
        self._sql = sql
        self._text = text
        self._renames = renames
        self._found = found
        self._pairs: dict[str, dict[int, tuple[int, int]] | None] = {}

    def read(self) -> None:
        for statement in pgparse.parse(self._sql):
            node = statement["stmt"]
            kind, body = next(iter(node.items()))
            if kind in _BUILDS:
                self._built(kind, body)
            else:
                self._statement(node)

    def _built(self, kind: str, body: Node) -> None:
        """A statement that makes or changes tables: a migration's business."""
        named = sorted(self._sql_names(body) & set(self._renames.names))
        if named:
            self._found.builds = True
            self._found.doubts.append(
                f"it {_BUILDS[kind]} {named[0]}: that is a migration's business"
            )

    def _sql_names(self, node: object) -> set[str]:
        names: set[str] = set()
        for one in _dicts(node):
            names |= {str(one[key]) for key in ("relname", "sval") if isinstance(one.get(key), str)}
        return names

    def _statement(self, node: Node) -> None:
        uses = [one for one in _relations(node, frozenset()) if self._is_meant(one)]
        olds = {str(one["relname"]) for one in uses}
        if uses:
            bare = {str(one["relname"]) for one in uses if "alias" not in one}
            others = _called(node, uses)
            clashes = sorted(
                old for old in bare if old in others or self._renames.names[old] in others
            )
            if clashes:
                self._found.doubts.append(
                    f"{clashes[0]} or its new name is something else in the same statement, too"
                )
                return
            self._edit(node, uses, bare)
        if _NAMES_IN_TEXTS.search(self._sql):
            self._said_as_text(node)
        kind = next(iter(node))
        if kind in {"CreateFunctionStmt", "DoStmt"} and not olds:
            body = " ".join(self._sql_names(node)).lower()
            named = [
                old for old in self._renames.names if re.search(rf"\b{re.escape(old)}\b", body)
            ]
            if named:
                self._found.doubts.append(f"the body of a function names {named[0]}")

    def _edit(self, node: Node, uses: list[Node], bare: set[str]) -> None:
        for use in uses:
            self._replace(str(use["relname"]), int(use.get("location", 0)), last=True)
        for reference in _of_kind(node, "ColumnRef"):
            names = [
                part["String"]["sval"] for part in reference.get("fields", ()) if "String" in part
            ]
            steps = len(reference.get("fields", ()))
            if steps > 1 and names and names[0] in bare:
                self._replace(names[0], int(reference.get("location", 0)), step=0)
            elif steps > len(names[:2]) > 1 and names[1] in bare and self._renames.means(names[0]):
                self._replace(names[1], int(reference.get("location", 0)), step=1)

    def _is_meant(self, use: Node) -> bool:
        return self._renames.new(str(use["relname"])) is not None and self._renames.means(
            use.get("schemaname")
        )

    def _said_as_text(self, node: Node) -> None:
        """`table_name = 'clients'`, `'clients'::regclass`."""
        texts = {str(one.get("sval", {}).get("sval", "")) for one in _of_kind(node, "A_Const")}
        named = sorted(
            old
            for old in self._renames.names
            if any(re.fullmatch(rf"(?:\w+\.)?{re.escape(old)}(?:_\w+)?", text) for text in texts)
        )
        if named:
            self._found.doubts.append(f"{named[0]} is said as a text of the SQL, not as a name")

    def _replace(self, old: str, location: int, *, step: int = 0, last: bool = False) -> None:
        start = len(self._encoded[:location].decode(errors="replace"))
        path = _PATH.match(self._sql, start)
        steps = list(_STEP.finditer(self._sql, start, path.end())) if path is not None else []
        at = steps[-1 if last else step] if step < len(steps) else None
        placed = self._placed(old).get(at.start()) if at is not None else None
        if placed is None:
            reason = f"where it names {old} cannot be told in the program's text"
            if reason not in self._found.doubts:
                self._found.doubts.append(reason)
            return
        start, end = placed
        new = self._renames.names[old]
        is_quoted = self._text[start] == '"'
        if is_quoted:
            start, end, text = start + 1, end - 1, new.replace('"', '""')
        else:
            text = name_sql(new)
        part = Part(start, end, text, old)
        if part not in self._found.parts:
            self._found.parts.append(part)

    def _placed(self, old: str) -> dict[int, tuple[int, int]]:
        """Where each time that a name stands in the parsed text is in the program's."""
        if old not in self._pairs:
            search = re.compile(
                rf'(?<![\w$@:"])(?<!%\()(?:"{re.escape(old)}"|(?i:{re.escape(old)}))(?![\w$"])'
            )
            here = [match.span() for match in search.finditer(self._sql)]
            there = [match.span() for match in search.finditer(self._text)]
            are_same = len(here) == len(there)
            self._pairs[old] = (
                {one[0]: other for one, other in zip(here, there, strict=True)}
                if are_same
                else None
            )
        return self._pairs[old] or {}


def _dicts(node: object) -> Iterator[Node]:
    """Every node at or below one; a stack, since SQL can be nested without end."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _of_kind(node: object, kind: str) -> Iterator[Node]:
    for one in _dicts(node):
        inner = one.get(kind)
        if isinstance(inner, dict):
            yield inner


def _relations(node: object, hidden: frozenset[str]) -> Iterator[Node]:
    """The relations that are named, but for those that a WITH around them defines."""
    if isinstance(node, list):
        for one in node:
            yield from _relations(one, hidden)
    if not isinstance(node, dict):
        return
    is_relation = "relname" in node and "relpersistence" in node
    if is_relation and (node["relname"] not in hidden or "schemaname" in node):
        yield node
    clause = node.get("withClause")
    if isinstance(clause, dict):
        is_recursive = clause.get("recursive", False)
        queries = [one["CommonTableExpr"] for one in clause.get("ctes", ())]
        every = hidden | {query["ctename"] for query in queries}
        for query in queries:
            yield from _relations(query.get("ctequery"), every if is_recursive else hidden)
            hidden |= {query["ctename"]}
    for key, value in node.items():
        if key != "withClause":
            yield from _relations(value, hidden)


def _called(node: Node, uses: list[Node]) -> set[str]:
    """What else is called by a name in the statement: aliases, queries, other relations."""
    names: set[str] = set()
    for one in _dicts(node):
        alias = one.get("alias")
        if isinstance(alias, dict) and "aliasname" in alias:
            names.add(str(alias["aliasname"]))
        if "ctename" in one:
            names.add(str(one["ctename"]))
        if "relname" in one and "alias" not in one and not any(one is use for use in uses):
            names.add(str(one["relname"]))
    return names
