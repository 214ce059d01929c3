"""The way through a reply: make it plain, tell its parts apart, scan each, judge, choose."""

from __future__ import annotations

import re

from mainstem.revos.extraction.choosing import WINDOW, Placed, chosen
from mainstem.revos.extraction.cleaning import parts, plain
from mainstem.revos.extraction.judging import judged
from mainstem.revos.extraction.model import REVIEW_BELOW, Choice, Extraction, Part, Verdict
from mainstem.revos.extraction.scanning import FOUND_MAX, scan

#: without one of these nothing can be an address, and most replies have none of them
_MAY_HOLD = re.compile(
    r"@|\b(?:at|ät|arroba|arr?obase|chiocciola|apenstaartje|ma[łl]pa|собака|собачка|klammeraffe)\b"
    r"|[_*~|-]at[_*~|-]|[(\[{<]\s?(?:at?|ät)\s?[)\]}>]|at-sign",
    re.IGNORECASE,
)
#: an address that lost its @: a provider's name with its ending
_UNREADABLE = re.compile(
    r"\b[\w.-]{2,64}\s?(?:#|\[|\(|\s)\s?(?:gmail|googlemail|hotmail|outlook|yahoo|icloud|gmx|proton(?:mail)?)\s?"
    r"(?:\.|\sdot\s|\s)\s?(?:com|net|de|me|fr|es|it|co)\b",
    re.IGNORECASE,
)


def extract(text: str, *, review_below: float = REVIEW_BELOW) -> Extraction:
    """Read the e-mail address out of a reply.

    Args:
        text: the message, as the provider gives it.
        review_below: what is less sure than this goes to a person.
    """
    text = plain(text)
    if not _MAY_HOLD.search(text):
        return _without(text)
    placed: list[Placed] = []
    for part, stretch in parts(text):
        placed += _placed(part, stretch)
        if len(placed) >= FOUND_MAX:
            break
    if not placed:
        return _without(text)
    candidates = tuple(each.candidate for each in placed[:FOUND_MAX])
    if all(candidate.part is Part.QUOTED for candidate in candidates):
        return Extraction(Verdict.NONE, Choice.ONLY_QUOTED, candidates=candidates)
    best, choice, confidence = chosen(placed[:FOUND_MAX])
    verdict = Verdict.FOUND if confidence >= review_below else Verdict.REVIEW
    return Extraction(verdict, choice, best, confidence, candidates)


def _placed(part: Part, stretch: str) -> list[Placed]:
    if not _MAY_HOLD.search(stretch):
        return []
    found = []
    for each in scan(stretch):
        candidate = judged(each, part)
        if candidate is not None:
            before = stretch[max(0, each.start - WINDOW) : each.start]
            after = stretch[each.end : each.end + WINDOW]
            found.append(Placed(candidate, before, after))
    return found


def _without(text: str) -> Extraction:
    if _UNREADABLE.search(text):
        return Extraction(Verdict.REVIEW, Choice.UNREADABLE)
    return Extraction(Verdict.NONE, Choice.NO_ADDRESS)
