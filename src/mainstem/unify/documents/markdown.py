"""Cuts Markdown into the blocks that name tables and make claims, each with its line.

It knows what CommonMark and GitHub's tables say of block structure (https://spec.commonmark.org,
https://github.github.com/gfm): headings, lists, pipe tables, fences, quotes, comments. A general
parser costs seconds for each megabyte because it also reads what stands inside a line; this one
looks at every line once.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: longer lines are cut: nobody reads on, and no pattern has to
LINE_CHARACTERS_MAX = 4000
#: a longer paragraph is several, so that finding a line in it stays cheap
_PARAGRAPH_LINES_MAX = 100
_FRONT_MATTER_LINES_MAX = 200
_CODE_INDENT = 4

_LINE_END = re.compile(r"\r\n?|\n")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$")
_FENCE = re.compile(r"(\s*)(`{3,}|~{3,})\s*([^`\s]*)")
_ITEM = re.compile(r"(\s*)(?:[-*+•]|\d{1,9}[.)])\s+(\S.*)$")
_RULE = re.compile(r"\s*(?:\*\s*){3,}$|\s*(?:-\s*){3,}$|\s*(?:_\s*){3,}$")
_QUOTE = re.compile(r"^(?: {0,3}> ?)+")
_CELL_EDGE = re.compile(r"(?<!\\)\|")


class BlockKind(enum.Enum):
    """What a block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "list item"
    ROW = "table row"
    CODE = "code"


@dataclass(frozen=True)
class Section:
    """A heading with everything up to the next one of its level."""

    title: str
    level: int
    line: int
    parent: Section | None = None

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """Its title and those of the sections around it, the innermost first."""
        return tuple(section.title for section in self.chain)

    @cached_property
    def chain(self) -> tuple[Section, ...]:
        """The section and those around it, the innermost first."""
        return (self, *(self.parent.chain if self.parent else ()))


@dataclass(frozen=True)
class Block:
    """A part of a document. `line` is that of its text's first line.

    `lead` is the sentence that a list, table or fence stands under: the paragraph before it, or the
    item that it is nested in. `group` tells blocks of one list or table from those of another.
    """

    kind: BlockKind
    text: str
    line: int
    section: Section | None
    lead: str = ""
    group: int = 0
    #: of a table row: the names of the columns, and the row's cells
    header: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    #: of code: what the fence says it is, in lower case
    language: str = ""


def read_blocks(text: str) -> Iterator[Block]:
    """The blocks of a document in order, as CommonMark cuts them; time grows with the length."""
    lines = [line[:LINE_CHARACTERS_MAX].rstrip() for line in _LINE_END.split(text.rstrip("\r\n"))]
    return _Reader(lines).blocks()


@dataclass
class _Reader:
    """Where the reader stands; lines count from 0 here, from 1 in blocks."""

    lines: list[str]
    at: int = 0
    section: Section | None = None
    paragraph: list[str] = field(default_factory=list)
    paragraph_line: int = 0
    is_item: bool = False
    lead: str = ""
    group: int = 0
    #: the list items that are open: (indent, text)
    items: list[tuple[int, str]] = field(default_factory=list)

    def blocks(self) -> Iterator[Block]:
        yield from self._front_matter()
        while self.at < len(self.lines):
            yield from self._next(_QUOTE.sub("", self.lines[self.at], count=1))
            self.at += 1
        yield from self._flush()

    def _next(self, line: str) -> Iterator[Block]:
        if not line.strip():
            yield from self._flush()
        elif fence := _FENCE.match(line):
            yield from self._flush()
            yield self._code(fence)
        elif line.lstrip().startswith("<!--"):
            yield from self._flush()
            self._skip_comment(line)
        elif heading := _HEADING.match(line):
            yield from self._flush()
            yield self._heading(heading[2] or "", len(heading[1]), self.at)
        elif self._is_underline(line):
            title, self.paragraph = self.paragraph[0], []
            yield self._heading(title, 1 if "=" in line else 2, self.paragraph_line)
        elif _RULE.match(line):
            yield from self._flush()
            self.items.clear()
        elif item := _ITEM.match(line):
            yield from self._flush()
            self._open_item(len(item[1]), item[2])
        elif "|" in line and self._is_table_below():
            yield from self._flush()
            yield from self._table(line)
        elif not self._is_indented_code(line):
            yield from self._continue(line)

    def _front_matter(self) -> Iterator[Block]:
        if not self.lines or self.lines[0] != "---":
            return
        for end, line in enumerate(self.lines[1:_FRONT_MATTER_LINES_MAX], start=1):
            if line in {"---", "..."}:
                for number, entry in enumerate(self.lines[1:end], start=2):
                    yield Block(BlockKind.PARAGRAPH, entry, number, None)
                self.at = end + 1
                return

    def _flush(self) -> Iterator[Block]:
        """Give out the paragraph or list item that ends here."""
        if not self.paragraph:
            return
        text = "\n".join(self.paragraph)
        kind = BlockKind.ITEM if self.is_item else BlockKind.PARAGRAPH
        yield self._block(kind, text, self.paragraph_line, lead=self._lead(self.items[:-1]))
        if not self.is_item:
            self.lead = text
        self.paragraph, self.is_item = [], False

    def _continue(self, line: str) -> Iterator[Block]:
        if not self.paragraph:
            self.paragraph_line = self.at
            indent = len(line) - len(line.lstrip())
            while self.items and self.items[-1][0] >= indent:
                self.items.pop()
            self.group = self.at
        self.paragraph.append(line.strip())
        if len(self.paragraph) >= _PARAGRAPH_LINES_MAX:
            yield from self._flush()

    def _open_item(self, indent: int, text: str) -> None:
        while self.items and self.items[-1][0] >= indent:
            self.items.pop()
        self.items.append((indent, text))
        self.paragraph, self.paragraph_line, self.is_item = [text], self.at, True

    def _heading(self, title: str, level: int, at: int) -> Block:
        parent = self.section
        while parent is not None and parent.level >= level:
            parent = parent.parent
        self.section = Section(title, level, at + 1, parent)
        self.lead, self.group = "", at
        self.items.clear()
        return self._block(BlockKind.HEADING, title, at)

    def _code(self, fence: re.Match[str]) -> Block:
        """A fence up to its end, or to the document's where nobody closed it."""
        mark, indent = fence[2], len(fence[1])
        begin = self.at + 1
        end = begin
        while end < len(self.lines) and not _closes(self.lines[end], mark):
            end += 1
        self.at = end
        open_items = [item for item in self.items if item[0] < indent]
        return self._block(
            BlockKind.CODE,
            "\n".join(self.lines[begin:end]),
            begin,
            lead=self._lead(open_items),
            language=fence[3].lower().strip("{}."),
            group=begin,
        )

    def _table(self, line: str) -> Iterator[Block]:
        header = _cells(line)
        self.group = self.at
        self.at += 2
        while self.at < len(self.lines) and "|" in self.lines[self.at]:
            row = _QUOTE.sub("", self.lines[self.at], count=1)
            yield self._block(
                BlockKind.ROW,
                row.strip(),
                self.at,
                lead=self._lead(self.items),
                header=header,
                cells=_cells(row),
            )
            self.at += 1
        self.at -= 1

    def _skip_comment(self, line: str) -> None:
        while "-->" not in line and self.at + 1 < len(self.lines):
            self.at += 1
            line = self.lines[self.at]

    def _is_underline(self, line: str) -> bool:
        is_line = len(self.paragraph) == 1 and not self.is_item
        return is_line and set(line.strip()) in ({"="}, {"-"})

    def _is_table_below(self) -> bool:
        below = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else ""
        below = _QUOTE.sub("", below, count=1)
        return "-" in below and "|" in below and set(below) <= set("|:- \t")

    def _is_indented_code(self, line: str) -> bool:
        indent = len(line) - len(line.lstrip())
        return indent >= _CODE_INDENT and not self.paragraph and not self.items

    def _lead(self, items: list[tuple[int, str]]) -> str:
        return items[-1][1] if items else self.lead

    def _block(self, kind: BlockKind, text: str, at: int, **more: object) -> Block:
        given = {"group": self.group} | more
        return Block(kind, text, at + 1, self.section, **given)  # type: ignore[arg-type]


def _closes(line: str, mark: str) -> bool:
    stripped = _QUOTE.sub("", line, count=1).strip()
    return len(stripped) >= len(mark) and set(stripped) == {mark[0]}


def _cells(line: str) -> tuple[str, ...]:
    parts = _CELL_EDGE.split(line.strip())
    parts = parts[1:] if parts and not parts[0].strip() else parts
    parts = parts[:-1] if parts and not parts[-1].strip() else parts
    return tuple(part.strip() for part in parts)
