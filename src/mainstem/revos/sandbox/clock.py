"""The sandbox's time, and what is due in it.

Time stands still, or runs at so many times the real speed; it can be moved forwards. What people of
the sandbox will do stands in the agenda and happens in the order of its times.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SPEED_MAX = 1_000_000.0
#: how much happens in one go: a step that goes further is taken in several
STEPS_MAX = 1_000_000


@dataclass
class Clock:
    """A time that runs at its own speed: 0 stands still, 1 is as outside."""

    base: datetime = START
    speed: float = 0.0
    real: Callable[[], float] = time.monotonic
    _since_s: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin now."""
        self._since_s = self.real()

    def now(self) -> datetime:
        """The time in the sandbox."""
        if not self.speed:
            return self.base
        return self.base + timedelta(seconds=(self.real() - self._since_s) * self.speed)

    def move(self, to: datetime) -> None:
        """Set the time; never back."""
        self.base = max(to, self.now())
        self._since_s = self.real()

    def run(self, speed: float) -> None:
        """Let the time run on at another speed."""
        self.move(self.now())
        self.speed = speed


@dataclass
class Agenda:
    """What is going to happen, by time."""

    _due: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    _count: int = 0

    def add(self, at: datetime, do: Callable[[datetime], None]) -> None:
        """Have something happen at a time; it is told that time."""
        self._count += 1
        heapq.heappush(self._due, (at, self._count, do))

    def next_at(self) -> datetime | None:
        """When the next thing happens."""
        return self._due[0][0] if self._due else None

    def happen(self, until: datetime) -> int:
        """Let everything happen that is due, also what follows from it; how much it was."""
        steps = 0
        while self._due and self._due[0][0] <= until and steps < STEPS_MAX:
            at, _, do = heapq.heappop(self._due)
            do(at)
            steps += 1
        return steps

    def __len__(self) -> int:
        return len(self._due)
