"""From a captured lead to a receiver on this machine, and everything that can go wrong between."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import psycopg
import pytest
from aiohttp import web
from standardwebhooks import Webhook

from mainstem.db.tenant import tenant_transaction
from mainstem.errors import RefusedError, UsageError
from mainstem.pg.connect import connect
from mainstem.revos.webhooks import Destination, NewEndpoint, Scheme, endpoints, pacing, verify
from mainstem.revos.webhooks.courier import LANE_MAX

if TYPE_CHECKING:
    from tests.revos.webhooks.conftest import Agency, Town
    from tests.revos.webhooks.receiver import Got, Receiver

    from mainstem.core import Core
    from mainstem.revos.webhooks import Made

pytestmark = pytest.mark.anyio


async def made(core: Core, agency: Agency, url: str, **values: object) -> Made:
    wish = NewEndpoint(client_id=agency.client_id, name=uuid4().hex, url=url, **values)  # type: ignore[arg-type]
    return await endpoints.create(core, agency.tenant(), wish, allow_loopback=True)


def answering(status: int, **values: object) -> object:
    return lambda _: web.Response(status=status, **values)  # type: ignore[arg-type]


async def test_a_captured_lead_arrives_signed_and_only_at_its_own_agency(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    mine, other = town.agency(), town.agency()
    endpoint = await made(core, mine, receiver.url(room))
    await made(core, other, receiver.url(f"{room}-other"))
    lead = town.lead(mine, email="maria@example.com")
    town.tell(mine, lead)
    assert await town.work() == 2
    [got] = receiver.of(room)
    assert receiver.of(f"{room}-other") == []
    assert endpoint.secret is not None
    told = Webhook(endpoint.secret).verify(got.body, got.headers)
    verify(endpoint.secret, got.headers, got.body, now=datetime.now(UTC))
    assert told["type"] == "lead.captured"
    assert told["data"]["lead"]["email"] == "maria@example.com"
    assert told["data"]["lead"]["id"] == str(lead)
    assert told["data"]["magnet"]["name"] == "The guide"
    assert told["data"]["campaign"]["trigger_word"] == "GUIDE"
    assert told["data"]["source"]["kind"] == "comment"
    delivery = town.delivery(mine)
    assert got.headers["webhook-id"] == delivery["id"]
    assert (delivery["status"], delivery["status_code"], delivery["attempt_count"]) == (
        "success", 200, 1,
    )  # fmt: skip
    assert town.sql("select status from lead where id = %(id)s", id=lead) == [("webhook_sent",)]
    assert town.sql(
        "select count(*) from webhook_delivery where agency_id = %(id)s", id=other.id
    ) == [(0,)]


async def test_agencies_of_one_claim_are_each_told_their_own(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    told = {}
    for number in range(2):
        agency = town.agency()
        await made(core, agency, receiver.url(f"{room}-{number}"))
        told[number] = town.lead(agency)
        town.tell(agency, told[number])
    await town.work()
    for number, lead in told.items():
        [got] = receiver.of(f"{room}-{number}")
        assert json.loads(got.body)["data"]["lead"]["id"] == str(lead)


async def test_an_event_told_twice_is_delivered_once(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    agency = town.agency()
    await made(core, agency, receiver.url(room))
    lead = town.lead(agency)
    town.tell(agency, lead)
    town.tell(agency, lead)
    await town.work()
    town.tell(agency, lead)
    await town.work()
    assert len(receiver.of(room)) == 1


async def test_another_agencys_lead_in_an_event_tells_nobody(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    mine, other = town.agency(), town.agency()
    await made(core, mine, receiver.url(room))
    await made(core, other, receiver.url(room))
    town.tell(mine, town.lead(other))
    await town.work()
    assert receiver.of(room) == []


async def test_a_campaign_with_an_endpoint_of_its_own_tells_no_other(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    agency = town.agency()
    await made(core, agency, receiver.url(f"{room}-all"))
    own = await made(core, agency, receiver.url(room))
    town.sql(
        "update campaign set webhook_config_id = %(own)s where id = %(id)s",
        own=own.id, id=agency.campaign_id,
    )  # fmt: skip
    town.tell(agency, town.lead(agency))
    await town.work()
    assert len(receiver.of(room)) == 1
    assert receiver.of(f"{room}-all") == []


async def test_key_pairs_sign_what_only_their_public_half_checks(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    agency = town.agency()
    endpoint = await made(core, agency, receiver.url(room), scheme=Scheme.KEY_PAIR)
    town.tell(agency, town.lead(agency))
    await town.work()
    [got] = receiver.of(room)
    assert endpoint.secret is not None
    assert endpoint.secret.startswith("whpk_")
    assert got.headers["webhook-signature"].startswith("v1a,")
    verify(endpoint.secret, got.headers, got.body, now=datetime.now(UTC))


@pytest.mark.parametrize("scheme", list(Scheme))
async def test_after_a_rotation_both_secrets_hold_for_a_day(
    core: Core, town: Town, receiver: Receiver, room: str, scheme: Scheme
) -> None:
    agency = town.agency()
    former = await made(core, agency, receiver.url(room), scheme=scheme)
    current = await endpoints.rotate(core, agency.tenant(), former.id)
    assert former.secret != current.secret
    town.tell(agency, town.lead(agency))
    await town.work()
    town.sql(
        "update webhook_config set previous_secret_until = now() where id = %(id)s", id=former.id
    )
    town.tell(agency, town.lead(agency))
    await town.work()
    first, second = receiver.of(room)
    for secret, got, holds in (
        (former.secret, first, True), (current.secret, first, True),
        (former.secret, second, False), (current.secret, second, True),
    ):  # fmt: skip
        assert secret is not None
        if holds:
            verify(secret, got.headers, got.body, now=datetime.now(UTC))
        else:
            with pytest.raises(ValueError, match="no signature fits"):
                verify(secret, got.headers, got.body, now=datetime.now(UTC))


async def test_a_secret_is_kept_sealed_and_nobody_reads_or_writes_it(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    agency = town.agency()
    endpoint = await made(core, agency, receiver.url(room))
    sealed = town.sql(
        "select secret_encrypted from webhook_config where id = %(id)s", id=endpoint.id
    )[0][0]
    assert endpoint.secret is not None
    assert endpoint.secret.encode() not in sealed
    assert endpoint.secret not in repr(endpoint)
    for statement in (
        "select secret_encrypted from webhook_config",
        "update webhook_config set secret_encrypted = '\\x00'",
        "update webhook_config set consecutive_failures = 0",
    ):
        with (
            connect(town.url, autocommit=True) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            tenant_transaction(connection, agency.tenant()) as open_,
        ):
            open_.execute(statement.encode())


async def test_what_fails_is_tried_again_on_schedule_and_then_given_up(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    agency = town.agency()
    await made(core, agency, receiver.url(room))
    receiver.answers[room] = answering(500, text="boom at maria@example.com")  # type: ignore[assignment]
    town.tell(agency, town.lead(agency))
    for number, planned in enumerate(pacing.DELAYS_S[1:], 1):
        town.sql(  # the endpoint is not spared here, so that each attempt is made
            "update webhook_config set consecutive_failures = 0, paused_until = null"
            " where agency_id = %(id)s",
            id=agency.id,
        )
        await town.work()
        assert len(receiver.of(room)) == number
        [wait_s] = town.waits_s(agency)
        assert planned - 5 <= wait_s <= planned * (1 + pacing.JITTER) + 1
        assert town.delivery(agency)["status"] == "pending"
        assert town.delivery(agency)["next_retry_at"] is not None
        town.due(agency)
    town.sql(
        "update webhook_config set consecutive_failures = 0 where agency_id = %(id)s", id=agency.id
    )
    await town.work()
    delivery = town.delivery(agency)
    assert len(receiver.of(room)) == pacing.ATTEMPTS_MAX
    assert (delivery["status"], delivery["attempt_count"]) == ("failed", pacing.ATTEMPTS_MAX)
    assert delivery["next_retry_at"] is None
    assert [attempt["number"] for attempt in delivery["attempts"]] == list(range(1, 11))
    assert {got.headers["webhook-id"] for got in receiver.of(room)} == {delivery["id"]}
    assert "maria" not in json.dumps([delivery["attempts"], delivery["response_body"]])
    assert town.waits_s(agency) == []


async def test_retry_after_is_honoured_and_success_ends_it(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    agency = town.agency()
    await made(core, agency, receiver.url(room))
    receiver.answers[room] = answering(429, headers={"Retry-After": "1200"})  # type: ignore[assignment]
    town.tell(agency, town.lead(agency))
    await town.work()
    [wait_s] = town.waits_s(agency)
    assert 1_190 <= wait_s <= 1_200 * (1 + pacing.JITTER)
    del receiver.answers[room]
    town.due(agency)
    await town.work()
    assert town.delivery(agency)["status"] == "success"
    assert town.endpoint(agency)["consecutive_failures"] == 0
    assert town.endpoint(agency)["failing_since"] is None


async def test_410_switches_the_endpoint_off_and_tells_the_owners(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    agency, other = town.agency(), town.agency()
    endpoint = await made(core, agency, receiver.url(room))
    receiver.answers[room] = answering(410)  # type: ignore[assignment]
    town.tell(agency, town.lead(agency))
    await town.work()
    assert town.endpoint(agency)["active"] is False
    assert "410" in town.endpoint(agency)["disabled_reason"]
    assert town.delivery(agency)["status"] == "failed"
    assert town.waits_s(agency) == []
    notes = "select user_id, kind, subject_id from notification where agency_id = %(id)s"
    assert town.sql(notes, id=agency.id) == [(agency.owner_id, "webhook_disabled", endpoint.id)]
    assert town.sql(notes, id=other.id) == []
    town.tell(agency, town.lead(agency))
    await town.work()
    assert len(receiver.of(room)) == 1, "an endpoint that is off is told nothing"
    del receiver.answers[room]
    await endpoints.enable(core, agency.tenant(), endpoint.id)
    ago = datetime.now(UTC) - timedelta(hours=1)
    assert await endpoints.replay_failed(core, agency.tenant(), endpoint.id, since=ago) == 2
    await town.work()
    assert town.sql(
        "select distinct status, error_message from webhook_delivery where agency_id = %(id)s",
        id=agency.id,
    ) == [("success", None)]


async def test_an_endpoint_that_fails_for_days_is_switched_off(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    agency = town.agency()
    await made(core, agency, receiver.url(room))
    receiver.answers[room] = answering(503)  # type: ignore[assignment]
    town.tell(agency, town.lead(agency))
    await town.work()
    assert town.endpoint(agency)["active"] is True
    town.sql(
        "update webhook_config set failing_since = now() - interval '6 days'"
        " where agency_id = %(id)s",
        id=agency.id,
    )
    town.due(agency)
    await town.work()
    assert town.endpoint(agency)["disabled_reason"] == "it failed for days"
    assert len(town.sql("select 1 from notification where agency_id = %(id)s", id=agency.id)) == 1


async def test_a_failing_endpoint_is_spared_then_one_delivery_tries_and_others_go_on(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    agency = town.agency()
    await made(core, agency, receiver.url(room))
    await made(core, agency, receiver.url(f"{room}-well"))
    receiver.answers[room] = answering(500)  # type: ignore[assignment]
    leads = [town.lead(agency) for _ in range(12)]
    town.tell(agency, *leads[:6])
    await town.work()
    assert len(receiver.of(room)) == 6
    town.tell(agency, *leads[6:])
    await town.work()
    assert len(receiver.of(room)) == 6, "it is spared"
    assert len(receiver.of(f"{room}-well")) == 12
    states = "select attempt, count(*) from app.job where agency_id = %(id)s group by 1 order by 1"
    assert town.sql(states, id=agency.id) == [(0, 6), (1, 6)], "those that wait lose no attempt"
    town.sql(
        "update webhook_config set paused_until = now() where agency_id = %(id)s", id=agency.id
    )
    town.due(agency)
    del receiver.answers[room]
    await town.work()
    assert len(receiver.of(room)) == 7, "one tries"
    town.due(agency)
    await town.work()
    assert len(receiver.of(room)) == 18
    assert {row[0] for row in town.sql(
        "select status from webhook_delivery where agency_id = %(id)s", id=agency.id
    )} == {"success"}  # fmt: skip


async def test_endpoints_that_misbehave_end_in_a_stored_state_and_stop_no_other(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    async def streams_forever(got: Got) -> web.StreamResponse:
        response = web.StreamResponse(status=200)
        await response.prepare(got.request)
        while True:  # until whoever reads hangs up
            await response.write(b"x" * 4096)

    async def redirects(_: Got) -> web.StreamResponse:
        raise web.HTTPFound("http://169.254.169.254/latest/meta-data")

    async def hangs(got: Got) -> web.StreamResponse:
        await asyncio.Event().wait()  # until whoever asks hangs up
        return web.Response(text=got.path)

    async def hangs_up(got: Got) -> web.StreamResponse:
        assert got.request.transport is not None
        got.request.transport.close()
        return web.Response()

    outcomes = {
        "streams": (streams_forever, 200, "success", None),
        "redirects": (redirects, 302, "pending", "redirects are not followed"),
        "hangs": (hangs, None, "pending", "took longer than 0.3 s"),
        "hangs_up": (hangs_up, None, "pending", "ended the connection"),
        "well": (None, 200, "success", None),
    }
    agency = town.agency()
    ids = {}
    for name, (answer, *_) in outcomes.items():
        ids[name] = (await made(core, agency, receiver.url(f"{room}-{name}"))).id
        if answer is not None:
            receiver.answers[f"{room}-{name}"] = answer
    town.sql("update webhook_config set timeout_ms = 300 where id = %(id)s", id=ids["hangs"])
    town.tell(agency, town.lead(agency))
    await town.work()
    for name, (_, code, status, words) in outcomes.items():
        [(got_code, got_status, error)] = town.sql(
            "select status_code, status, error_message from webhook_delivery"
            " where webhook_config_id = %(id)s",
            id=ids[name],
        )
        assert (got_code, got_status) == (code, status), name
        assert (words or "") in (error or ""), name


async def test_without_the_setting_no_delivery_reaches_this_machine(
    core: Core, town: Town, receiver: Receiver, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency = town.agency()
    await made(core, agency, receiver.url(room))
    town.sql(  # a name that leads here
        "update webhook_config set url = %(url)s where agency_id = %(id)s",
        url=f"https://localhost:{receiver.port}/{room}", id=agency.id,
    )  # fmt: skip
    monkeypatch.setattr(town.courier, "allow_loopback", False)
    town.tell(agency, town.lead(agency))
    await town.work()
    assert receiver.of(room) == []
    assert "special (loopback)" in town.delivery(agency)["error_message"]


async def test_a_test_event_is_sent_and_one_delivery_is_replayed_under_its_id(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    agency, other = town.agency(), town.agency()
    endpoint = await made(core, agency, receiver.url(room))
    sent = await endpoints.send_test(core, agency.tenant(), endpoint.id)
    await town.work()
    assert receiver.of(room)[0].json["type"] == "webhook.test"
    assert await endpoints.replay(core, agency.tenant(), sent) == 1
    assert await endpoints.replay(core, agency.tenant(), sent) == 0, "it waits already"
    await town.work()
    assert [got.headers["webhook-id"] for got in receiver.of(room)] == [str(sent)] * 2
    for call in (
        endpoints.replay(core, other.tenant(), sent),
        endpoints.send_test(core, other.tenant(), endpoint.id),
        endpoints.rotate(core, other.tenant(), endpoint.id),
        endpoints.enable(core, other.tenant(), endpoint.id),
        endpoints.log(core, other.tenant(), endpoint.id),
        endpoints.replay_failed(core, other.tenant(), endpoint.id, since=datetime.now(UTC)),
    ):
        with pytest.raises(RefusedError, match="there is no"):
            await call


async def test_the_log_shows_attempts_and_no_person(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    agency = town.agency()
    endpoint = await made(core, agency, receiver.url(room))
    receiver.answers[room] = answering(  # type: ignore[assignment]
        500, text="no maria@example.com, call +49 30 1234567, key whsec_0123456789abcdef"
    )
    town.tell(agency, town.lead(agency, email="maria@example.com", headline="Head of Growth"))
    await town.work()
    [row] = await endpoints.log(core, agency.tenant(), endpoint.id)
    shown = json.dumps(row, default=str)
    assert row["status_code"] == 500
    assert row["payload"]["data"]["campaign"]["name"] == "Spring"
    for secret in ("maria", "Maria", "Keller", "Growth", "1234567", "0123456789abcdef"):
        assert secret not in shown
    assert "call" in shown


async def test_a_person_of_one_client_makes_endpoints_for_that_client_only(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    agency = town.agency()
    elsewhere = town.add("client", agency_id=agency.id, name=uuid4().hex)
    tenant = agency.tenant(clients=frozenset({elsewhere}), role="client")
    wish = NewEndpoint(client_id=agency.client_id, name="x", url=receiver.url(room))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await endpoints.create(core, tenant, wish, allow_loopback=True)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"url": "http://example.com/h"}, "https"),
        ({"url": "https://10.0.0.1/h"}, "private"),
        ({"url": "https://[::ffff:10.0.0.1]/h"}, "IPv4-mapped"),
        ({"url": "https://me:pw@example.com/h"}, "password"),
        ({"url": "ftp://example.com"}, "https"),
        ({"url": ""}, "no host"),
        ({"url": "https://example.com/" + "a" * 2_000}, "longer"),
        ({"url": "https://example.com", "name": " "}, "name"),
        ({"url": "https://example.com", "events": ("lead.lost",)}, "lead.lost"),
        ({"url": "https://example.com", "headers": {"Authorization": "Bearer x"}}, "confidential"),
        ({"url": "https://example.com", "headers": {"Webhook-Id": "x"}}, "cannot be chosen"),
        ({"kind": Destination.KIT}, "needs an API key"),
        ({"kind": Destination.MAILCHIMP, "credential": "abc-us21"}, "list_id"),
        ({"kind": Destination.MAILCHIMP, "credential": "abc", "options": {"list_id": "1"}}, "."),
        ({"kind": Destination.ACTIVECAMPAIGN, "credential": "abc"}, "no host"),
    ],
)
async def test_an_endpoint_that_cannot_work_is_refused_with_what_to_mend(
    core: Core, town: Town, values: dict[str, object], words: str
) -> None:
    agency = town.agency()
    wish = NewEndpoint(**({"client_id": agency.client_id, "name": "x"} | values))  # type: ignore[arg-type]
    if words == ".":  # the key without a data centre names one all the same: abc
        made_ = await endpoints.create(core, agency.tenant(), wish)
        assert (await endpoints.shown(core, agency.tenant(), made_.id)).url.startswith(
            "https://abc."
        )
        return
    with pytest.raises(UsageError, match=words):
        await endpoints.create(core, agency.tenant(), wish)
    assert town.sql("select 1 from webhook_config where agency_id = %(id)s", id=agency.id) == []


async def test_an_endpoint_without_a_secret_or_deleted_is_sent_nothing(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    agency = town.agency()
    town.add(
        "webhook_config", agency_id=agency.id, client_id=agency.client_id, name="by API",
        url=receiver.url(room),
    )  # fmt: skip
    town.tell(agency, town.lead(agency))
    await town.work()
    assert "no secret yet" in town.delivery(agency)["error_message"]
    endpoint_id = UUID(town.endpoint(agency)["id"])
    await endpoints.rotate(core, agency.tenant(), endpoint_id)
    assert await endpoints.replay(core, agency.tenant(), UUID(town.delivery(agency)["id"])) == 1
    town.sql("delete from webhook_config where id = %(id)s", id=endpoint_id)
    await town.work()
    assert receiver.of(room) == []
    assert town.waits_s(agency) == []


async def test_a_slow_endpoint_holds_up_no_other(
    core: Core, town: Town, receiver: Receiver, room: str
) -> None:
    async def hangs(got: Got) -> web.StreamResponse:
        await asyncio.Event().wait()  # until whoever asks hangs up
        return web.Response(text=got.path)

    agency = town.agency()
    slow = await made(core, agency, receiver.url(room))
    await made(core, agency, receiver.url(f"{room}-well"))
    receiver.answers[room] = hangs
    town.sql("update webhook_config set timeout_ms = 500 where id = %(id)s", id=slow.id)
    town.tell(agency, *(town.lead(agency) for _ in range(80)))
    await town.work()
    assert len(receiver.of(f"{room}-well")) == 80
    states = "select attempt, count(*) from app.job where agency_id = %(id)s group by 1"
    attempts = dict(town.sql(states, id=agency.id))
    assert attempts.keys() == {0, 1}, "the others wait, without an attempt lost"
    assert len(receiver.of(room)) <= attempts[1] < LANE_MAX + pacing.FAILURES_OPEN
    assert sum(attempts.values()) == 80


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("url", "http://10.0.0.1/hook", "https"),
        ("url", "https://192.168.0.1/hook", "special (private)"),
        ("url", "https://[::1%eth0]:1/hook", ""),
        ("url", "https://user:pw@127.0.0.1/hook", "password"),
        ("url", "https://127.0.0.1:99999999/hook", "malformed"),
        ("headers", '{"X-A": "b\\r\\nX-Evil: 1"}', "request failed"),
        ("headers", '{"X\\r\\nY": "b"}', "request failed"),
    ],
)
async def test_what_was_written_past_the_checks_is_judged_again_when_it_is_sent(
    core: Core, town: Town, receiver: Receiver, room: str, column: str, value: str, words: str
) -> None:
    agency = town.agency()
    endpoint = await made(core, agency, receiver.url(room))
    receiver.answers[room] = answering(401)  # type: ignore[assignment]
    town.sql(
        f"update webhook_config set {column} = %(value)s where id = %(id)s",
        value=value, id=endpoint.id,
    )  # fmt: skip
    town.tell(agency, town.lead(agency))
    await town.work()
    delivery = town.delivery(agency)
    assert delivery["status"] == "pending"
    assert words in delivery["error_message"]
    assert all("x-evil" not in got.headers for got in receiver.of(room))
    assert "pw" not in delivery["error_message"].replace("password", "")
