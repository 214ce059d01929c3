"""Finds a campaign's trigger words in comments. A Matcher is made once a campaign, used often."""
# ruff: noqa: RUF001 - prefixes of other scripts

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.revos.triggers.caution import Layout, caution, is_bare
from mainstem.revos.triggers.folding import (
    HANGUL,
    SYMBOL,
    UNSPACED,
    Word,
    folded,
    readable,
    runs,
    words_of,
)
from mainstem.revos.triggers.model import Decision, Mode, Reason, Span, Verdict
from mainstem.revos.triggers.slips import ONE_SLIP_FROM, slips

if TYPE_CHECKING:
    from collections.abc import Sequence

#: of a word never seen before the verdict is worked out; of others it is remembered, up to so many
REMEMBERED_MAX = 50_000
HITS_MAX = 50
SPELLED_LETTERS_MAX = 100
PROSE_WORDS_MIN = 9
SCORES = {
    Reason.EXACT: 1.0, Reason.STRETCHED: 0.97, Reason.SPACED: 0.95, Reason.INFLECTED: 0.92,
    Reason.TYPO: 0.8,
}  # fmt: skip
_ENDINGS = ("s", "es", "x", "n", "en", "e", "er", "ern", "i", "im", "y")
_GLUED = ("please", "pls", "plz", "bitte", "porfavor", "svp", "merci", "thanks")
_ENDINGS_LETTERS_MIN = 4
_HANGUL_PARTICLE_MAX = 3
_PREFIXES = ("ال", "وال", "بال", "لل", "و", "ב", "ה", "ל", "ו", "כ", "מ")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_CONTRACTED_LETTERS_MIN = 5


@dataclass(frozen=True, slots=True)
class _Trigger:
    name: str
    parts: tuple[tuple[str, ...], ...]  # each with its other spellings
    joined: str


@dataclass(frozen=True, slots=True)
class _Hit:
    trigger: _Trigger
    reason: Reason
    score: float
    first: int
    end: int
    span: Span | None = None


class Matcher:
    """Decides about comments for one campaign. Pure: the same comment, the same decision."""

    def __init__(self, words: Sequence[str], mode: Mode = Mode.WORD) -> None:
        """Prepare the words of a campaign.

        Raises:
            ValueError: none of them has a letter, a digit or a symbol in it.
        """
        self.mode = mode
        self._triggers = tuple(made for word in words if (made := _trigger(word)))
        if not self._triggers and mode is not Mode.ANY:
            raise ValueError(
                "a campaign needs a trigger word with a letter, a digit or an emoji in it"
            )
        self._symbols = any(SYMBOL.search(trigger.name) for trigger in self._triggers)
        self._joined = {
            spelling: trigger
            for trigger in self._triggers
            for spelling in (trigger.joined,)
            if len(spelling) >= ONE_SLIP_FROM
        }
        self._unspaced = tuple(t for t in self._triggers if UNSPACED.search(t.joined))
        self._remembered: dict[str, tuple[tuple[_Trigger, Reason, float], ...]] = {}

    def decide(self, text: str) -> Decision:
        """Decide about a comment."""
        if not text.strip():
            return Decision(Verdict.NO_MATCH, Reason.EMPTY)
        text = readable(text)
        words = words_of(text, symbols=self._symbols or self.mode is Mode.ANY)
        if self.mode is Mode.ANY:
            return _any(text, words)
        hits = self._hits(words)
        if not hits:
            return Decision(Verdict.NO_MATCH, Reason.ABSENT)
        return _chosen(Layout(text, words), hits, self.mode)

    def _hits(self, words: list[Word]) -> list[_Hit]:
        found: list[_Hit] = []
        remembered, before, spelled = self._remembered, "", 0
        for place, word in enumerate(words):
            raw = word.raw
            begun = remembered.get(raw)
            if begun is None:
                begun = self._remember(raw)
            for trigger, reason, score in begun:
                if hit := self._whole(words, place, trigger, reason, score):
                    found.append(hit)
            plain = folded(raw)
            if before and (joined := self._joined.get(before + plain)) and len(joined.parts) == 1:
                score = SCORES[Reason.SPACED]
                found.append(_Hit(joined, Reason.SPACED, score, place - 1, place + 1))
            before = plain
            spelled = spelled + 1 if len(raw) == 1 else 0
            if spelled >= ONE_SLIP_FROM:
                found += self._spelled(words, place + 1 - spelled, place + 1)
            if self._unspaced and not raw.isascii():
                found += self._within(word, place)
            if len(found) >= HITS_MAX:
                break
        return found

    def _remember(self, raw: str) -> tuple[tuple[_Trigger, Reason, float], ...]:
        """Which triggers a word begins, or is."""
        plain = folded(raw)
        begun = []
        for trigger in self._triggers:
            how = _compare(plain, trigger.parts[0], self.mode)
            if how is None and len(trigger.parts) > 1 and plain == trigger.joined:
                how = Reason.SPACED, SCORES[Reason.SPACED]
            if how:
                begun.append((trigger, *how))
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[raw] = tuple(begun)
        return self._remembered[raw]

    def _whole(
        self, words: list[Word], place: int, trigger: _Trigger, reason: Reason, score: float
    ) -> _Hit | None:
        """Whether the rest of a trigger of several words follows its first one."""
        if len(trigger.parts) == 1 or folded(words[place].raw) == trigger.joined:
            return _Hit(trigger, reason, score, place, place + 1)
        end = place + len(trigger.parts)
        if end > len(words):
            return None
        for word, part in zip(words[place + 1 : end], trigger.parts[1:], strict=True):
            how = _compare(folded(word.raw), part, self.mode)
            if how is None:
                return None
            if how[1] < score:
                reason, score = how
        return _Hit(trigger, reason, score, place, end)

    def _spelled(self, words: list[Word], first: int, end: int) -> list[_Hit]:
        """A word written letter by letter."""
        first = max(first, end - SPELLED_LETTERS_MAX)
        letters = "".join(folded(word.raw) for word in words[first:end])
        return [
            _Hit(trigger, Reason.SPACED, SCORES[Reason.SPACED], end - len(spelling), end)
            for spelling, trigger in self._joined.items()
            if letters.endswith(spelling)
        ]

    def _within(self, word: Word, place: int) -> list[_Hit]:
        """A trigger in a script without spaces, anywhere in a run of letters."""
        plain, found = folded(word.raw), []
        for trigger in self._unspaced:
            at = plain.find(trigger.joined)
            if at >= 0 and plain != trigger.joined:
                is_aligned = len(plain) == word.end - word.start
                span = Span(word.start + at, word.start + at + len(trigger.joined))
                found.append(
                    _Hit(trigger, Reason.EXACT, 1.0, place, place + 1, span if is_aligned else None)
                )
        return found


def _trigger(word: str) -> _Trigger | None:
    parts = words_of(readable(word), symbols=bool(SYMBOL.search(word)))
    if not parts:
        return None
    plain = [folded(part.raw) for part in parts]
    return _Trigger(word, tuple(_spellings(part.raw) for part in parts), "".join(plain))


def _spellings(raw: str) -> tuple[str, ...]:
    """A word and how it is written where the keyboard lacks its letters, or has them."""
    plain = folded(raw)
    found = [plain, folded(raw.lower().translate(_UMLAUTS))]
    if len(plain) >= _CONTRACTED_LETTERS_MIN:
        found.append(plain.replace("ae", "a").replace("oe", "o").replace("ue", "u"))
    return tuple(dict.fromkeys(found))


def _compare(word: str, part: tuple[str, ...], mode: Mode) -> tuple[Reason, float] | None:
    """How a folded word of a comment is a trigger's word, the surest way first."""
    for how in (_exact, _stretched, _inflected, *([] if mode is Mode.PHRASE else [_mistyped])):
        for spelling in part:
            if reason := how(word, spelling):
                count = slips(word, spelling) or 1
                return reason, SCORES[reason] - (0.08 * (count - 1) if reason is Reason.TYPO else 0)
    return None


def _exact(word: str, meant: str) -> Reason | None:
    return Reason.EXACT if word == meant else None


def _stretched(word: str, meant: str) -> Reason | None:
    if len(word) <= len(meant) or word[0] != meant[0] or word[-1] != meant[-1]:
        return None
    ours, theirs = runs(meant), runs(word)
    if len(ours) != len(theirs) or any(
        a[0] != b[0] or b[1] < a[1] for a, b in zip(ours, theirs, strict=True)
    ):
        return None
    is_long = len(meant) >= ONE_SLIP_FROM
    return Reason.STRETCHED if is_long or any(count > 2 for _, count in theirs) else None  # noqa: PLR2004


def _inflected(word: str, meant: str) -> Reason | None:
    if HANGUL.match(meant):
        is_form = word.startswith(meant) and len(word) - len(meant) <= _HANGUL_PARTICLE_MAX
        return Reason.INFLECTED if is_form else None
    if not meant.isascii() and any(word == prefix + meant for prefix in _PREFIXES):
        return Reason.INFLECTED
    if len(meant) < _ENDINGS_LETTERS_MIN:
        return None
    if word.startswith(meant):
        is_form = word[len(meant) :] in _ENDINGS or word[len(meant) :] in _GLUED
        return Reason.INFLECTED if is_form else None
    is_singular = meant[-1] in "sn" and word == meant[:-1] and len(word) >= _ENDINGS_LETTERS_MIN
    is_plural_of_y = meant[-1] == "y" and word == meant[:-1] + "ies"
    return Reason.INFLECTED if is_singular or is_plural_of_y else None


def _mistyped(word: str, meant: str) -> Reason | None:
    return Reason.TYPO if slips(word, meant) else None


def _chosen(layout: Layout, hits: list[_Hit], mode: Mode) -> Decision:
    """A clean place decides, unless the same word is turned round elsewhere and this is prose."""
    judged = [(hit, _caution(layout, hit, mode)) for hit in hits]
    turned = [(hit, against) for hit, against in judged if against and against[0] not in _MILD]
    names = {hit.trigger.name for hit, _ in turned}
    clean = [
        hit
        for hit, against in judged
        if against is None
        and (hit.trigger.name not in names or is_bare(layout, hit.first, hit.end))
    ]
    if clean:
        return _decision(layout, max(clean, key=lambda hit: hit.score), None)
    return _decision(layout, *(turned[0] if turned else next(pair for pair in judged if pair[1])))


#: what speaks against one place only, and not against what is said elsewhere
_MILD = frozenset({Reason.QUESTION, Reason.UNSURE_TYPO})


def _caution(layout: Layout, hit: _Hit, mode: Mode) -> tuple[Reason, Span] | None:
    if against := caution(layout, hit.first, hit.end):
        return against
    is_unsure = hit.reason is Reason.TYPO and mode is not Mode.FUZZY
    if is_unsure and not is_bare(layout, hit.first, hit.end):
        return Reason.UNSURE_TYPO, layout.span(hit.first, hit.end - 1)
    return None


def _decision(layout: Layout, hit: _Hit, against: tuple[Reason, Span] | None) -> Decision:
    score = hit.score
    if len(layout.words) >= PROSE_WORDS_MIN and not is_bare(layout, hit.first, hit.end):
        score -= 0.1
    return Decision(
        Verdict.REVIEW if against else Verdict.MATCH,
        against[0] if against else hit.reason,
        round(score, 3),
        hit.trigger.name,
        hit.span or layout.span(hit.first, hit.end - 1),
        against[1] if against else None,
    )


def _any(text: str, words: list[Word]) -> Decision:
    """Every comment that says something counts, but for those that decline."""
    if not words:
        return Decision(Verdict.NO_MATCH, Reason.EMPTY)
    layout = Layout(text, words)
    against = caution(layout, 0, len(words))
    span = layout.span(0, len(words) - 1)
    if against and against[0] is Reason.REFUSED:
        return Decision(Verdict.REVIEW, Reason.REFUSED, 1.0, None, span, against[1])
    return Decision(Verdict.MATCH, Reason.ANY_COMMENT, 1.0, None, span)
