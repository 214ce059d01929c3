"""What the provider tells: taken in once, for those whose account it is, and handled by jobs."""

from __future__ import annotations

import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.migrations.people import become
from tests.revos.inbound.conftest import KEY, SECRET

from mainstem.revos.inbound import PATH, forget
from mainstem.revos.inbound.events import event_of
from mainstem.revos.inbound.guard import is_genuine
from mainstem.revos.inbound.payloads import decoded
from mainstem.revos.sending import Moment
from mainstem.revos.unipile.reading import MalformedError
from mainstem.server import build_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.revos.inbound.conftest import Desk, House


def message(account: str, message_id: str = "m1", **more: Any) -> bytes:
    """A message event as the first dialect tells it."""
    given = {
        "event": "message_received", "account_id": account, "account_type": "LINKEDIN",
        "account_info": {"type": "LINKEDIN", "user_id": "me"}, "webhook_name": "mainstem",
        "chat_id": "c1", "message_id": message_id, "message": "ada@acme.example",
        "is_sender": False, "timestamp": "2026-11-26T10:00:00.000Z",
        "sender": {"attendee_name": "<b>Ada</b>", "attendee_provider_id": "ACoX"},
    }  # fmt: skip
    return msgspec.json.encode(given | more)


@pytest.mark.parametrize("secret", ["", "wrong", SECRET[:-1], SECRET + "x"])
def test_who_does_not_show_the_secret_leaves_nothing(desk: Desk, secret: str) -> None:
    answer = desk.tell(message(desk.accounts[0][1]["id"]), **{"unipile-auth": secret})
    assert answer.status_code == 401
    assert SECRET not in answer.text
    assert desk.events(desk.agencies[0]) == []
    assert desk.strays() == []


def test_without_a_secret_of_ours_nobody_is_believed(house: House) -> None:
    from tests.core.conftest import served  # noqa: PLC0415

    with served(build_app(house.url)) as address:
        answer = httpx.post(f"{address}{PATH}", content=b"{}", headers={"unipile-auth": ""})
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/x-www-form-urlencoded", "text/plain", "", "multipart/x"],
)  # fmt: skip
def test_a_message_is_kept_and_handled_for_its_agency_alone(desk: Desk, content_type: str) -> None:
    (mine, account), _ = desk.accounts
    answer = desk.tell(message(account["id"]), **{"content-type": content_type})
    assert (answer.status_code, answer.json()) == (200, {"outcome": "received"})
    assert desk.events(desk.agencies[0]) == [("message_received", "received")]
    assert desk.events(desk.agencies[1]) == [], "nobody else sees it"
    assert [desk.jobs(agency) for agency in desk.agencies] == [1, 0]
    assert desk.told.messages == [], "it is answered before anything is made of it"
    desk.handle()
    assert desk.told.messages == [(mine, "ada@acme.example")]
    assert desk.events(desk.agencies[0]) == [("message_received", "processed")]


@pytest.mark.parametrize(
    ("said", "is_kept"), [("stored", True), ("unrelated", False), ("own", False)]
)
def test_what_is_about_no_lead_is_not_kept(desk: Desk, said: str, *, is_kept: bool) -> None:
    desk.told.said = said
    account = desk.accounts[0][1]["id"]
    for _ in range(2):
        desk.tell(message(account))
    desk.handle()
    kept = desk.sql(
        "select outcome, payload::text like '%%ada@acme.example%%' from unipile_webhook_log"
        " where agency_id = %s order by outcome", desk.agencies[0].id,
    )  # fmt: skip
    assert kept == [("duplicate", False), ("processed", is_kept)]


def test_what_comes_twice_counts_once(desk: Desk) -> None:
    body = message(desk.accounts[0][1]["id"])
    outcomes = [desk.tell(body).json()["outcome"] for _ in range(2)]
    desk.handle()
    outcomes.append(desk.tell(body).json()["outcome"])
    desk.handle()
    assert outcomes == ["received", "duplicate", "duplicate"]
    assert len(desk.told.messages) == 1
    assert sorted(outcome for _, outcome in desk.events(desk.agencies[0])) == [
        "duplicate", "duplicate", "processed",
    ]  # fmt: skip


def test_the_same_event_at_the_same_moment_counts_once(desk: Desk) -> None:
    body = message(desk.accounts[0][1]["id"])
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: desk.tell(body).json()["outcome"], range(16)))
    desk.handle()
    assert sorted(outcomes) == ["duplicate"] * 15 + ["received"]
    assert len(desk.told.messages) == 1


def test_old_events_are_forgotten_an_agency_at_a_time(desk: Desk) -> None:
    for _, account in desk.accounts:
        desk.tell(message(account["id"]))
    later = datetime.now(UTC) + timedelta(days=61)
    forget(Moment(connection=desk.connection, agency_id=desk.agencies[0].id, at=later))
    known = "select count(*) from processed_event where agency_id = %s"
    assert [desk.sql(known, agency.id) for agency in desk.agencies] == [[(0,)], [(1,)]]


def test_strays_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstem.revos.inbound.store.STRAYS_PER_HOUR_MAX", 3)
    for _ in range(5):
        assert desk.tell(b"nonsense").status_code == 200
    desk.tell(message("nobody"))
    reasons = [reason for reason, _, _ in desk.strays()]
    assert reasons == ["malformed"] * 3 + ["unknown_account"]


def test_agencies_that_share_an_account_each_get_the_event(desk: Desk) -> None:
    _, account = desk.accounts[0]
    second = desk.add(account["id"], desk.agencies[1])
    assert desk.tell(message(account["id"])).json() == {"outcome": "received"}
    desk.handle()
    assert {who for who, _ in desk.told.messages} == {desk.accounts[0][0], second}
    for agency in desk.agencies:
        assert desk.events(agency) == [("message_received", "processed")]


def test_out_of_order_events_are_handled_by_their_time(desk: Desk) -> None:
    account = desk.accounts[0][1]["id"]
    for minute in (30, 10, 20):
        at = f"2026-11-26T10:{minute}:00.000Z"
        desk.tell(message(account, f"m{minute}", message=str(minute), timestamp=at))
    assert desk.jobs(desk.agencies[0]) == 3
    desk.handle()
    assert {text for _, text in desk.told.messages} == {"10", "20", "30"}


def test_what_belongs_to_nobody_is_kept_for_operators(desk: Desk) -> None:
    assert desk.tell(message("nobody")).json() == {"outcome": "stray"}
    assert desk.tell(b"no json \xff\0").json() == {"outcome": "stray"}
    assert desk.tell(b'{"event":"message_received"}').json() == {"outcome": "stray"}
    reasons = [(reason, detail) for reason, detail, _ in desk.strays()]
    assert reasons[0] == ("unknown_account", "message_received")
    assert reasons[1] == ("malformed", "the answer is no JSON")
    assert reasons[2][0] == "malformed"
    assert [desk.events(agency) for agency in desk.agencies] == [[], []]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        desk.sql("begin; set local role authenticated; select * from app.stray_event")
    desk.connection.rollback()


def test_a_body_without_end_is_refused(desk: Desk) -> None:
    answer = desk.tell(b"[" * (1024 * 1024 + 1))
    assert answer.status_code == 413
    assert desk.strays() == []


def test_an_event_that_cannot_be_handled_is_kept_as_failed(desk: Desk) -> None:
    account = desk.accounts[0][1]["id"]
    desk.tell(message(account, "m1"))
    desk.tell(message(desk.accounts[1][1]["id"], "m2"))
    desk.told.fails = True
    for _ in range(5):
        desk.sql("update app.job set run_at = now()")
        desk.handle()
    assert desk.events(desk.agencies[0]) == [("message_received", "failed")]
    found = desk.sql(
        "select error_message from unipile_webhook_log where agency_id = %s", desk.agencies[0].id
    )
    assert found == [("RuntimeError",)]
    assert desk.sql("select count(*) from app.job") == [(0,)]


def state(account: str, word: str) -> bytes:
    given = {"account_id": account, "account_type": "LINKEDIN", "message": word}
    return msgspec.json.encode({"AccountStatus": given})


def status_of(desk: Desk, account_id: object) -> str:
    found = desk.sql("select status from linkedin_account where id = %s", account_id)
    return str(found[0][0])


def test_a_disconnected_account_freezes_and_goes_on(desk: Desk) -> None:
    (mine, account), (other, _) = desk.accounts
    desk.tell(state(account["id"], "CREDENTIALS"))
    desk.handle()
    assert status_of(desk, mine) == "expired"
    assert status_of(desk, other) == "active"
    noted = "select kind from notification where agency_id = %s"
    assert desk.sql(noted, desk.agencies[0].id) == [("account_expired",)]
    assert desk.sql(noted, desk.agencies[1].id) == []
    desk.tell(state(account["id"], "RECONNECTED"))
    desk.handle()
    assert status_of(desk, mine) == "active"


def test_the_second_dialect_tells_of_accounts_too(desk: Desk) -> None:
    (mine, account), _ = desk.accounts
    for number, (kind, payload, expected) in enumerate([
        ("account.status", {"status": "disconnected"}, "expired"),
        ("account.reconnect", {"state": None}, "active"),
        ("account.status", {"status": "error"}, "error"),
        ("account.status", {"status": "running"}, "active"),
    ]):  # fmt: skip
        told = {"id": f"evt_{mine}_{number}", "type": kind, "account_id": account["id"],
                "created_at": "2026-11-26T10:00:00.000Z", "payload": payload}  # fmt: skip
        assert desk.tell(msgspec.json.encode(told)).json() == {"outcome": "received"}
        desk.handle()
        assert status_of(desk, mine) == expected


@pytest.mark.parametrize("stopped", ["restricted", "paused"])
def test_what_was_stopped_for_good_does_not_go_on_by_itself(desk: Desk, stopped: str) -> None:
    (mine, account), _ = desk.accounts
    desk.sql("update linkedin_account set status = %s where id = %s", stopped, mine)
    desk.tell(state(account["id"], "OK"))
    desk.handle()
    assert status_of(desk, mine) == stopped
    assert desk.events(desk.agencies[0]) == [("account_status", "ignored")]


def test_new_contacts_are_told_once(desk: Desk) -> None:
    (mine, account), _ = desk.accounts
    body = msgspec.json.encode(
        {"event": "new_relation", "account_id": account["id"], "user_provider_id": "ACoY"}
    )
    for _ in range(2):
        desk.tell(body)
    desk.handle()
    assert desk.told.connected == [(mine, "ACoY")]


def test_events_that_nothing_follows_from_are_kept(desk: Desk) -> None:
    account = desk.accounts[0][1]["id"]
    for at in ("10", "11"):
        stamp = f"2026-11-26T{at}:00:00.000Z"
        desk.tell(message(account, event="message_read", timestamp=stamp))
    desk.tell(msgspec.json.encode({"event": "brand_new", "account_id": account}))
    desk.handle()
    assert desk.events(desk.agencies[0]) == [
        ("message_read", "ignored"), ("message_read", "ignored"), ("brand_new", "ignored"),
    ]  # fmt: skip


@pytest.mark.parametrize("dialect", ["v1", "v2"])
def test_the_sandbox_calls_twice_and_out_of_order(desk: Desk, house: House, dialect: str) -> None:
    mine, account = desk.accounts[0]
    key = account["id"] if dialect == "v1" else account["id_v2"]
    desk.sql("update linkedin_account set unipile_account_id = %s where id = %s", key, mine)
    hook = _hook(house, dialect, key, f"{house.address}{PATH}")
    house.control("POST", "webhooks", duplicate_share=1.0, reorder=6)
    person = house.control("GET", "people")["people"][0]["id"]
    texts = [f"message {number}" for number in range(3)]
    for text in texts:
        house.control("POST", f"accounts/{key}/messages", person=person, text=text)
    house.control("POST", "webhooks", duplicate_share=0.0, reorder=1)
    house.control("POST", "clock", settle=True)
    house.sandbox.hooks.remove(hook)
    desk.handle()
    assert sorted(text for _, text in desk.told.messages) == texts
    outcomes = [outcome for _, outcome in desk.events(desk.agencies[0])]
    assert sorted(outcomes) == ["duplicate"] * 3 + ["processed"] * 3


def _hook(house: House, dialect: str, account: str, url: str) -> str:
    """Have the sandbox call us; of the second dialect with the secret that our server knows."""
    asked: dict[str, Any] = {"account_ids": [account]}
    if dialect == "v1":
        headers = [{"key": "Unipile-Auth", "value": SECRET}]
        asked |= {"source": "messaging", "request_url": url, "headers": headers}
        path, name = "/api/v1/webhooks", "webhook_id"
    else:
        asked |= {"url": url, "trigger_events": ["message.new"]}
        path, name = "/v2/webhooks/endpoints/", "id"
    answer = httpx.post(f"{house.sandbox.address}{path}", json=asked, headers={"X-API-KEY": KEY})
    assert answer.status_code == 201, answer.text
    made = str(answer.json()[name])
    if dialect == "v2":
        house.sandbox.hooks.hooks[made].secret = SECRET
    return made


def test_nobody_names_an_account_at_the_provider_by_hand(desk: Desk) -> None:
    stolen = desk.accounts[1][1]["id"]
    desk.connection.autocommit = False
    become(desk.connection, desk.agencies[0], app="revos")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        desk.sql(
            "update linkedin_account set unipile_account_id = %s where id = %s",
            stolen,
            desk.accounts[0][0],
        )
    desk.connection.rollback()


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["event", "account_id", "AccountStatus", "message", "message_id", "chat_id", "sender",
             "type", "payload", "id", "user_provider_id", "timestamp", "attendee_provider_id"]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=15,
)  # fmt: skip


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=40) | JSON.map(msgspec.json.encode))
def test_whatever_is_told_is_answered(desk: Desk, body: bytes) -> None:
    answer = desk.tell(body)
    assert answer.status_code == 200
    assert answer.json()["outcome"] == "stray"


@given(body=st.binary(max_size=60) | JSON.map(msgspec.json.encode))
def test_a_body_is_an_event_or_malformed(body: bytes) -> None:
    try:
        event = event_of(decoded(body), received_at=datetime.now(UTC))
    except MalformedError:
        return
    assert len(event.key) <= 400
    assert event.account


@pytest.mark.parametrize(
    "shown",
    [lambda digest: digest.hex(), lambda digest: f"sha256={digest.hex()}"],
)
def test_a_signature_is_of_the_whole_body(shown: Callable[[bytes], str]) -> None:
    digest = hmac.new(SECRET.encode(), b"body", hashlib.sha256).digest()
    headers = [("unipile-signature", shown(digest))]
    assert is_genuine(headers, b"body", SECRET)
    assert not is_genuine(headers, b"body ", SECRET)
    assert not is_genuine(headers, b"body", "another")
    assert not is_genuine(headers, b"body", None)
    assert not is_genuine([("unipile-signature", "")], b"body", "")
    assert not is_genuine([("unipile-auth", "é")], b"body", SECRET)
