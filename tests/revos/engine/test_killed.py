"""A worker that is killed while a message is under way: it is known to be sent, and sent once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mainstem.jobs.worker import look_after
from mainstem.revos.clock import VARIABLE as CLOCK_VARIABLE
from mainstem.revos.sandbox.faults import FaultKind, Knob
from mainstem.revos.unipile.client import KEY_VARIABLE, URL_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.revos.engine.conftest import Stage

MAINSTEM = Path(sys.executable).with_name("mainstem")
LIMIT_S = 20.0


def test_a_message_under_way_at_the_kill_is_found_and_not_sent_again(
    stage: Stage, tmp_path: Path
) -> None:
    person = stage.at_distance(stage.mine, 1, style="silent")
    stage.comment(stage.published(stage.mine), person)
    stage.later(timedelta(minutes=4), step=timedelta(minutes=4))  # found; due a little later
    stage.sandbox.faults.turn_on(Knob(FaultKind.SLOW, route="message", delay_s=4, count=1))
    to = stage.world.now() + timedelta(minutes=10)
    stage.world.clock.move(to)
    with stage.moment(stage.mine) as moment:
        stage.engine.dispatch.decide(moment.connection, moment.agency_id)
    with worker(stage, tmp_path) as process:
        wait_until(stage, lambda: bool(stage.texts_to(person)))
        process.send_signal(signal.SIGKILL)
        process.wait(LIMIT_S)
    assert stage.sql("select status from provider_call where route = 'dm'") == [("calling",)]
    assert stage.sql("select status from dm_delivery") == [("reserved",)]
    stage.sql("update app.job set lease_until = now() - interval '1 s' where status = 'leased'")
    look_after(stage.connection)
    stage.later(timedelta(minutes=10))
    assert len(stage.texts_to(person)) == 1
    assert stage.sql("select status from dm_delivery") == [("sent",)]
    assert stage.sql("select status from provider_call where route = 'dm'") == [("done",)]
    assert stage.sql("select status from lead") == [("dm_sent",)]


def worker(stage: Stage, home: Path) -> subprocess.Popen[bytes]:
    """A worker of its own process, at the sandbox's time."""
    real, shows = datetime.now(UTC), stage.world.now()
    return subprocess.Popen(
        [MAINSTEM, "worker", "--queues", "revos"],
        stdout=subprocess.DEVNULL,
        env=os.environ
        | {
            "DATABASE_URL": stage.worker.url,
            "MAINSTEM_HOME": str(home),
            URL_VARIABLE: stage.sandbox.address,
            KEY_VARIABLE: stage.sandbox.key,
            CLOCK_VARIABLE: f"{real.isoformat()} {shows.isoformat()} 1",
        },
    )


def wait_until(stage: Stage, holds: Callable[[], bool]) -> None:
    """Wait, on the server's clock, until something holds."""
    ((deadline,),) = stage.sql("select clock_timestamp() + make_interval(secs => %s)", LIMIT_S)
    while not holds():
        ((_, is_early),) = stage.sql("select pg_sleep(0.05), clock_timestamp() < %s", deadline)
        assert is_early, "it did not happen in time"
