"""What keeps a found word from being a request: negations, refusals, quotations, questions.

None of it decides against a comment: such a case goes to a person.
"""
# ruff: noqa: RUF001 - the marks of other scripts are what is looked for

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mainstem.revos.triggers import cues
from mainstem.revos.triggers.folding import UNSPACED, Word, folded
from mainstem.revos.triggers.model import Reason, Span

if TYPE_CHECKING:
    from collections.abc import Iterable

#: how many words a negation reaches forwards and backwards within its clause
REACH_BEFORE = 8
REACH_AFTER = 4
_SENTENCE_ENDS = re.compile(r"[!?。！？؟।…\n\r]|\.(?=\s|$)")
_CLAUSE_ENDS = re.compile(r"[,;:()\[\]–—،、，；：]|\s[-/|]\s")
_ASKS = re.compile("[?？؟]")
_QUOTES = re.compile(
    '"[^"\n]{1,200}"|“[^“”\n]{1,200}”|„[^„“”\n]{1,200}[“”]|«[^«»\n]{1,200}»|»[^«»\n]{1,200}«'
    "|‹[^‹›\n]{1,200}›|「[^「」\n]{1,200}」|『[^『』\n]{1,200}』|‘[^‘’\n]{1,200}’(?!\\w)"
    r"|(?<!\w)'[^'\n]{1,200}'(?!\w)|^[ \t]*>[^\n]{0,500}",
    re.MULTILINE,
)


def _by_negator(
    idioms: Iterable[tuple[str, ...]],
) -> dict[str, list[tuple[int, tuple[str, ...]]]]:
    found: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
    for idiom in idioms:
        for offset, word in enumerate(idiom):
            if word in cues.NEGATORS or word == "t":
                found.setdefault(word, []).append((offset, idiom))
    return found


_HARMLESS = _by_negator(cues.HARMLESS)
_REFUSALS: dict[str, list[tuple[str, ...]]] = {}
for _idiom in cues.REFUSALS:
    _REFUSALS.setdefault(_idiom[0], []).append(_idiom)


@dataclass(slots=True)
class Layout:
    """A comment laid out: its words folded, and which sentence and clause each stands in."""

    text: str
    words: list[Word]
    folded: list[str] = field(init=False)
    sentences: list[int] = field(init=False)
    clauses: list[int] = field(init=False)
    quotes: list[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        """Walk the gaps between the words once."""
        self.folded = [folded(word.raw) for word in self.words]
        self.sentences, self.clauses = [], []
        sentence = clause = 0
        end = 0
        for word, plain in zip(self.words, self.folded, strict=True):
            gap = self.text[end : word.start]
            if len(gap) > 1 or (gap and gap != " "):
                if _SENTENCE_ENDS.search(gap):
                    sentence, clause = sentence + 1, clause + 1
                elif _CLAUSE_ENDS.search(gap):
                    clause += 1
            if plain in cues.CONTRASTS:
                clause += 1
            self.sentences.append(sentence)
            self.clauses.append(clause)
            end = word.end
        self.quotes = [found.span() for found in _QUOTES.finditer(self.text)]

    def span(self, first: int, last: int) -> Span:
        """The place of the words from the first to the last, which is included."""
        return Span(self.words[first].start, self.words[last].end)


def caution(layout: Layout, first: int, end: int) -> tuple[Reason, Span] | None:
    """Return what speaks against taking the words from `first` to before `end` as a request."""
    return (
        _quoted(layout, first, end)
        or _refused(layout)
        or _negated(layout, first, end)
        or _unspaced(layout, first)
        or _reported(layout, first)
        or _asked(layout, first)
    )


def is_bare(layout: Layout, first: int, end: int) -> bool:
    """Whether the words' clause holds nothing else but manners."""
    clause = layout.clauses[first]
    return all(
        word in cues.COURTESY or len(word) == 1
        for place, word in enumerate(layout.folded)
        if layout.clauses[place] == clause and not first <= place < end
    )


def _quoted(layout: Layout, first: int, end: int) -> tuple[Reason, Span] | None:
    start, stop = layout.words[first].start, layout.words[end - 1].end
    for opened, closed in layout.quotes:
        if opened <= start and stop <= closed:
            inside = [
                w for w in range(len(layout.words)) if opened <= layout.words[w].start < closed
            ]
            outside = (word for place, word in enumerate(layout.folded) if place not in inside)
            if len(inside) == end - first and all(word in cues.COURTESY for word in outside):
                return None  # the word as they were told to write it, quotes and all
            return Reason.QUOTED, Span(opened, closed)
    return None


def _refused(layout: Layout) -> tuple[Reason, Span] | None:
    for place, word in enumerate(layout.folded):
        for idiom in _REFUSALS.get(word, ()):
            if tuple(layout.folded[place : place + len(idiom)]) == idiom:
                return Reason.REFUSED, layout.span(place, place + len(idiom) - 1)
    return None


def _negated(layout: Layout, first: int, end: int) -> tuple[Reason, Span] | None:
    clause = layout.clauses[first]
    before = range(max(0, first - REACH_BEFORE), first)
    after = range(end, min(len(layout.words), end + REACH_AFTER))
    for place in (*reversed(before), *after):
        if layout.clauses[place] == clause and _negates(layout, place):
            return Reason.NEGATED, layout.span(place, place)
    return None


def _negates(layout: Layout, place: int) -> bool:
    word = layout.folded[place]
    if word == "t":
        if place == 0 or layout.folded[place - 1] not in cues.CONTRACTED:
            return False
    elif word not in cues.NEGATORS:
        return False
    elif (
        word == "no" and layout.folded[place + 1 : place + 2] and layout.folded[place + 1].isdigit()
    ):
        return False  # number one
    return not any(
        place >= offset
        and tuple(layout.folded[place - offset : place - offset + len(idiom)]) == idiom
        for offset, idiom in _HARMLESS.get(word, ())
    )


def _unspaced(layout: Layout, first: int) -> tuple[Reason, Span] | None:
    """Negations and questions of scripts that put no spaces between words."""
    word = layout.words[first]
    if word.raw.isascii() or not UNSPACED.search(word.raw):
        return None
    for known, reason in (
        ((*cues.UNSPACED_BEFORE, *cues.UNSPACED_AFTER), Reason.NEGATED),
        (cues.UNSPACED_ASKING, Reason.QUESTION),
    ):
        for cue in known:
            at = word.raw.find(cue)
            if at >= 0:
                return reason, Span(word.start + at, word.start + at + len(cue))
    return None


def _reported(layout: Layout, first: int) -> tuple[Reason, Span] | None:
    """'Comment GUIDE below', 'everyone is commenting GUIDE': what others are told, or do."""
    clause, place = layout.clauses[first], first - 1
    while place >= 0 and layout.folded[place] in cues.TOLD_FILLERS:
        place -= 1
    if place < 0 or layout.sentences[place] != layout.sentences[first]:
        return None
    verb = layout.folded[place]
    earlier = [
        layout.folded[w]
        for w in range(max(0, place - REACH_BEFORE), place)
        if layout.clauses[w] == clause
    ]
    is_told = verb in cues.TELLING and (not earlier or earlier[-1] in cues.TOLD_BEFORE)
    is_done = verb in cues.TELLING or verb in cues.TELLING_ONGOING
    if is_told or (is_done and any(word in cues.OTHERS for word in earlier)):
        return Reason.REPORTED, layout.span(place, place)
    return None


def _asked(layout: Layout, first: int) -> tuple[Reason, Span] | None:
    sentence = layout.sentences[first]
    places = [p for p in range(len(layout.words)) if layout.sentences[p] == sentence]
    last = places[-1]
    after = layout.words[last + 1].start if last + 1 < len(layout.words) else len(layout.text)
    mark = _ASKS.search(layout.text, layout.words[last].end, after)
    if mark and _ends_here(layout.text, layout.words[last].end, mark.start()):
        return Reason.QUESTION, Span(*mark.span())
    begin = places[0]
    opened = layout.text.rfind("¿", 0, layout.words[first].start)
    if opened >= 0 and (begin == 0 or opened >= layout.words[begin - 1].end):
        return Reason.QUESTION, Span(opened, opened + 1)
    if begin < first and _opens_question(layout.folded[begin : begin + 4]):
        return Reason.QUESTION, layout.span(begin, begin)
    return None


def _ends_here(text: str, end: int, mark: int) -> bool:
    """Whether the question mark ends this sentence and not an empty one behind it."""
    return "\n" not in text[end:mark] and "!" not in text[end:mark]


def _opens_question(words: list[str]) -> bool:
    if any(tuple(words[: len(idiom)]) == idiom for idiom in cues.EXCLAIMED):
        return False
    first, second = words[0], words[1] if len(words) > 1 else ""
    return (
        (first in cues.ASKING and second in cues.ASKED)
        or (first in cues.AUXILIARIES and second in cues.SUBJECTS)
        or first in cues.ASKING_ALONE
    )
