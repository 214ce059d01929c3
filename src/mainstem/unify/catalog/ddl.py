"""What SQLite's pragmas do not tell: read from the text of CREATE TABLE and CREATE INDEX.

Checks, generated expressions, collations, constraint names, deferred foreign keys, the expressions
and the predicate of an index. SQLite has already accepted the text, so the reader only finds its
way through it: strings, four kinds of quotes, comments and brackets (sqlite.org/lang_createtable).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|$))
    |(?P<string>[xX]?'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    |(?P<word>[^\W\d][\w$]*)
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\w*)
    |(?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_TABLE_CONSTRAINTS: Final = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SQL: `word` is its text in capitals when it is a bare word."""

    text: str
    start: int
    end: int
    word: str = ""

    @property
    def name(self) -> str:
        """The identifier the token stands for."""
        return unquote(self.text)


@dataclass(frozen=True, slots=True)
class DeclaredKey:
    """A foreign key as declared: what PRAGMA foreign_key_list leaves out."""

    name: str | None
    is_deferred: bool


@dataclass
class Declared:
    """What CREATE TABLE says beyond the pragmas, by column name in lower case."""

    collations: dict[str, str] = field(default_factory=dict)
    generated: dict[str, str] = field(default_factory=dict)
    checks: list[tuple[str | None, str]] = field(default_factory=list)
    foreign_keys: list[DeclaredKey] = field(default_factory=list)
    unique_names: dict[tuple[str, ...], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeclaredIndex:
    """The parts of an index as written, and its predicate."""

    parts: tuple[str, ...]
    predicate: str | None


def read_create_table(sql: str) -> Declared:
    """Read a CREATE TABLE statement as sqlite_master keeps it."""
    found = Declared()
    for item in _bracketed_items(sql, tokens(sql)):
        if item[0].word in _TABLE_CONSTRAINTS:
            _read_constraints(sql, item, None, found)
        else:
            _read_constraints(sql, item[1:], item[0].name.lower(), found)
    return found


def read_create_index(sql: str) -> DeclaredIndex:
    """Read a CREATE INDEX statement as sqlite_master keeps it."""
    all_tokens = tokens(sql)
    items = _bracketed_items(sql, all_tokens)
    end = items[-1][-1].end if items else 0
    where = next((t for t in _top_level(all_tokens) if t.word == "WHERE" and t.start > end), None)
    predicate = sql[where.end :].strip().rstrip(";") if where else None
    return DeclaredIndex(
        tuple(sql[item[0].start : item[-1].end] for item in items), predicate or None
    )


def tokens(sql: str) -> list[Token]:
    """Split SQL into tokens, without spaces and comments."""
    found = []
    for match in _TOKEN.finditer(sql):
        if match.lastgroup != "space":
            word = match[0].upper() if match.lastgroup == "word" else ""
            found.append(Token(match[0], match.start(), match.end(), word))
    return found


def unquote(text: str) -> str:
    """The name inside any of SQLite's quotes."""
    if text[:1] == "[":
        return text[1:-1]
    if text[:1] in {'"', "`", "'"}:
        return text[1:-1].replace(text[0] * 2, text[0])
    return text


def _bracketed_items(sql: str, all_tokens: Sequence[Token]) -> list[list[Token]]:
    """The comma-parted items of the first pair of brackets."""
    opening = next((i for i, t in enumerate(all_tokens) if sql[t.start] == "(" == t.text), None)
    items: list[list[Token]] = [[]]
    depth = 0
    for token in all_tokens[opening:] if opening is not None else ():
        if token.text == ")":
            depth -= 1
            if depth == 0:
                break
        if depth == 1 and token.text == ",":
            items.append([])
        elif depth:
            items[-1].append(token)
        if token.text == "(":
            depth += 1
    return [item for item in items if item]


def _top_level(all_tokens: Sequence[Token]) -> Iterator[Token]:
    depth = 0
    for token in all_tokens:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0:
            yield token


def _read_constraints(sql: str, item: Sequence[Token], column: str | None, found: Declared) -> None:
    """Walk the constraints of a column, or of the table when `column` is None."""
    name: str | None = None
    top = list(_with_depth(item))
    for position, (depth, token) in enumerate(top):
        if depth:
            continue
        following = top[position + 1][1] if position + 1 < len(top) else None
        if token.word == "CONSTRAINT" and following:
            name = following.name
        elif token.word == "CHECK":
            found.checks.append((name, _bracket_text(sql, item, token.end)))
            name = None
        elif token.word == "COLLATE" and following and column:
            found.collations[column] = following.name
        elif token.word == "AS" and column:
            found.generated[column] = _bracket_text(sql, item, token.end)
        elif token.word == "UNIQUE":
            columns = (column,) if column else _names(item, token.end)
            if name:
                found.unique_names[columns] = name
            name = None
        elif token.word == "REFERENCES":
            found.foreign_keys.append(DeclaredKey(name, is_deferred=_is_deferred(top, position)))
            name = None


def _with_depth(item: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    depth = 0
    for token in item:
        if token.text == ")":
            depth -= 1
        yield (depth + (token.text == ")"), token)
        if token.text == "(":
            depth += 1


def _is_deferred(top: Sequence[tuple[int, Token]], position: int) -> bool:
    words = []
    for depth, token in top[position + 1 :]:
        if token.word in {"REFERENCES", "CHECK", "CONSTRAINT"}:
            break
        if depth == 0:
            words.append(token.word)
    said = " ".join(words)
    return "INITIALLY DEFERRED" in said and "NOT DEFERRABLE" not in said


def _bracket_text(sql: str, item: Sequence[Token], after: int) -> str:
    """The text inside the first brackets that open at or after a position."""
    depth, start = 0, 0
    for token in item:
        if token.start < after:
            continue
        if token.text == "(":
            depth += 1
            start = start or token.end
        elif token.text == ")":
            depth -= 1
            if depth == 0:
                return sql[start : token.start].strip()
    return ""


def _names(item: Sequence[Token], after: int) -> tuple[str, ...]:
    names: list[str] = []
    expects_name = False
    for token in item:
        if token.start < after:
            continue
        if token.text == ")":
            break
        if expects_name:
            names.append(token.name.lower())
        expects_name = token.text in {"(", ","}
    return tuple(names)
