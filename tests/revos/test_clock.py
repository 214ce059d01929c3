"""The time for RevOS: the machine's, faster, or as somebody moves it; and when an account works."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from mainstem.core import master_key
from mainstem.errors import ConfigError
from mainstem.pg.connect import connect
from mainstem.revos.accounts import Hours
from mainstem.revos.clock import STANDS_STILL_S, VARIABLE, Clock, set_hand
from mainstem.revos.unipile import AccountId, UnipileError
from mainstem.revos.unipile.client import Settings
from mainstem.server import workers

if TYPE_CHECKING:
    from pathlib import Path

MONDAY = datetime(2026, 10, 26, 12, tzinfo=UTC)


def test_a_clock_that_somebody_moves_shows_what_they_set(tmp_path: Path) -> None:
    hand = tmp_path / "clock"
    set_hand(hand, MONDAY)
    clock = Clock.from_environment({VARIABLE: f"{hand} 40"})
    assert clock.now() == MONDAY
    set_hand(hand, MONDAY + timedelta(days=1))
    assert clock.now() == MONDAY + timedelta(days=1)
    assert clock.real_s(timedelta(seconds=80)) == 2
    assert clock.next_look_s(timedelta(seconds=15)) == STANDS_STILL_S, "who moves it looks"
    assert Clock(speed=60).next_look_s(timedelta(seconds=15)) == 0.25
    hand.write_bytes(b"short")
    for said in (f"{hand} 40", f"{tmp_path / 'none'} 40", "soon", f"{hand} fast", "a b c"):
        with pytest.raises(ConfigError, match="two times and a speed"):
            Clock.from_environment({VARIABLE: said})


@pytest.mark.anyio
async def test_a_failed_read_is_asked_again_by_the_same_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_hand(tmp_path / "clock", MONDAY)
    waited: list[float] = []
    here, sleep = threading.get_ident(), asyncio.sleep

    async def wait(seconds: float) -> None:
        if threading.get_ident() == here:
            waited.append(seconds)
        else:  # a server of other tests, in a thread of its own
            await sleep(seconds)

    monkeypatch.setattr("mainstem.revos.unipile.answers.asyncio.sleep", wait)
    nobody = Settings("http://127.0.0.1:9", "k")
    keys = master_key.load(tmp_path, {})
    engine = workers.revos(nobody, keys, {VARIABLE: f"{tmp_path / 'clock'} 40"})
    with pytest.raises(UnipileError):
        await engine.provider.owner(AccountId("a"))
    assert [seconds for seconds in waited if seconds] == [pytest.approx(0.5 / 40, rel=0.5)]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"])
def test_what_waits_for_working_hours_waits_as_the_database_says(
    zone: str, database_url: str
) -> None:
    days = [1, 2, 3, 4, 7]
    hours = Hours(zone, frozenset(days), time(9), time(17))
    asked = "select app.is_awake(%s, %s, %s::smallint[], '09:00', '17:00')"
    with connect(database_url) as connection:
        for half_hour in range(0, 8 * 48, 5):  # over the week in which New York puts clocks back
            at = MONDAY + half_hour * timedelta(minutes=30)
            found = connection.execute(asked.encode(), (at, zone, days)).fetchone()
            then = hours.next_awake(at)
            assert found == (then == at,)
            assert then - at <= timedelta(days=3)
            awake = connection.execute(asked.encode(), (then, zone, days)).fetchone()
            assert awake == (True,)
    assert Hours(zone, frozenset(), time(9), time(17)).next_awake(MONDAY) == MONDAY
