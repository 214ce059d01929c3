"""Tries the SQL that documents show, as far as it is meant to run as it stands.

All blocks of a document are tried as one script, each statement at its own line, because a later
block relies on the tables of an earlier one. Examples with gaps, fragments, other dialects and
what the author shows as wrong are left out: to refuse those says nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

import pgparse

from mainstem.kit.statements import split
from mainstem.unify.code.model import Place
from mainstem.unify.documents.model import SqlBlock
from mainstem.unify.documents.sql import BLOCK_CHARACTERS_MAX
from mainstem.unify.replay.model import FailedStatement, Failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mainstem.kit.statements import Statement
    from mainstem.unify.documents.markdown import Block

_TEXT_CHARACTERS_MAX = 200
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_STRING = re.compile(r"'(?:[^']|'')*'")
_GAP = re.compile(
    r"\.\.\.|…|<[A-Za-z][\w -]*>|\[[A-Za-z][\w -]*\]|\{\{?[^{}]*\}?\}|\$\{|%s|%\([a-z]"
    r"|(?<!:):[a-z_]\w*|\$\d|\?|\b(?:YOUR|PROJECT|REPLACE|CHANGE)[-_][A-Z_-]+|\bxxx+\b",
)
_GAP_IN_STRING = re.compile(
    r"\.\.\.|…|<[A-Za-z][\w -]*>|\b(?:your|project|replace)[-_]", re.IGNORECASE
)
_ELISION = re.compile(
    r"\.\.\.|…|\b(?:other|rest|remaining|existing|more|additional|etc|same)\b", re.IGNORECASE
)
_OTHER_DIALECT = re.compile(
    r"\bauto_?increment\b|\bengine\s*=|\bpragma\b|\bdatetime\b|\bnvarchar\b|\bifnull\s*\("
    r"|^\s*(?:go|use|show|describe|delimiter|backup)\b|`|^\s*\\|\bwithout\s+rowid\b|\btinyint\b"
    r"|\bgetdate\s*\(|\bselect\s+top\s+\d|\bmediumtext\b|\bon\s+duplicate\s+key\b|\bstrftime\s*\(",
    re.IGNORECASE | re.MULTILINE,
)
_STATEMENT = re.compile(
    r"(?:create|alter|drop|insert|update|delete|select|with|grant|revoke|comment|do|truncate"
    r"|begin|commit|rollback|set|reset|refresh|merge)\b",
    re.IGNORECASE,
)
_SHOWN_AS_WRONG = re.compile(
    r"❌|\b(?:wrong|bad|broken|incorrect|invalid|fails?|error|don['\u2019]t|never|avoid|before|old"
    r"|buggy|current \(|anti-?pattern|vulnerable|problem)\b",
    re.IGNORECASE,
)


class TryBlock(Protocol):
    """Runs SQL in a transaction that is rolled back, and says what failed."""

    def __call__(self, sql: str, *, file: str, line: int) -> tuple[FailedStatement, ...]:
        """Try it; `line` is that of its first line in the document."""


def try_blocks(
    blocks: Sequence[Block], *, file: str, try_block: TryBlock | None
) -> tuple[tuple[SqlBlock, ...], int]:
    """The SQL blocks of one document with what failed, and how many statements were left out.

    Without a server the parser of PostgreSQL judges what is valid SQL, and nothing else is told.
    """
    tried: list[tuple[int, str]] = []
    left_out = 0
    for block in blocks:
        for statement in _statements(block):
            if _is_meant_to_run(statement, block):
                tried.append((block.line + statement.line - 1, statement.text))
            else:
                left_out += 1
    failed = tuple(_failures(tried, file, try_block)) if tried else ()
    return tuple(_with_failures(block, file, failed) for block in blocks), left_out


def _statements(block: Block) -> Iterator[Statement]:
    if len(block.text) <= BLOCK_CHARACTERS_MAX:
        yield from split(block.text)


def _is_meant_to_run(statement: Statement, block: Block) -> bool:
    title = block.section.title if block.section else ""
    comments = " ".join(_COMMENT.findall(_before(statement, block)))
    if _SHOWN_AS_WRONG.search(f"{block.lead} {title} {comments}"):
        return False
    bare = _COMMENT.sub(" ", statement.text)
    outside = _STRING.sub("''", bare)
    if _STATEMENT.match(outside) is None or _OTHER_DIALECT.search(outside):
        return False
    if "$$" not in outside and _GAP.search(outside):
        return False
    return _GAP_IN_STRING.search(bare) is None and not _is_elided(statement.text)


def _before(statement: Statement, block: Block) -> str:
    """The comment lines right above a statement, and its own first line."""
    lines = block.text.split("\n")
    above: list[str] = []
    for line in reversed(lines[: statement.line - 1]):
        if not line.lstrip().startswith("--"):
            break
        above.append(line)
    return "\n".join([*above, lines[statement.line - 1]])


def _is_elided(text: str) -> bool:
    """Whether a comment stands for what is left out: `-- other columns`, right before a bracket."""
    for comment in re.finditer(r"--([^\n]*)\n\s*\)|/\*(.*?)\*/", text):
        if _ELISION.search(comment[1] or comment[2] or ""):
            return True
    return False


def _failures(
    tried: list[tuple[int, str]], file: str, try_block: TryBlock | None
) -> Iterable[FailedStatement]:
    if try_block is None:
        return [failure for line, text in tried for failure in _unparsed(text, file, line)]
    return try_block(_script(tried), file=file, line=1)


def _script(statements: Iterable[tuple[int, str]]) -> str:
    """One script in which every statement stands at its line of the document."""
    parts: list[str] = []
    at = 1
    for line, text in statements:
        ended = _COMMENT.search(text.rsplit("\n", 1)[-1]) is not None
        part = "\n" * max(0, line - at) + text + ("\n;" if ended else ";")
        at = max(at, line) + text.count("\n") + ended
        parts.append(part)
    return "".join(parts)


def _unparsed(text: str, file: str, line: int) -> Iterator[FailedStatement]:
    try:
        pgparse.parse(text)
    except pgparse.PGQueryError as error:
        at = line + text.count("\n", 0, max(0, error.position - 1))
        shown = text.strip()[:_TEXT_CHARACTERS_MAX]
        yield FailedStatement(file, at, shown, Failure.INVALID_SQL, error.message)


def _with_failures(block: Block, file: str, failed: tuple[FailedStatement, ...]) -> SqlBlock:
    end = block.line + block.text.count("\n")
    inside = tuple(one for one in failed if block.line <= one.line <= end)
    return SqlBlock(Place(file, block.line), block.text, inside)
