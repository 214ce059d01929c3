"""No secret gets through, whatever it is wrapped in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.kit.masking import (
    MASK,
    SHOWN_MAX,
    masked,
    masked_row,
    shortened,
    without_secrets,
)

SECRET = "hunter2hunter2"
names = st.sampled_from(["password", "api_key", "apiKey", "accessToken", "client_secret", "pwd"])
plain = st.text(st.characters(categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=8)
#: JSON with the secret in members that are named so, anywhere
wrapped = st.recursive(
    st.none() | st.booleans() | st.integers() | plain,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(plain, inner, max_size=3)
        | st.tuples(names, inner).map(lambda pair: {pair[0]: [SECRET, pair[1], {"x": SECRET}]})
    ),
    max_leaves=8,
)


@given(wrapped)
def test_json_is_masked_at_any_depth(value: object) -> None:
    assert SECRET not in without_secrets(json.dumps([value]))
    assert SECRET not in json.dumps(masked_row("t", {"content": value}))


@given(wrapped)
def test_json_without_secrets_stays_what_it_is(value: object) -> None:
    text = json.dumps([value])
    if SECRET not in text and not any(name in text for name in ("word", "ey", "oken", "ecret")):
        assert json.loads(without_secrets(text)) == [value]


@pytest.mark.parametrize(
    "text",
    [
        f'{{"api_key": "{SECRET}", "n": NaN, }}',
        f"{{'password': '{SECRET}'",
        f'set.api_key = "{SECRET}"',
        f"https://example.com/?id=1&access_token={SECRET}&x=2",
        f"Authorization-Token: {SECRET}",
        f"refused: token={SECRET}",
        f'{{"password": "{SECRET} ' + "x" * 30_000,
    ],
)
def test_text_that_is_no_json_is_masked_too(text: str) -> None:
    assert SECRET not in without_secrets(text)
    assert MASK in without_secrets(text)


def test_columns_that_hold_secrets_are_masked_whole() -> None:
    assert masked("north.people", "password", SECRET) == MASK
    assert masked("north.session", "data", SECRET) == MASK
    assert masked("people", "password", None) is None
    assert masked("people", "name", "Ada") == "Ada"
    row = masked_row("people", {"pin_token": SECRET, "name": "Ada", "token": None})
    assert row == {"pin_token": MASK, "name": "Ada", "token": None}


@given(st.text(max_size=300))
def test_long_texts_say_how_long_they_are(text: str) -> None:
    shown = shortened(text)
    assert shown.startswith(text[:SHOWN_MAX])
    assert (shown == text) == (len(text) <= SHOWN_MAX)
    assert len(shown) < SHOWN_MAX + 30
