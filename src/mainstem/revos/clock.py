"""What time it is for RevOS. A rehearsal against the sandbox lets it go faster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Clock:
    """A clock that goes `speed` times as fast as the machine's since `starts_at`.

    Attributes:
        starts_at: when both showed the same; None is the machine's own time at its own speed.
        speed: seconds of this clock in a second of the machine's.
    """

    starts_at: datetime | None = None
    speed: float = 1.0

    def now(self) -> datetime:
        """The time, in UTC."""
        real = datetime.now(UTC)
        if self.starts_at is None:
            return real
        return self.starts_at + (real - self.starts_at) * self.speed

    def real_s(self, wait: timedelta) -> float:
        """How many seconds of the machine's own time a wait takes."""
        return wait.total_seconds() / self.speed


REAL = Clock()
