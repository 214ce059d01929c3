"""Who asks to be left alone is heard, and who only uses the word is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.revos.sequence.opt_out import PHRASES, WHOLE_MESSAGES, _folded, asks_to_stop


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "Stop!",
        "  stop 🛑 ",
        "Please stop.",
        "Unsubscribe",
        "Please don't message me again",
        "Don\u2019t contact me, thanks",
        "Hi Anna, please take me off your list.",
        "Bitte aufhören!",
        "Schreiben Sie mir nicht mehr, danke",
        "Désabonner",
        "Ne m'écrivez plus svp",
        "No me escribas más",
        "Déjame en paz",
        "\uff33\uff34\uff2f\uff30",
    ],
)
def test_a_wish_to_stop(text: str) -> None:
    assert asks_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Stop by our stand, or write to john@acme.com",
        "I can't stop reading this, it's john@acme.com",
        "Not now, maybe next quarter",
        "My address is stop@signs.example",
        "Non-stop work here. anna@example.com",
        "remove the first slide please",
        "Basta pasta is my favourite place",
    ],
)
def test_no_wish_to_stop(text: str) -> None:
    assert not asks_to_stop(text)


@given(
    st.sampled_from(sorted(WHOLE_MESSAGES) + list(PHRASES)), st.sampled_from(["", "!", " ...\n"])
)
def test_case_and_punctuation_change_nothing(said: str, end: str) -> None:
    assert asks_to_stop(said.upper() + end)
    assert asks_to_stop(f"  {said.title()}{end}")


def test_the_words_stand_in_the_form_that_they_are_compared_in() -> None:
    for said in (*WHOLE_MESSAGES, *PHRASES):
        assert _folded(said) == said
