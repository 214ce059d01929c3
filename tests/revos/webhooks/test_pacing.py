# ruff: noqa: E501 - a payload
from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.revos.webhooks import pacing
from mainstem.revos.webhooks.redaction import TEXT_MAX, redacted_payload, redacted_text

NOW = datetime(2026, 11, 26, 12, 0, 0, tzinfo=UTC)


def test_the_attempts_are_spread_over_three_days_and_differ() -> None:
    assert pacing.DELAYS_S == (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
    for attempt in range(1, pacing.ATTEMPTS_MAX):
        planned = pacing.DELAYS_S[attempt]
        waits = {pacing.delay_s(attempt) for _ in range(20)}
        assert all(planned <= wait <= planned * (1 + pacing.JITTER) for wait in waits)
        assert len(waits) > 1


def test_what_an_endpoint_asks_for_is_honoured_up_to_a_day() -> None:
    assert pacing.delay_s(1, retry_after_s=60) >= 60
    assert pacing.delay_s(4, retry_after_s=60) >= 7_200
    assert pacing.delay_s(1, retry_after_s=1e12) <= 86_400 * (1 + pacing.JITTER)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("120", 120.0), (" 0 ", 0.0), ("Thu, 26 Nov 2026 12:02:00 GMT", 120.0),
     ("Thu, 26 Nov 2020 12:02:00 GMT", 0.0), (None, None), ("", None), ("soon", None), ("-5", None),
     ("1.5", None), ("٣", None), ("9" * 500, float("9" * 64))],
)  # fmt: skip
def test_retry_after_is_read_in_both_forms(value: str | None, wanted: float | None) -> None:
    assert pacing.retry_after_s(value, NOW) == wanted


@given(st.text(max_size=80))
def test_no_retry_after_breaks_it(value: str) -> None:
    found = pacing.retry_after_s(value, NOW)
    assert found is None or found >= 0


def test_an_endpoint_is_spared_longer_each_time_up_to_an_hour() -> None:
    spared = [pacing.spared_s(failures) for failures in range(20)]
    assert spared[:7] == [0, 0, 0, 0, 0, 60, 120]
    assert max(spared) == 3_600
    assert spared == sorted(spared)
    assert timedelta(days=2) < pacing.DISABLED_AFTER


SECRETS = (
    "maria@example.com",
    "+49 30 1234567",
    "whsec_abcdefgh12345678",
    "Bearer abcdefgh12345678",
)


@given(
    st.lists(st.sampled_from(SECRETS) | st.text(max_size=10), max_size=8), st.sampled_from(SECRETS)
)
def test_no_secret_and_no_person_is_left_in_a_text(parts: list[str], secret: str) -> None:
    shown = redacted_text(" ".join([*parts, secret, *parts]))
    for each in SECRETS:
        assert each not in shown
    assert len(shown) <= TEXT_MAX


@pytest.mark.parametrize(
    "piece", ["a-", "a", "1", "1 ", "a@", "a.", "whsec_", "@", "-", "a1-", "Bearer "]
)
def test_hostile_bodies_are_redacted_soon(piece: str) -> None:
    began = time.process_time()
    for _ in range(20):
        redacted_text(piece * (20_000 // len(piece)))
    assert time.process_time() - began < 2


def test_a_payload_keeps_what_is_no_persons() -> None:
    payload = {
        "type": "lead.captured", "timestamp": "2026-11-26T17:00:00Z",
        "data": {
            "lead": {"id": "01a21902-72db-711a-92d8-7686a5fbb766", "email": "m@x.io", "first_name": "Maria",
                     "last_name": None, "custom_fields": {"a": "Maria"}},
            "campaign": {"name": "Spring"},
            "source": {"comment": {"text": "GUIDE, I am Maria", "commented_at": "2026-11-26T17:00:00+00:00"}},
        },
    }  # fmt: skip
    shown = redacted_payload(payload)
    assert "Maria" not in json.dumps(shown)
    assert shown["timestamp"] == payload["timestamp"]
    assert shown["data"]["lead"]["id"] == "01a21902-72db-711a-92d8-7686a5fbb766"
    assert shown["data"]["lead"]["last_name"] is None
    assert shown["data"]["campaign"]["name"] == "Spring"
    deep: dict[str, object] = {}
    for _ in range(5_00):
        deep = {"a": deep}
    assert redacted_payload(deep)
