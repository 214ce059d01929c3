"""The sandbox: the same for the same seed, ruled by clock, faults, limits and log."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec
import pytest
from tests.revos.unipile.conftest import KEY, Stage, staged

from mainstem.revos.sandbox import SCENARIOS, Clock, Ledger, Sandbox, World, serving
from mainstem.revos.sandbox.forms import fields
from mainstem.revos.sandbox.people import trigger_in
from mainstem.revos.sandbox.refusal import Refusal
from mainstem.revos.unipile import Kind, PersonId, Refused, Sent, UnipileError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio
QUIET = SCENARIOS["quiet"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged("v1", QUIET) as made:
        yield made


def told(world: World) -> list[tuple[str, str, datetime]]:
    """All that was said in a world."""
    comments = [(each.post.id, each.text, each.at) for each in world.comments.values()]
    return comments + [(each.chat.id, each.text, each.at) for each in world.messages.values()]


def lived(seed: int, *, pace: timedelta) -> World:
    """A world after three days that were let pass at a pace."""
    world = World(seed, SCENARIOS["lively"])
    account = next(iter(world.accounts.values()))
    for person in world.people[:40]:
        if world.distance(account, person) == 1:
            world.send(world.chat_with(account, person), "Where may I send it?")
        else:
            world.invite(account, person, None)
    end = world.now() + timedelta(days=3)
    while world.clock.now() < end:
        at = world.clock.now() + pace
        world.happen_until(at)
        world.clock.move(at)
    return world


async def test_the_same_seed_makes_the_same_world_at_any_pace() -> None:
    slowly, fast = lived(7, pace=timedelta(hours=1)), lived(7, pace=timedelta(days=3))
    assert told(slowly) == told(fast)
    assert len(told(slowly)) > 50
    assert told(lived(8, pace=timedelta(days=3))) != told(fast)


async def test_a_world_is_lively_by_itself() -> None:
    world = lived(1, pace=timedelta(days=3))
    comments = list(world.comments.values())
    triggered = [
        each for each in comments if each.post.word and each.post.word in each.text.upper()
    ]
    assert len(comments) > 30
    assert len(triggered) > len(comments) / 4
    answers = [each for each in world.messages.values() if not each.is_own]
    assert any("@" in each.text for each in answers)
    assert any(account.contacts for account in world.accounts.values())


async def test_a_clock_runs_stands_and_never_goes_back() -> None:
    real = [100.0]
    clock = Clock(datetime(2026, 1, 5, tzinfo=UTC), 0.0, lambda: real[0])
    real[0] += 50
    assert clock.now() == datetime(2026, 1, 5, tzinfo=UTC)
    clock.run(60)
    real[0] += 2
    assert clock.now() == datetime(2026, 1, 5, 0, 2, tzinfo=UTC)
    clock.move(datetime(2020, 1, 1, tzinfo=UTC))
    assert clock.now() == datetime(2026, 1, 5, 0, 2, tzinfo=UTC)


async def test_the_clock_is_moved_over_http(stage: Stage) -> None:
    post = await stage.provider.publish(stage.account, "Hello")
    assert isinstance(post, Sent)
    before = (await stage.control("GET", "clock"))["now"]
    after = await stage.control("POST", "clock", advance_s=3_600, settle=True)
    gone = datetime.fromisoformat(after["now"]) - datetime.fromisoformat(before)
    assert gone == timedelta(hours=1)
    assert after["speed"] == 0
    for wrong in ({"to": "yesterday"}, {"to": "2026-01-01"}, {"advance_s": -1}, {"speed": "fast"}):
        async with stage.session.post(
            f"{stage.address}/sandbox/clock", json=wrong, headers={"X-API-KEY": KEY}
        ) as answer:
            assert answer.status == 400


@pytest.mark.parametrize("path", ["sandbox/clock", "api/v1/accounts", "v2/accounts/"])
async def test_nothing_is_said_without_the_key(stage: Stage, path: str) -> None:
    async with stage.session.get(f"{stage.address}/{path}") as answer:
        assert answer.status == 401
        assert (await answer.json())["type"].endswith("/missing_credentials")


async def test_the_first_page_shows_names_as_text(stage: Stage) -> None:
    stage.first.person.first_name = "<script>alert(1)</script>"
    async with stage.session.get(stage.address) as answer:
        page = await answer.text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


async def test_limits_are_those_of_the_guide(stage: Stage) -> None:
    person = stage.person(1)
    for _ in range(100):
        assert isinstance(await stage.provider.start_chat(stage.account, person, "Hi"), Sent)
    outcome = await stage.provider.start_chat(stage.account, person, "Hi")
    assert isinstance(outcome, Refused)
    assert outcome.fault.kind is Kind.THROTTLED
    other = await stage.provider.owner(stage.account)
    assert other.id, "routes do not count together"
    used = (await stage.control("GET", "limits"))["limits"][stage.first.id]
    assert used["message"] == 100
    stage.later(hours=25)
    assert isinstance(await stage.provider.start_chat(stage.account, person, "Hi"), Sent)


async def test_the_weeks_invitations(stage: Stage) -> None:
    many = replace(QUIET, people=600, first_degree_share=0.0, accept_share=0.0)
    async with staged("v1", many) as crowded:
        steps = []
        outcome: Any = None
        for day in range(3):
            for person in crowded.world.people[day * 95 : day * 95 + 95]:
                outcome = await crowded.provider.invite(crowded.account, PersonId(person.id))
                if isinstance(outcome, Sent) and outcome.quota_percent:
                    steps.append(outcome.quota_percent)
            crowded.later(hours=25)
        assert steps == [50, 75, 90, 95]
        assert isinstance(outcome, Refused)
        assert outcome.fault.kind is Kind.LIMIT
    del stage


async def test_the_log_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "writes.jsonl"
    for text in ("first", "second"):
        sandbox = Sandbox(KEY, World(1, QUIET), Ledger.kept_in(path))
        async with serving(sandbox) as address, aiohttp.ClientSession() as session:
            account = sandbox.linked()[0]
            person = next(
                p for p in sandbox.world.people if sandbox.world.distance(account, p) == 1
            )
            form = {"account_id": account.id, "attendees_ids": person.id, "text": text}
            headers = {"X-API-KEY": KEY}
            async with session.post(f"{address}/api/v1/chats", data=form, headers=headers) as done:
                assert done.status == 201
    lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    assert [(line["n"], line["kind"], line["text"]) for line in lines] == [
        (1, "message", "first"), (1, "message", "second"),
    ]  # fmt: skip
    assert all(line["answered"] == 201 for line in lines)


async def test_the_log_says_what_was_sent_twice(stage: Stage) -> None:
    person = stage.person(1)
    await stage.control("POST", "faults", kind="timeout_after", route="message", count=1)
    for text in ("Hi [c1/1]", "Hi [c1/1]", "Hello [c1/1]", "Hi [c1/2]"):
        await stage.provider.start_chat(stage.account, person, text)
        stage.later(seconds=90)
    summary = await stage.control("GET", "summary", marker=r"\[[^]]+\]")
    assert summary["writes"] == {"message": 4}
    assert [each["count"] for each in summary["repeated"]] == [2]
    assert [(each["marker"], each["count"]) for each in summary["repeated_markers"]] == [
        ("[c1/1]", 3)
    ]
    assert summary["closest_s"] == 90
    first = (await stage.writes("message"))[0]
    assert (first["answered"], first["fault"]) == (504, "timeout_after")
    assert first["target"] == person


async def test_faults_strike_by_account_route_share_and_count(stage: Stage) -> None:
    made = await stage.control(
        "POST", "faults", kind="provider_error", account=stage.account, route="owner", share=0.5
    )
    failed = 0
    for _ in range(60):
        try:
            await stage.provider.owner(stage.account)
        except UnipileError:
            failed += 1
    assert 15 < failed < 45
    await stage.provider.owner(stage.key(stage.second))
    await stage.provider.account(stage.account)
    assert len((await stage.control("GET", "faults"))["faults"]) == 1
    assert (await stage.control("DELETE", "faults", id=made["id"]))["faults"] == []
    await stage.provider.owner(stage.account)


async def test_what_was_missed_comes_in_a_burst_after_reconnecting(stage: Stage) -> None:
    heard: list[Any] = []
    stage.world.listeners.append(heard.append)
    person = stage.at_distance(1)
    await stage.control("POST", f"accounts/{stage.account}", status="CREDENTIALS")
    for text in ("one", "two"):
        await stage.control(
            "POST", f"accounts/{stage.account}/messages", person=person.id, text=text
        )
    assert [each.word for each in heard] == ["CREDENTIALS"]
    await stage.control("POST", f"accounts/{stage.account}", status="OK")
    assert [each.word or each.message.text for each in heard] == [
        "CREDENTIALS", "RECONNECTED", "one", "two",
    ]  # fmt: skip


async def test_deliveries_are_tried_again_and_end(stage: Stage) -> None:
    await stage.provider.create_webhooks("http://127.0.0.1:9/nobody", secret="s")
    person = stage.at_distance(1)
    await stage.control("POST", f"accounts/{stage.account}/messages", person=person.id, text="Hi")
    for _ in range(8):
        await stage.control("POST", "clock", advance_s=8_000, settle=True)
    tried = (await stage.control("GET", "deliveries"))["deliveries"]
    assert [each["attempt"] for each in tried] == [1, 2, 3, 4, 5, 6]
    assert {each["status"] for each in tried} == {0}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('Comment "SCALE" below', "SCALE"),
        ("Comment “guide” and I send it", "guide"),
        ("Write AUDIT and I will", "AUDIT"),
        ("nothing here", None),
    ],
)
async def test_readers_know_which_word_is_asked_for(text: str, word: str | None) -> None:
    assert trigger_in(text) == word


async def test_bodies_that_are_none() -> None:
    for raw, content_type in (
        (b"{", "application/json"), (b"[]", "application/json"), (b"x", "image/png"),
        (b"--x", "multipart/form-data"), (b"[" * 99_999, "application/json"),
    ):  # fmt: skip
        with pytest.raises(Refusal):
            fields(raw, content_type)
    assert fields(b"a=1&a=2&b=", "application/x-www-form-urlencoded") == {"a": ["1", "2"], "b": ""}
