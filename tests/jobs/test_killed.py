"""What holds when worker processes are killed or frozen, really."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.jobs.handlers import registry

from mainstem.jobs import NewJob, Options, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.jobs.conftest import Place

ROOT = Path(__file__).parents[2]
LEASE_S = 1.0
LIMIT_S = 20.0


@contextmanager
def worker(place: Place, queue: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.jobs.work", place.url, queue, str(LEASE_S)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def worker_here(place: Place, queue: str) -> Iterator[None]:
    ends = threading.Event()
    options = Options(queues=(queue,), lease_s=LEASE_S, poll_s=0.1)
    thread = threading.Thread(target=Worker(place.url, registry(), options).run, args=(ends,))
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join(LIMIT_S)


def until(place: Place, holds: Callable[[], bool]) -> None:
    """Wait, on the server's clock, until something holds."""
    deadline = place.sql("select clock_timestamp() + make_interval(secs => %s)", LIMIT_S)[0][0]
    while not holds():
        assert place.sql("select pg_sleep(0.02), clock_timestamp() < %s", deadline)[0][1]


def test_a_killed_worker_loses_nothing_and_repeats_no_effect(place: Place) -> None:
    ids = place.add(*[NewJob(kind="die_once", queue="killing") for _ in range(20)])
    with worker(place, "killing") as process:
        assert process.wait(LIMIT_S) == -signal.SIGKILL
    assert place.sql("select count(*) from app.job where status = 'leased'") == [(20,)]
    assert place.sql("select count(*) from app.effect") == [(0,)]
    with worker_here(place, "killing"):
        until(place, lambda: len(place.archive()) == len(ids))
    assert place.archive() == dict.fromkeys(ids, "completed")
    assert place.sql("select count(*), count(distinct job_id) from app.effect") == [(20, 20)]
    late = (
        "select max(made_at) - min(created_at) < interval '30 s' from app.effect, app.job_archive"
    )
    assert place.sql(late) == [(True,)]


def test_what_was_begun_before_the_calls_is_known_after_a_kill(place: Place) -> None:
    (job,) = place.add(NewJob(kind="begun_and_killed", queue="killing", payload={"die": True}))
    with worker(place, "killing") as process:
        assert process.wait(LIMIT_S) == -signal.SIGKILL
    assert place.sql("select job_id, note from app.effect") == [(job, "begun")]
    with worker_here(place, "killing"):
        until(place, lambda: job in place.archive())
    assert place.sql("select attempt, result from app.job_archive") == [
        (2, {"was": "begun before"})
    ]


def test_a_worker_that_lost_its_lease_completes_nothing(place: Place) -> None:
    (job,) = place.add(NewJob(kind="stop_once", queue="stopping"))
    with worker(place, "stopping") as process:
        until(place, lambda: stopped(process.pid))
        with worker_here(place, "stopping"):
            until(place, lambda: job in place.archive())
        place.sql("delete from app.effect")  # or its own insert would fail before the fence does
        os.kill(process.pid, signal.SIGCONT)
        (again,) = place.add(NewJob(kind="stop_once", queue="stopping", payload={"note": "next"}))
        until(place, lambda: claims_again(place, process))
        os.kill(process.pid, signal.SIGKILL)
        process.wait(LIMIT_S)
    assert place.sql("select job_id, attempt from app.job_archive") == [(job, 2)]
    assert place.sql("select count(*) from app.effect") == [(0,)]
    assert place.sql("select id from app.job") == [(again,)]


def claims_again(place: Place, process: subprocess.Popen[bytes]) -> bool:
    held = place.sql("select 1 from app.job where status = 'leased'")
    return bool(held) and stopped(process.pid)


def stopped(pid: int) -> bool:
    return (
        Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "T"
    )


def test_a_lost_worker_at_the_last_attempt_leaves_a_dead_letter(place: Place) -> None:
    (job,) = place.add(NewJob(kind="die_once", queue="killing", attempts_max=1))
    with worker(place, "killing") as process:
        assert process.wait(LIMIT_S) == -signal.SIGKILL
    with worker_here(place, "killing"):
        until(place, lambda: job in place.archive())
    said = place.sql("select status, last_error from app.job_archive")
    assert said == [("failed", "its worker was lost during the last attempt")]


def test_a_server_that_ends_the_session_is_come_back_to(place: Place) -> None:
    with worker_here(place, "default"):
        until(place, lambda: len(sessions(place)) == 3)
        for (pid,) in sessions(place):
            place.sql("select pg_terminate_backend(%s)", pid)
        (job,) = place.add(NewJob(kind="write"))
        until(place, lambda: job in place.archive())


def sessions(place: Place) -> list[tuple[int]]:
    return [
        (pid,)
        for (pid,) in place.sql(
            "select pid from pg_stat_activity where datname = current_database()"
            " and (application_name like 'mainstem worker%%' or application_name like %s)",
            "mainstem job keeper",
        )
    ]


def test_the_check_that_keeps_an_ordering_key_single_is_the_databases(place: Place) -> None:
    place.add(*[NewJob(kind="write", ordering_key="one") for _ in range(2)])
    lease = "update app.job set status = 'leased', leased_by = 'x', lease_until = now(), fence = 1"
    with pytest.raises(psycopg.errors.UniqueViolation, match="job_ordering_leased_key"):
        place.sql(lease)
