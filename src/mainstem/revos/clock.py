"""What time it is for RevOS. A rehearsal against the sandbox lets it go faster, or in steps."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg
    from psycopg.rows import TupleRow

VARIABLE = "MAINSTEM_REVOS_CLOCK"
#: behind whoever moves a clock by hand and should look then
STANDS_STILL_S = 60.0
_TIME = struct.Struct("<d")


@dataclass(frozen=True)
class Clock:
    """A clock that showed `shows` when the machine's showed `real_at`, and goes at its own speed.

    Attributes:
        real_at, shows: a moment by both clocks; None is the machine's own time.
        speed: seconds of this clock in a second of the machine's.
        hand: a file with the time, which whoever runs a simulation moves on as its workers keep up
            (`set_hand`). The speed then is about that of the simulation: waits are measured by it.
    """

    real_at: datetime | None = None
    shows: datetime | None = None
    speed: float = 1.0
    hand: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Clock:
        """Read MAINSTEM_REVOS_CLOCK: `REAL SHOWN SPEED`, two times with their offsets and a number.

        Or `FILE SPEED`: a clock that somebody moves on by hand.

        Raises:
            ConfigError: it is none of that.
        """
        text = environment.get(VARIABLE, "").strip()
        if not text:
            return REAL
        try:
            *place, speed = text.split()
            if len(place) == 1:
                made = cls(hand=Path(place[0]), speed=float(speed))
            else:
                real_at, shows = map(datetime.fromisoformat, place)
                made = cls(real_at, shows, float(speed))
            made.now()
        except (ValueError, TypeError, OSError, struct.error):
            raise ConfigError(
                f"{VARIABLE} is {text[:80]!r}; write two times and a speed, such as "
                "2026-01-05T08:00:00+00:00 2026-01-05T08:00:00+00:00 60, or leave it out"
            ) from None
        return made

    def now(self) -> datetime:
        """The time, in UTC, by this machine."""
        if self.hand is not None:
            (shown_s,) = _TIME.unpack(self.hand.read_bytes())
            return datetime.fromtimestamp(shown_s, UTC)
        return self._shown(datetime.now(UTC))

    def of(self, connection: psycopg.Connection[TupleRow]) -> datetime:
        """The time, in UTC, by the database: the same for every worker, however its clock goes."""
        if self.hand is not None:
            return self.now()
        row = connection.execute("select clock_timestamp()").fetchone()
        assert row is not None, "a select without a table returns a row"
        real: datetime = row[0]
        return self._shown(real.astimezone(UTC))

    def _shown(self, real: datetime) -> datetime:
        if self.real_at is None or self.shows is None:
            return real
        return self.shows + (real - self.real_at) * self.speed

    def real_s(self, wait: timedelta) -> float:
        """How many seconds of the machine's own time a wait takes."""
        return wait.total_seconds() / self.speed

    def next_look_s(self, every: timedelta) -> float:
        """How many seconds of the machine's until something new may be due.

        While a clock that is moved by hand stands still, nothing is: who moves it looks then.
        """
        return self.real_s(every) if self.hand is None else STANDS_STILL_S


def set_hand(file: Path, at: datetime) -> None:
    """Have the clocks of that file show a time; who reads it meanwhile sees this or the last."""
    found = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(found, _TIME.pack(at.timestamp()), 0)
    finally:
        os.close(found)


REAL = Clock()
