"""How long steps tell where they are: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final, Protocol

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

_LINE_EVERY_S: Final = 10.0
#: a step that is over sooner is not worth a line
_LINE_AFTER_S: Final = 1.0
#: steps that are seen at the same time: those of two connections, and what they came from
_BARS_MAX: Final = 4


class Step(Protocol):
    """One long step; `advance` may be called as often as one likes."""

    def advance(self, rows: int) -> None:
        """So many rows more are done."""


class Reporter(Protocol):
    """Where a move tells what it is doing."""

    def say(self, line: str) -> None:
        """Something happened that people want to know."""

    def step(self, name: str, rows: int | None) -> Step:
        """A step begins: its name, and how many rows it has, where that is known."""


class Silence:
    """Tells nobody anything."""

    def say(self, line: str) -> None:
        """Say nothing."""

    def step(self, name: str, rows: int | None) -> Step:
        """Show nothing."""
        del name, rows
        return self

    def advance(self, rows: int) -> None:
        """Count nothing."""


@contextmanager
def reporter(console: Console) -> Iterator[Reporter]:
    """A reporter that suits the console: live bars on a terminal, else lines."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bars(progress)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:,.0f}/s")


@dataclass(frozen=True)
class _Bars:
    progress: Progress
    shown: deque[TaskID] = field(default_factory=deque)
    #: steps begin in several threads
    lock: Lock = field(default_factory=Lock)

    def say(self, line: str) -> None:
        self.progress.console.print(Text(line), soft_wrap=True)

    def step(self, name: str, rows: int | None) -> Step:
        """Show a bar in the place of one that is full, else of the oldest."""
        with self.lock:
            if len(self.shown) == _BARS_MAX:
                full = (one for one in self.shown if self.progress.tasks[one].finished)
                gone = next(full, self.shown[0])
                self.shown.remove(gone)
                self.progress.update(gone, visible=False)
            task = self.progress.add_task(Text(name).plain, total=rows)
            self.shown.append(task)
        return _Bar(self.progress, task)


@dataclass(frozen=True)
class _Bar:
    progress: Progress
    task: TaskID

    def advance(self, rows: int) -> None:
        self.progress.advance(self.task, rows)


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True)

    def step(self, name: str, rows: int | None) -> Step:
        return _LineStep(self, name, rows)


class _LineStep:
    """Says a line every few seconds, and one at the end of what took its time."""

    def __init__(self, lines: _Lines, name: str, rows: int | None) -> None:
        self._lines = lines
        self._name = name
        self._rows = rows
        self._done = 0
        self._began = self._said = time.monotonic()

    def advance(self, rows: int) -> None:
        self._done += rows
        now = time.monotonic()
        is_done = self._done == self._rows
        if now - self._said < (_LINE_AFTER_S if is_done else _LINE_EVERY_S):
            return
        self._said = now
        rate = self._done / max(now - self._began, 1e-9)
        of_all = f" of {self._rows:,}" if self._rows is not None else ""
        left = f", {(self._rows - self._done) / rate:.0f} s left" if self._rows and rate else ""
        self._lines.say(
            f"{self._name}: {self._done:,}{of_all} rows, {rate:,.0f}/s{'' if is_done else left}"
        )
