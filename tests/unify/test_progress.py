from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console

from mainstem.unify.progress import Reporter, reporter

STEPS = 50


def begin_steps(watching: Reporter) -> None:
    for number in range(STEPS):
        watching.step(f"step {number}", None if number % 2 else 10).advance(10)


def test_a_terminal_shows_few_bars_however_many_steps_begin_at_once() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, height=50)
    with reporter(console) as watching, ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(begin_steps, watching) for _ in range(2)]:
            done.result()
    frames = re.split(r"\r\x1b\[2K", screen.getvalue())
    assert max(len(re.findall(r"step \d+", frame)) for frame in frames) <= 4
    assert any(f"step {STEPS - 1}" in frame for frame in frames)


def test_elsewhere_quick_steps_pass_in_silence_and_what_is_said_is_a_line() -> None:
    written = io.StringIO()
    with reporter(Console(file=written, width=20)) as watching:
        watching.step("quick", 10).advance(10)
        watching.say("a line that is longer than the console is wide")
    assert written.getvalue() == "a line that is longer than the console is wide\n"
