"""Comments against the labelled corpus beside this file, and what holds of any comment."""

from __future__ import annotations

import time
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.revos.triggers import Matcher, Mode, Reason, Verdict, trigger_words
from mainstem.revos.triggers.slips import slips

CORPUS = Path(__file__).with_name("corpus.txt")
PRECISION_MIN, RECALL_MIN, CAUTION_MIN = 0.97, 0.97, 0.95
HOSTILE_S = 5.0


def corpus() -> list[tuple[str, Verdict, str]]:
    lines = [line for line in CORPUS.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    found = []
    for line in lines:
        words, verdict, text = (part.strip() for part in line.split("|", 2))
        found.append((words, Verdict(verdict), text.replace("\\n", "\n")))
    return found


def test_the_labelled_comments_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    counts: Counter[tuple[Verdict, Verdict]] = Counter()
    for words, wanted, text in corpus():
        counts[wanted, Matcher(trigger_words(words)).decide(text).verdict] += 1
    acted = sum(n for (_, got), n in counts.items() if got is Verdict.MATCH)
    right = counts[Verdict.MATCH, Verdict.MATCH]
    wanted_n = sum(n for (wanted, _), n in counts.items() if wanted is Verdict.MATCH)
    held = counts[Verdict.REVIEW, Verdict.REVIEW]
    to_hold = sum(n for (wanted, _), n in counts.items() if wanted is Verdict.REVIEW)
    with capsys.disabled():
        print(  # noqa: T201 - the figures are what the test is for
            f"\ntriggers: {sum(counts.values())} comments, precision {right / acted:.3f},"
            f" recall {right / wanted_n:.3f}, of {to_hold} for a person {held} went to one"
        )
    assert sum(counts.values()) > 300
    assert right / acted >= PRECISION_MIN
    assert right / wanted_n >= RECALL_MIN
    assert held / to_hold >= CAUTION_MIN
    assert counts[Verdict.REVIEW, Verdict.MATCH] == 0, (
        "what declines, quotes or asks is not acted on"
    )


@pytest.mark.parametrize(
    ("text", "reason", "at", "cue"),
    [
        ("Hi, the GUIDE please", Reason.EXACT, "GUIDE", None),
        ("GUUUIDE", Reason.STRETCHED, "GUUUIDE", None),
        ("so: G U I D E", Reason.SPACED, "G U I D E", None),
        ("guides", Reason.INFLECTED, "guides", None),
        ("giude", Reason.TYPO, "giude", None),
        ("gu\u200bide", Reason.EXACT, "gu\u200bide", None),
        ("I do not want the guide", Reason.NEGATED, "guide", "not"),
        ("The guide: no. No thanks", Reason.REFUSED, "guide", "No thanks"),
        ("nice “guide to all” there", Reason.QUOTED, "guide", "“guide to all”"),
        ("Comment GUIDE below", Reason.REPORTED, "GUIDE", "Comment"),
        ("is it a guide?", Reason.QUESTION, "guide", "?"),
        ("my team and I have read all of the giude at home", Reason.UNSURE_TYPO, "giude", "giude"),
    ],
)
def test_a_decision_says_why_and_where(text: str, reason: Reason, at: str, cue: str | None) -> None:
    decision = Matcher(["GUIDE"]).decide(text)
    assert decision.reason is reason
    assert decision.span is not None
    assert text[decision.span.start : decision.span.end] == at
    assert (decision.cue and text[decision.cue.start : decision.cue.end]) == cue
    assert decision.trigger == "GUIDE"
    assert "GUIDE" in decision.told()


def test_modes_differ_in_slips_and_in_what_needs_no_word() -> None:
    prose = "my team and I have read all of the giude at home"
    assert Matcher(["guide"], Mode.FUZZY).decide(prose).verdict is Verdict.MATCH
    assert Matcher(["guide"], Mode.WORD).decide(prose).verdict is Verdict.REVIEW
    assert Matcher(["guide"], Mode.PHRASE).decide("giude").verdict is Verdict.NO_MATCH
    every = Matcher([], Mode.ANY)
    assert every.decide("lovely 🎉").reason is Reason.ANY_COMMENT
    assert every.decide("🎉").verdict is Verdict.MATCH
    assert every.decide(" \n").reason is Reason.EMPTY
    assert every.decide("no thanks").verdict is Verdict.REVIEW


def test_a_campaign_without_a_word_is_refused() -> None:
    for words in ([], ["..."], [" "]):
        with pytest.raises(ValueError, match="trigger word"):
            Matcher(words)


def test_the_field_of_trigger_words_is_read_as_people_fill_it() -> None:
    assert trigger_words(' GUIDE, "checklist";🔥|guide me\nGUIDE,, ') == (
        "GUIDE", "checklist", "🔥", "guide me",
    )  # fmt: skip


LETTERS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzäöüéñç"), min_size=4, max_size=12)
AROUND = st.text(st.sampled_from(" .,!*~()\n🔥🎉"), max_size=5)


@given(LETTERS, AROUND, AROUND, st.sampled_from(["NFC", "NFD", "NFKC"]), st.booleans())
def test_a_word_is_found_however_it_is_dressed(
    word: str, before: str, after: str, form: str, is_loud: bool
) -> None:
    dressed = unicodedata.normalize(form, word.upper() if is_loud else word)  # type: ignore[arg-type]
    decision = Matcher([word]).decide(before + dressed + after)
    assert decision.verdict is Verdict.MATCH
    assert decision.score == 1.0
    assert decision.span is not None
    assert (before + dressed + after)[decision.span.start : decision.span.end] == dressed


@given(LETTERS, st.data())
def test_a_word_is_found_with_its_letters_drawn_out(word: str, data: st.DataObject) -> None:
    times = data.draw(st.lists(st.integers(1, 6), min_size=len(word), max_size=len(word)))
    drawn = "".join(letter * count for letter, count in zip(word, times, strict=True))
    assert Matcher([word]).decide(drawn).verdict is Verdict.MATCH


@given(st.text(max_size=400), st.lists(st.text(max_size=12), max_size=4), st.sampled_from(Mode))
def test_no_comment_and_no_word_break_it(text: str, words: list[str], mode: Mode) -> None:
    try:
        matcher = Matcher(words, mode)
    except ValueError:
        return
    decision = matcher.decide(text)
    assert decision == Matcher(words, mode).decide(text), "the same comment, the same decision"
    assert 0 <= decision.score <= 1
    for span in (decision.span, decision.cue):
        assert span is None or 0 <= span.start < span.end <= len(text)
    assert (decision.verdict is Verdict.NO_MATCH) == (decision.span is None)
    assert decision.told()


@given(LETTERS, LETTERS)
def test_slips_are_few_and_none_for_the_word_itself(typed: str, meant: str) -> None:
    assert slips(meant, meant) is None
    assert slips(typed, meant) in {None, 1, 2}


@pytest.mark.parametrize(
    "text",
    ["guide " * 20_000, "g u i d e " * 20_000, '"' * 100_000, "“" * 100_000, "\u200b" * 100_000,
     "a" * 200_000, "a@" * 100_000, "guide" * 50_000, "e\u0301" * 100_000, "> " * 50_000,
     "don't " * 20_000 + "guide", "¿" * 50_000 + "guide", "www." * 30_000, "指南" * 50_000],
)  # fmt: skip
def test_hostile_comments_end_soon(text: str) -> None:
    matcher = Matcher(["guide", "指南", "send me the guide"])
    began = time.process_time()
    matcher.decide(text)
    assert time.process_time() - began < HOSTILE_S
