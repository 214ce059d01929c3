r"""Cuts an SQL script into statements, so that a failure can name its line.

The rules are psql's: a semicolon ends a statement unless it stands in a string, a quoted name, a
comment, parentheses, or the `begin atomic ... end` body of a function. A line that begins with a
backslash between two statements is one of psql's own commands; the lines after `copy ... from
stdin`, up to `\.`, are its rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARTS: Final = r"""
      (?P<line_comment> --[^\n]* )
    | (?P<block_comment> /\* )
    | (?P<string> (?: (?<!\w)[eE]' | (?<=(?<!\w)[eE])' ) (?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' )
    | (?P<name> "(?:[^"]|"")*" )
    | (?P<dollar> (?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$ .*? \$(?P=tag)\$ )
"""
#: where each word counts: at a statement's start, and in the body of a routine
_LEXEME: Final = re.compile(
    _PARTS + r"| (?P<word> [^\W\d][\w$]* ) | (?P<space> \s+ ) | (?P<other> . )",
    re.VERBOSE | re.DOTALL,
)
#: elsewhere only what can hide or be a semicolon counts: all between is one lexeme
_COARSE: Final = re.compile(
    _PARTS + r"""| (?P<space> [^;'"$()/-]+ ) | (?P<other> . )""", re.VERBOSE | re.DOTALL
)
_COMMENT_EDGE: Final = re.compile(r"/\*|\*/")
_OF_ROUTINE: Final = re.compile(r"create (or replace )?(function|procedure)\b")
_FROM_STDIN: Final = re.compile(r"\bfrom\s+stdin\b", re.IGNORECASE)
_END_OF_ROWS: Final = re.compile(r"^\\\.[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
_OPENING_WORDS: Final = 4


@dataclass(frozen=True)
class Statement:
    r"""One statement: its text without the semicolon, its first words and line (from 1).

    `rows` are those that follow `copy ... from stdin`. The opening of one of psql's own commands
    is its first word with the backslash, such as `\connect`.
    """

    text: str
    line: int
    opening: str
    rows: str | None = None

    def line_at(self, position: int | None) -> int:
        """Return the line of a character position (from 1) in the text, as a server reports it."""
        return self.line if position is None else self.line + self.text.count("\n", 0, position - 1)


def split(script: str) -> Iterator[Statement]:
    """Yield the statements of a script, in order; comments between them belong to none."""
    return _Cutter(script).statements()


class _Cutter:
    """Goes through a script once; lines are counted on from the statement before."""

    def __init__(self, script: str) -> None:
        self._script = script
        self._position = 0
        self._counted_to = 0
        self._line = 1

    def statements(self) -> Iterator[Statement]:
        """Yield what is left of the script."""
        while (begin := self._begin()) is not None:
            if self._script[begin] == "\\":
                yield self._command(begin)
                continue
            words: list[str] = []
            end = self._end(words)
            if end > begin:
                yield self._statement(begin, end, words)

    def _begin(self) -> int | None:
        """Go past spaces and comments to where the next statement begins."""
        while self._position < len(self._script):
            kind, start, end = self._lexeme(_LEXEME)
            if kind not in {"space", "line_comment", "block_comment"}:
                self._position = start
                return start
            self._position = end
        return None

    def _end(self, words: list[str]) -> int:
        """Go past a statement and its semicolon; collect its words while they count."""
        parentheses = blocks = 0
        pattern = _LEXEME
        while self._position < len(self._script):
            kind, start, self._position = self._lexeme(pattern)
            if kind == "word":
                words.append(self._script[start : self._position].lower())
                blocks += _block_step(words, blocks)
                if len(words) >= _OPENING_WORDS and not _is_of_routine(words):
                    pattern = _COARSE
            elif kind == "other":
                mark = self._script[start]
                if mark == ";" and parentheses == blocks == 0:
                    return start
                parentheses += {"(": 1, ")": -1}.get(mark, 0)
        return len(self._script)

    def _lexeme(self, pattern: re.Pattern[str]) -> tuple[str, int, int]:
        start = self._position
        found = pattern.match(self._script, start)
        assert found is not None, "the last alternative takes any character"
        kind = found.lastgroup or "other"
        kind = "dollar" if kind == "tag" else kind
        is_nested = kind == "block_comment"
        return kind, start, self._block_comment_end() if is_nested else found.end()

    def _block_comment_end(self) -> int:
        """Block comments nest in PostgreSQL."""
        depth = 0
        for edge in _COMMENT_EDGE.finditer(self._script, self._position):
            depth += 1 if edge[0] == "/*" else -1
            if depth == 0:
                return edge.end()
        return len(self._script)

    def _statement(self, begin: int, end: int, words: list[str]) -> Statement:
        text = self._script[begin:end].rstrip()
        has_rows = words[:1] == ["copy"] and _FROM_STDIN.search(text) is not None
        return Statement(
            text=text,
            line=self._line_of(begin),
            opening=" ".join(words[:_OPENING_WORDS]),
            rows=self._rows() if has_rows else None,
        )

    def _rows(self) -> str:
        r"""Go past the rows of a COPY: from the next line to the line `\.`, or to the end."""
        begin = self._line_end(self._position)
        found = _END_OF_ROWS.search(self._script, begin)
        self._position = found.end() if found else len(self._script)
        return self._script[begin : found.start() if found else len(self._script)]

    def _command(self, begin: int) -> Statement:
        self._position = self._line_end(begin)
        text = self._script[begin : self._position].rstrip()
        return Statement(text=text, line=self._line_of(begin), opening=text.split()[0])

    def _line_end(self, position: int) -> int:
        """Return where the next line begins."""
        return (self._script.find("\n", position) + 1) or len(self._script)

    def _line_of(self, position: int) -> int:
        self._line += self._script.count("\n", self._counted_to, position)
        self._counted_to = position
        return self._line


def _is_of_routine(words: list[str]) -> bool:
    return _OF_ROUTINE.match(" ".join(words[:_OPENING_WORDS])) is not None


def _block_step(words: list[str], blocks: int) -> int:
    """Return how the last word changes the depth of begin/case ... end in a routine's body."""
    if not _is_of_routine(words):
        return 0
    if words[-1] == "begin" or (words[-1] == "case" and blocks > 0):
        return 1
    return -1 if words[-1] == "end" and blocks > 0 else 0
