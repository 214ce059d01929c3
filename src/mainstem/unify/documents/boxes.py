"""Finds tables in drawings: boxes of line characters, and lists of ticks and crosses in a fence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.documents.markdown import Block
    from mainstem.unify.documents.names import Name, Names

_PLAIN_LANGUAGES = frozenset({"", "text", "txt", "plain", "plaintext", "ascii"})
_FRAME = " \t│┃║|┌┐└┘├┤┬┴┼─━═╔╗╚╝╠╣+-=*#"
_MARKS = "✅❌✓✔✗✘☑⚠🔴🟢🟡"
_MARKED = re.compile(rf"([{_MARKS}\ufe0f]+)\s*\"?([a-z][a-z0-9_]*)\"?\s*(?=$|[:(←\-\u2013—])(.*)$")
_VALUED = re.compile(rf"\"?([a-z][a-z0-9_]*)\"?\s*:\s*([{_MARKS}\ufe0f]+)(.*)$")
_ABOUT_A_DATABASE = re.compile(
    r"\b(?:tables?|database|schema|postgres\w*|supabase|sqlite)\b", re.IGNORECASE
)
_ABOUT_EXISTENCE = re.compile(r"\b(?:exists?|missing|dropped|created|kept)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """A line that names a table; `title` is the nearest line above it that is none of them."""

    name: Name
    mark: str
    remainder: str
    line: int
    title: str


def may_be_box(block: Block) -> bool:
    """Whether the fence holds drawn or plain text, not a program."""
    return block.language in _PLAIN_LANGUAGES


def entries_of(block: Block, names: Names) -> Iterator[Entry]:
    """The tables that a box lists; nothing when the lines are ticks about something else."""
    entries = list(_lines(block, names))
    looks_like_tables = any("_" in e.name.name or names.is_known(e.name.name) for e in entries)
    if looks_like_tables:
        yield from (entry for entry in entries if _is_table(entry, block))


def _lines(block: Block, names: Names) -> Iterator[Entry]:
    title = ""
    for number, line in enumerate(block.text.split("\n"), start=block.line):
        text = line.strip(_FRAME)
        found = _entry(text)
        if found is None:
            title = text or title
        elif name := names.as_table(found[0]):
            yield Entry(name, found[1], found[2], number, title)


def _entry(text: str) -> tuple[str, str, str] | None:
    if marked := _MARKED.match(text):
        return marked[2], marked[1], marked[3]
    if valued := _VALUED.match(text):
        return valued[1], valued[2], valued[3]
    return None


def _is_table(entry: Entry, block: Block) -> bool:
    above = (entry.title, block.lead, *(block.section.titles if block.section else ()))
    if any(_ABOUT_A_DATABASE.search(text) for text in above):
        return True
    return _ABOUT_EXISTENCE.search(entry.remainder) is not None
