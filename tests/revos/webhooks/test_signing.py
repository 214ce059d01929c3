"""Our signatures against the published package, where that is right, and hostile headers."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from mainstem.revos.webhooks.signing import (
    KeyPair,
    Scheme,
    SharedSecret,
    SignatureError,
    new_secret,
    signed,
    signer,
    verify,
)

NOW = datetime.now(UTC)
BODY = b'{"type":"lead.captured"}'


def shown(kept: str) -> str:
    made = signer(kept)
    return made.shown() if isinstance(made, KeyPair) else kept


def test_the_specifications_own_example_comes_out() -> None:
    """The example of the specification: its secret, id, time and body give its signature."""
    headers = signed(
        [signer("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")],
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=datetime.fromtimestamp(1_614_265_330, UTC),
        body=b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=4), st.uuids())
def test_the_published_package_and_ours_agree(payload: dict[str, str], message_id: object) -> None:
    secret = new_secret(Scheme.SHARED)
    body = json.dumps(payload).encode()
    headers = signed([signer(secret)], message_id=str(message_id), at=datetime.now(UTC), body=body)
    assert Webhook(secret).verify(body, headers) == payload
    theirs = Webhook(secret).sign(str(message_id), datetime.now(UTC), body.decode())
    verify(secret, headers | {"Webhook-Signature": theirs}, body, now=datetime.now(UTC))


@pytest.mark.parametrize("scheme", list(Scheme))
def test_what_is_signed_is_checked_and_nothing_else_passes(scheme: Scheme) -> None:
    kept, other = new_secret(scheme), new_secret(scheme)
    headers = signed([signer(kept)], message_id="m1", at=NOW, body=BODY)
    verify(shown(kept), headers, BODY, now=NOW)
    for altered, body in (
        (headers, BODY + b" "),
        (headers | {"webhook-id": "m2"}, BODY),
        (headers | {"webhook-timestamp": str(int(NOW.timestamp()) + 1)}, BODY),
        (headers | {"webhook-signature": headers["webhook-signature"][:-4] + "AAAA"}, BODY),
        (headers | {"webhook-signature": headers["webhook-signature"].replace("v1", "v9")}, BODY),
    ):
        with pytest.raises(SignatureError):
            verify(shown(kept), altered, body, now=NOW)
    with pytest.raises(SignatureError, match="no signature fits"):
        verify(shown(other), headers, BODY, now=NOW)
    both = signed([signer(kept), signer(other)], message_id="m1", at=NOW, body=BODY)
    assert len(both["webhook-signature"].split(" ")) == 2
    for secret in (kept, other):
        verify(shown(secret), both, BODY, now=NOW)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_old_and_early_messages_are_refused(minutes: int) -> None:
    secret = new_secret(Scheme.SHARED)
    headers = signed([signer(secret)], message_id="m1", at=NOW, body=BODY)
    with pytest.raises(SignatureError, match="five minutes"):
        verify(secret, headers, BODY, now=NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-signature", ""), ("webhook-signature", "v1"), ("webhook-signature", "v1,,"),
        ("webhook-signature", "v1,%%%"), ("webhook-signature", "v1," + "A" * 10_000),
        ("webhook-signature", "v1,é"), ("webhook-signature", " " * 5_000),
        ("webhook-timestamp", "x"), ("webhook-timestamp", "-1"), ("webhook-timestamp", "1e9"),
        ("webhook-timestamp", "٣"), ("webhook-timestamp", "9" * 400), ("webhook-timestamp", ""),
    ],
)  # fmt: skip
def test_malformed_headers_are_refused_and_break_nothing(name: str, value: str) -> None:
    for scheme in Scheme:
        secret = new_secret(scheme)
        headers = signed([signer(secret)], message_id="m1", at=NOW, body=BODY) | {name: value}
        with pytest.raises(SignatureError):
            verify(shown(secret), headers, BODY, now=NOW)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(name: str) -> None:
    secret = new_secret(Scheme.SHARED)
    headers = signed([signer(secret)], message_id="m1", at=NOW, body=BODY)
    del headers[name]
    with pytest.raises(SignatureError, match=name):
        verify(secret, headers, BODY, now=NOW)


@given(st.text(max_size=40), st.text(max_size=40), st.binary(max_size=40))
def test_no_headers_pass_that_nobody_signed(timestamp: str, signature: str, body: bytes) -> None:
    headers = {"webhook-id": "m", "webhook-timestamp": timestamp, "webhook-signature": signature}
    for scheme in Scheme:
        with pytest.raises(SignatureError):
            verify(shown(new_secret(scheme)), headers, body, now=NOW)


def test_secrets_come_in_the_forms_of_the_specification_and_show_nothing() -> None:
    shared, pair = new_secret(Scheme.SHARED), new_secret(Scheme.KEY_PAIR)
    assert shared.startswith("whsec_")
    assert pair.startswith("whsk_")
    assert shown(pair).startswith("whpk_")
    assert len(base64.b64decode(shown(pair)[5:])) == 32
    for kept in (shared, pair):
        assert kept.partition("_")[2] not in repr(signer(kept))
    both_halves = base64.b64encode(base64.b64decode(pair[5:]) + b"\0" * 32).decode()
    assert shown(f"whsk_{both_halves}") == shown(pair)
    for wrong in ("", "abc", "whsec_", "whsec_%%", "whsec_AAAA", "whsk_AAAA", shown(pair)):
        with pytest.raises(SignatureError):
            signer(wrong)
    assert signer(shared) == SharedSecret(base64.b64decode(shared[6:]))
