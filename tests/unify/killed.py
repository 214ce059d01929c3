"""A run or a pass in a process of its own that is killed (SIGKILL) a moment after some step."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from functools import cache
from pathlib import Path
from typing import NoReturn

from mainstem.unify.move.catchup.passes import catch_up
from mainstem.unify.move.run import run_plan
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.progress import Silence, Step

_TIMEOUT_S = 120


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
    forking = _forking()
    assert forking.stdin is not None
    assert forking.stdout is not None
    order = [what, str(config), url, signs, after_ms, dict(os.environ)]
    print(json.dumps(order), file=forking.stdin, flush=True)
    code = int(forking.stdout.readline())
    assert code in {0, -signal.SIGKILL}, "its own words stand above"
    return code != 0


@cache
def _forking() -> subprocess.Popen[str]:
    """A process that forks those to be killed: to start one takes longer than what it does."""
    command = [sys.executable, "-m", __name__]
    forking = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(forking.communicate)
    return forking


def _serve() -> None:
    """Begin what each line of the input says, and answer with how it ended."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.setsid()
            signal.alarm(_TIMEOUT_S)
            _begin(*json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201


def _begin(
    what: str, config: str, url: str, signs: int, after_ms: int, environ: dict[str, str]
) -> NoReturn:
    code = 1
    try:
        os.environ.update(environ)
        plan = read_directory(read_config(Path(config)).plan_dir)
        killing = Killing(signs, after_ms)
        if what == "run":
            run_plan(plan, url, reporter=killing)
        else:
            catch_up(plan, url, reporter=killing, until_s=60)
        code = 0
    except BaseException:  # noqa: BLE001 - told to the test, which goes on in another process
        traceback.print_exc()
    os._exit(code)


if __name__ == "__main__":
    _serve()
