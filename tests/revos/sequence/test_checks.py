"""The order of checks: each one alone, and which one speaks first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.revos.sequence.checks import AFTER_REPLY, decide
from mainstem.revos.sequence.model import (
    Decision,
    Distance,
    Facts,
    Fail,
    Hold,
    Invite,
    Purpose,
    Send,
    Skip,
    Wait,
)

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
FINE = Facts(
    at=AT,
    purpose=Purpose.ASK,
    person_id="ACoAnna",
    own_person_id="ACoOwn",
    is_suppressed=False,
    ledger_status=None,
    campaign_status="active",
    sequence_status="in_progress",
    has_replied=False,
    has_email=False,
    distance=Distance.FIRST,
    invitation_status=None,
    invitation_expires_at=None,
    account_status="active",
    account_paused_until=None,
    text="Hello Anna",
)


def test_all_is_fine() -> None:
    assert decide(FINE) == Send("Hello Anna")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"is_suppressed": True}, Skip),
        ({"person_id": ""}, Fail),
        ({"person_id": "ACoOwn"}, Skip),
        ({"distance": Distance.SELF}, Skip),
        ({"ledger_status": "reserved"}, Skip),
        ({"ledger_status": "unknown"}, Skip),
        ({"ledger_status": "sent"}, Skip),
        ({"ledger_status": "failed"}, Send),
        ({"sequence_status": "abandoned"}, Skip),
        ({"has_replied": True}, Skip),
        ({"has_email": True}, Skip),
        ({"campaign_status": "paused"}, Wait),
        ({"campaign_status": "completed"}, Skip),
        ({"sequence_status": "paused"}, Wait),
        ({"distance": Distance.SECOND}, Invite),
        ({"distance": None}, Send),
        ({"distance": Distance.SECOND, "invitation_status": "queued"}, Hold),
        ({"distance": Distance.SECOND, "invitation_status": "unknown"}, Hold),
        ({"distance": Distance.SECOND, "invitation_status": "accepted"}, Send),
        ({"distance": Distance.SECOND, "invitation_status": "expired"}, Skip),
        ({"text": None, "problem": "{{company}} is empty"}, Wait),
        ({"account_status": "restricted"}, Wait),
        ({"account_status": "expired"}, Wait),
        ({"account_paused_until": AT + timedelta(hours=1)}, Wait),
        ({"account_paused_until": AT}, Send),
    ],
)
def test_one_thing_is_in_the_way(change: dict[str, object], kind: type[Decision]) -> None:
    assert type(decide(replace(FINE, **change))) is kind  # type: ignore[arg-type]


def test_an_invitation_runs_out() -> None:
    asked = replace(
        FINE,
        distance=Distance.THIRD,
        invitation_status="waiting",
        invitation_expires_at=AT + timedelta(days=1),
    )
    assert decide(asked) == Hold("the invitation is not accepted yet")
    assert type(decide(replace(asked, at=AT + timedelta(days=1)))) is Skip


@pytest.mark.parametrize("purpose", sorted(AFTER_REPLY))
def test_what_was_promised_is_sent_after_the_reply(purpose: Purpose) -> None:
    replied = replace(FINE, purpose=purpose, has_replied=True, has_email=True)
    assert type(decide(replied)) is Send
    assert type(decide(replace(replied, campaign_status="completed"))) is Send
    assert type(decide(replace(replied, is_suppressed=True))) is Skip


@given(
    facts=st.builds(
        Facts,
        at=st.just(AT),
        purpose=st.sampled_from(Purpose),
        person_id=st.sampled_from(["", "ACoAnna", "ACoOwn"]),
        own_person_id=st.sampled_from([None, "ACoOwn"]),
        is_suppressed=st.booleans(),
        ledger_status=st.sampled_from([None, None, "reserved", "sent", "failed", "unknown"]),
        campaign_status=st.sampled_from(["draft", "active", "paused", "completed"]),
        sequence_status=st.sampled_from(["in_progress", "paused", "completed", "abandoned"]),
        has_replied=st.booleans(),
        has_email=st.booleans(),
        distance=st.sampled_from([None, *Distance]),
        invitation_status=st.sampled_from(
            [None, "queued", "reserved", "waiting", "unknown", "accepted", "expired"]
        ),
        invitation_expires_at=st.sampled_from([None, AT, AT + timedelta(days=1)]),
        account_status=st.sampled_from(["active", "restricted", "paused", "expired"]),
        account_paused_until=st.sampled_from([None, AT + timedelta(hours=1)]),
        text=st.sampled_from([None, "", "Hello"]),
    )
)
def test_nothing_is_sent_that_must_not_be(facts: Facts) -> None:
    decision = decide(facts)
    if isinstance(decision, Send | Invite):
        assert not facts.is_suppressed
        assert facts.ledger_status in {None, "failed"}
        assert facts.person_id not in {"", facts.own_person_id}
        assert facts.campaign_status == "active" or facts.purpose in AFTER_REPLY
        assert not (facts.has_replied and facts.purpose not in AFTER_REPLY)
    if isinstance(decision, Send):
        assert facts.account_status == "active"
        assert decision.text
    if isinstance(decision, Invite):
        assert facts.invitation_status is None
        assert facts.distance is not Distance.FIRST
