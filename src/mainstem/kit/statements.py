"""Cuts an SQL script into statements, so that a failure can name its line.

The rules are psql's: a semicolon ends a statement unless it stands in a string, a quoted name, a
comment, parentheses, or the `begin atomic ... end` body of a function.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEXEME = re.compile(
    r"""
      (?P<line_comment> --[^\n]* )
    | (?P<block_comment> /\* )
    | (?P<string> [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' )
    | (?P<name> "(?:[^"]|"")*" )
    | (?P<dollar> \$(?P<tag>(?:[^\W\d]\w*)?)\$ .*? \$(?P=tag)\$ )
    | (?P<word> [^\W\d][\w$]* )
    | (?P<space> \s+ )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_OF_ROUTINE = re.compile(r"create (or replace )?(function|procedure)\b")


@dataclass(frozen=True)
class Statement:
    """One statement: its text without the semicolon, its first words and line (from 1)."""

    text: str
    line: int
    opening: str

    def line_at(self, position: int | None) -> int:
        """Return the line of a character position (from 1) in the text, as a server reports it."""
        return self.line if position is None else self.line + self.text.count("\n", 0, position - 1)


def split(script: str) -> Iterator[Statement]:
    """Yield the statements of a script, in order; comments between them belong to none."""
    begin: int | None = None
    words: list[str] = []
    parentheses = blocks = 0
    for kind, lexeme, start in _lexemes(script):
        if kind in {"space", "line_comment", "block_comment"}:
            continue
        if lexeme == ";" and parentheses == blocks == 0:
            if begin is not None:
                yield _statement(script, begin, start, words)
            begin, words = None, []
            continue
        begin = start if begin is None else begin
        parentheses += {"(": 1, ")": -1}.get(lexeme, 0)
        if kind == "word":
            words.append(lexeme.lower())
            blocks += _block_step(words, blocks)
    if begin is not None:
        yield _statement(script, begin, len(script), words)


def _lexemes(script: str) -> Iterator[tuple[str, str, int]]:
    position = 0
    while position < len(script):
        found = _LEXEME.match(script, position)
        assert found is not None, "the last alternative takes any character"
        kind = found.lastgroup or "other"
        kind = "dollar" if kind == "tag" else kind
        end = _block_comment_end(script, position) if kind == "block_comment" else found.end()
        yield kind, script[position:end], position
        position = end


def _block_comment_end(script: str, start: int) -> int:
    """Block comments nest in PostgreSQL."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(script, start):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(script)


def _block_step(words: list[str], blocks: int) -> int:
    """Return how the last word changes the depth of begin/case ... end in a routine's body."""
    if _OF_ROUTINE.match(" ".join(words[:4])) is None:
        return 0
    if words[-1] == "begin" or (words[-1] == "case" and blocks > 0):
        return 1
    return -1 if words[-1] == "end" and blocks > 0 else 0


def _statement(script: str, begin: int, end: int, words: list[str]) -> Statement:
    return Statement(
        text=script[begin:end].rstrip(),
        line=script.count("\n", 0, begin) + 1,
        opening=" ".join(words[:4]),
    )
