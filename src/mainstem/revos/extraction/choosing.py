"""Of several candidates the one that the person means, by the words around each."""
# ruff: noqa: E501 - words of a language a line

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mainstem.revos.extraction.judging import AT_MOST
from mainstem.revos.extraction.model import Candidate, Choice, Doubt, Part

WINDOW = 60
MARGIN = 1.0
UNDECIDED_AT_MOST = 0.6
CORRECTED_AT_LEAST = 0.9

#: words right before an address that turn it down
_NOT = re.compile(
    r"(?:\b(?:not|(?:don'?t|do not|never) (?:use|write|mail|e-?mail|contact|(?:send|write) (?:it )?to|write to)|never use|no longer|instead of|rather than|former|old|wrong"
    r"|nicht|nicht an|statt|anstatt|alte|falsche?|no uses|no es|en vez de|en lugar de|antigu[oa]|pas|au lieu de|ancienne?"
    r"|non|invece di|não|em vez de|niet|stop (?:e-?mailing|writing(?: to)?)|remove|unsubscribe|delete|austragen|löschen|borra|supprimez?)\b"
    r"(?:\s(?:to|on|at|my|the|this|an|die|der|das|meine|mi|la|el|mon|ma|l'adresse|address|adresse|e-?mail|mail|correo|work|private|office"
    r"|one|me))*\s?[:*\"'“(<]?)$",
    re.IGNORECASE,
)
#: words right behind an address that turn it down
_NOT_AFTER = re.compile(
    r"^[>)\]\"'”*]?,?\s?(?:is (?:not|no longer|old|wrong|dead)|isn'?t|does(?: no|n')t work|doesn'?t|bounces|won'?t|no longer|(?:ist|geht|funktioniert) "
    r"(?:nicht|alt)|no (?:es|funciona)|ne (?:marche|fonctionne)|n'est (?:pas|plus)|non (?:funziona|è))",
    re.IGNORECASE,
)
_PREFER = re.compile(
    r"\b(?:please use|use|better|best|prefer(?:ably|red)?|instead|but|rather|send (?:it |that |the \w+ )?to|bitte an|lieber|besser|am besten|sondern"
    r"|mejor|sino|prefiero|plutôt|de préférence|mais|meglio|ma|melhor|mas|liever|beter|current|new|neue|private|personal|works?)\b"
    r"(?:\s\w+){0,3}\s?[:*\"'“(<]?$",
    re.IGNORECASE,
)
_PREFER_AFTER = re.compile(
    r"^[>)\]\"'”*]?,?\s?(?:is (?:better|best|preferred|fine|the right)|instead|please|works best|ist besser|wäre besser|bitte|es mejor|mejor|plutôt"
    r"|est mieux|è meglio|is beter)",
    re.IGNORECASE,
)
_CORRECTING = re.compile(
    r"(?:\b(?:sorry|oops|ups|typo|correct(?:ion|ed)?|i mean(?:t)?|meant|actually|wait|should be|make that|korrektur|meinte|verschrieben|tippfehler"
    r"|richtig|perdón|perdon|quise decir|corrijo|digo|corrección|pardon|je voulais dire|erreur|correction|désolée?|scusa|volevo dire|desculpa|quis dizer)\b"
    r".{0,40}|^\*\s?|\n\*\s?)$",
    re.IGNORECASE | re.DOTALL,
)
_OTHERS = re.compile(
    r"\b(?:colleague|coworker|boss|assistant|his|her|their|wife|husband|partner|manager|contact (?:our|the)|ask|support (?:at|is|team)|"
    r"kolleg(?:e|in|en)|chef(?:in)?|assistent(?:in)?|seine?|ihre|sekretariat|colega|jef[ea]|su|collègue|patron(?:ne)?|son assistante?|collega"
    r"|cc|forward(?:ed)? (?:it )?to|write to them)\b(?:[\s:,]+[\w'.-]+){0,4}\s?[:*\"'“(<]?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A candidate with the text before and behind it."""

    candidate: Candidate
    before: str
    after: str


def chosen(placed: list[Placed]) -> tuple[Candidate, Choice, float]:
    """Return the candidate, why, and how sure the choice is."""
    read = [_with_words(each) for each in _one_each(placed)]
    if len(read) == 1:
        return read[0].candidate, Choice.ONLY_ONE, read[0].candidate.confidence
    if corrected := _corrected(read):
        return corrected, Choice.CORRECTED, corrected.confidence
    marks = [_mark(each) for each in read]
    order = sorted(range(len(read)), key=lambda place: -marks[place])
    best, second = order[0], order[1]
    candidate = read[best].candidate
    if marks[best] - marks[second] < MARGIN:
        return candidate, Choice.UNDECIDED, min(candidate.confidence, UNDECIDED_AT_MOST)
    return candidate, _why(read[best], read[second]), candidate.confidence


def _one_each(placed: list[Placed]) -> list[Placed]:
    """The same address once: where it stands best, or, among equals, last."""
    kept: dict[str, Placed] = {}
    for each in placed:
        known = kept.get(each.candidate.email)
        if known is None or each.candidate.confidence >= known.candidate.confidence:
            kept.pop(each.candidate.email, None)
            kept[each.candidate.email] = each
    return list(kept.values())


def _with_words(placed: Placed) -> Placed:
    """Add what the words around it say against it."""
    doubts = []
    line = _line(placed)
    if _NOT.search(line) or _NOT_AFTER.search(placed.after):
        doubts.append(Doubt.DECLINED)
    elif _OTHERS.search(line):
        doubts.append(Doubt.SOMEONE_ELSE)
    if not doubts:
        return placed
    candidate = placed.candidate
    bounded = min(candidate.confidence, *(AT_MOST[doubt] for doubt in doubts))
    doubted = replace(candidate, confidence=bounded, doubts=(*candidate.doubts, *doubts))
    return replace(placed, candidate=doubted)


def _line(placed: Placed) -> str:
    """What stands before it in its own line: a closing or a greeting above says nothing of it."""
    return placed.before.rpartition("\n")[2].rstrip()


def _corrected(read: list[Placed]) -> Candidate | None:
    """The last of the person's own, where words say that it mends the one before."""
    own = [each for each in read if each.candidate.part is not Part.QUOTED]
    if (
        len(own) > 1
        and _CORRECTING.search(own[-1].before)
        and Doubt.DECLINED not in own[-1].candidate.doubts
    ):
        return own[-1].candidate
    return None


def _mark(placed: Placed) -> float:
    candidate = placed.candidate
    mark = {Part.BODY: 0.0, Part.SIGNATURE: -1.0, Part.QUOTED: -4.0}[candidate.part]
    for doubt in candidate.doubts:
        mark -= _COSTS.get(doubt, 1.0)
    if _PREFER.search(_line(placed)) or _PREFER_AFTER.search(placed.after):
        mark += 2.0
    return mark


_COSTS = {
    Doubt.DECLINED: 4.0,
    Doubt.SOMEONE_ELSE: 2.0,
    Doubt.PLACEHOLDER: 5.0,
    Doubt.UNATTENDED: 4.0,
    Doubt.DISPOSABLE: 1.5,
}


def _why(best: Placed, second: Placed) -> Choice:
    if best.candidate.part is not second.candidate.part:
        return Choice.OWN_WORDS
    if len(second.candidate.doubts) > len(best.candidate.doubts):
        return Choice.LESS_DOUBT
    return Choice.PREFERRED
