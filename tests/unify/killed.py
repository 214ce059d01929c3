"""A run or a pass in a process of its own that is killed (SIGKILL) a moment after some step."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from mainstem.unify.move.catchup.passes import catch_up
from mainstem.unify.move.run import run_plan
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.progress import Silence, Step


class Killing(Silence):
    """Kills its own process so many milliseconds after so many signs of life."""

    def __init__(self, signs: int, after_ms: int) -> None:
        self._left = signs
        self._after_ms = after_ms

    def step(self, name: str, rows: int | None) -> Step:
        del name, rows
        self.advance(0)
        return self

    def advance(self, rows: int) -> None:
        del rows
        self._left -= 1
        if self._left == 0 and self._after_ms == 0:
            _kill()
        elif self._left == 0:
            threading.Timer(self._after_ms / 1000, _kill).start()


def _kill() -> None:
    os.killpg(0, signal.SIGKILL)


def kill(what: str, config: Path, url: str, *, signs: int, after_ms: int = 0) -> bool:
    """Begin a `run` or a `pass`, which is killed on its way; whether it came so far."""
    arguments = [what, str(config), url, str(signs), str(after_ms)]
    command = [sys.executable, "-m", __name__, *arguments]
    done = subprocess.run(
        command, capture_output=True, check=False, timeout=120, start_new_session=True
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr.decode()
    return done.returncode != 0


if __name__ == "__main__":
    what, config, url, signs, after_ms = sys.argv[1:]
    plan = read_directory(read_config(Path(config)).plan_dir)
    killing = Killing(int(signs), int(after_ms))
    if what == "run":
        run_plan(plan, url, reporter=killing)
    else:
        catch_up(plan, url, reporter=killing, until_s=60)
