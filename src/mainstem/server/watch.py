"""One look at the database at a time, shared by all who ask within a second."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.server.health import look

if TYPE_CHECKING:
    from collections.abc import Callable

    from mainstem.server.model import Health, UnifyRun

#: how old an answer may be: many who ask cost the database one connection a second
FRESH_S = 1.0


@dataclass(frozen=True)
class Sight:
    """What was seen, and when on the monotonic clock."""

    health: Health
    run: UnifyRun | None
    at_s: float


class Watch:
    """Remembers the last look for a second."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._lock = threading.Lock()
        self._last: Sight | None = None

    def see(self) -> Sight:
        """The state of the database, at most a second old; blocks for about six seconds at most."""
        asked_s = self._clock()
        with self._lock:
            last = self._last
            if last is None or last.at_s < asked_s - FRESH_S:
                last = Sight(*look(self._url), at_s=self._clock())
                self._last = last
            return last
