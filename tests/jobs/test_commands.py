"""`mainstem jobs` and `mainstem worker`, as a person runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from tests.jobs.test_killed import until

from mainstem.cli.jobs import jobs
from mainstem.cli.worker import named
from mainstem.errors import ConfigError, UsageError
from mainstem.jobs import NewJob

if TYPE_CHECKING:
    from tests.jobs.conftest import Place

ROOT = Path(__file__).parents[2]


def run(place: Place, *arguments: str) -> str:
    result = CliRunner().invoke(
        jobs, arguments, env={"DATABASE_URL": place.url}, catch_exceptions=True
    )
    if result.exception is not None:
        raise result.exception
    return result.output


def test_a_person_lists_shows_cancels_and_retries_jobs(place: Place) -> None:
    (job,) = place.add(NewJob(kind="write", payload={"step": 1}))
    assert str(job) in run(place, "list", "--state", "ready")
    assert run(place, "list", "--queue", "none") == "no such jobs\n"
    assert run(place, "cancel", str(job)) == f"{job} cancelled\n"
    shown = json.loads(run(place, "show", str(job)))
    assert (shown["status"], shown["payload"]) == ("cancelled", {"step": 1})
    with pytest.raises(UsageError, match="not waiting"):
        run(place, "cancel", str(job))
    assert run(place, "retry", str(job)) == f"{job} enqueued again\n"
    # A message's job would come again, and the message go out, half an hour later.
    (message,) = place.add(NewJob(kind="revos.write", queue="revos"))
    with pytest.raises(UsageError, match="pause the campaign or the endpoint"):
        run(place, "cancel", str(job), str(message))
    for each in (job, message):
        assert json.loads(run(place, "show", str(each)))["status"] == "ready"
    assert run(place, "pause", "default").startswith("default is paused")
    assert run(place, "resume", "default") == "default goes on\n"


def test_worker_processes_do_the_jobs_and_end_when_told(place: Place, tmp_path: Path) -> None:
    ids = place.add(*[NewJob(kind="write") for _ in range(5)])
    command = [
        *(sys.executable, "-c", "from mainstem.cli import main; main()", "worker"),
        *("--processes", "2", "--handlers", "tests.jobs.handlers:registry"),
    ]
    environment = os.environ | {
        "DATABASE_URL": place.url,
        "PYTHONPATH": str(ROOT),
        "MAINSTEM_HOME": str(tmp_path),
    }
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            until(place, lambda: place.archive() == dict.fromkeys(ids, "completed"))
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert place.sql("select name, timezone from app.job_schedule") == [("partitions", "UTC")]


def test_handlers_that_are_not_there_are_refused() -> None:
    with pytest.raises(ConfigError, match="no handlers at 'nowhere:at_all'"):
        named("nowhere:at_all")
