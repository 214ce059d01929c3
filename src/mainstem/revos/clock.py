"""What time it is for RevOS. A rehearsal against the sandbox lets it go faster."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "MAINSTEM_REVOS_CLOCK"


@dataclass(frozen=True)
class Clock:
    """A clock that showed `shows` when the machine's showed `real_at`, and goes at its own speed.

    Attributes:
        real_at, shows: a moment by both clocks; None is the machine's own time.
        speed: seconds of this clock in a second of the machine's.
    """

    real_at: datetime | None = None
    shows: datetime | None = None
    speed: float = 1.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Clock:
        """Read MAINSTEM_REVOS_CLOCK: `REAL SHOWN SPEED`, two times with their offsets and a number.

        Raises:
            ConfigError: it is none of that.
        """
        text = environment.get(VARIABLE, "").strip()
        if not text:
            return REAL
        try:
            real_at, shows, speed = text.split()
            made = cls(datetime.fromisoformat(real_at), datetime.fromisoformat(shows), float(speed))
            made.now()
        except (ValueError, TypeError):
            raise ConfigError(
                f"{VARIABLE} is {text[:80]!r}; write two times and a speed, such as "
                "2026-01-05T08:00:00+00:00 2026-01-05T08:00:00+00:00 60, or leave it out"
            ) from None
        return made

    def now(self) -> datetime:
        """The time, in UTC."""
        real = datetime.now(UTC)
        if self.real_at is None or self.shows is None:
            return real
        return self.shows + (real - self.real_at) * self.speed

    def real_s(self, wait: timedelta) -> float:
        """How many seconds of the machine's own time a wait takes."""
        return wait.total_seconds() / self.speed


REAL = Clock()
