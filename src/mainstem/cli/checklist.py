"""A list of steps that is ticked off line by line, with what each found and how long it took."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

NAME_WIDTH = 13
SAID_WIDTH = 62


@dataclass
class Step:
    """A step under way; what it says stands on its line."""

    name: str
    said: str = ""

    def say(self, text: str) -> None:
        """Set what the step found."""
        self.said = text


@dataclass
class Checklist:
    """Prints `ok  Migrations   9 applied   1.2 s` as each step ends."""

    console: Console
    began_s: float = field(default_factory=time.monotonic)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Do one step; a failure is marked and goes on to whoever handles it."""
        step = Step(name)
        began_s = time.monotonic()
        try:
            yield step
        except BaseException:
            self._print("FAIL", "red", step, seconds=time.monotonic() - began_s)
            raise
        self._print("ok  ", "green", step, seconds=time.monotonic() - began_s)

    @property
    def seconds(self) -> float:
        """Since the list began."""
        return time.monotonic() - self.began_s

    def _print(self, mark: str, style: str, step: Step, *, seconds: float) -> None:
        line = Text.assemble(
            (mark, style),
            f" {step.name:<{NAME_WIDTH}}",
            f"{step.said:<{SAID_WIDTH}}",
            (f"{seconds:6.1f} s", "dim"),
        )
        self.console.print(line, soft_wrap=True)
