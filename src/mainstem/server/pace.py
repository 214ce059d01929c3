"""How many requests one address, key or person may make: so many at once, then so many a second.

Counted in the memory of each server process by the generic cell rate algorithm, which keeps one
number for each: when the next request would be on time.
"""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KEPT_MAX = 50_000
_RATE = re.compile(r"(\d+(?:\.\d+)?)/(\d+)")


@dataclass(frozen=True)
class Rate:
    """So many a second in the long run, and so many at once."""

    per_s: float
    burst: int


@dataclass(frozen=True)
class Rates:
    """What each may do. An address may be a whole office, or the server of an app."""

    address: Rate = Rate(200, 1_000)
    key: Rate = Rate(500, 2_000)
    account: Rate = Rate(50, 300)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Rates:
        """Read MAINSTEM_RATE_ADDRESS, _KEY and _ACCOUNT, each like `200/1000`.

        Raises:
            ConfigError: one of them is no rate.
        """
        found = {}
        for name in ("address", "key", "account"):
            text = environment.get(f"MAINSTEM_RATE_{name.upper()}", "").strip()
            if text:
                found[name] = _rate(f"MAINSTEM_RATE_{name.upper()}", text)
        return cls(**found)


def _rate(variable: str, text: str) -> Rate:
    match = _RATE.fullmatch(text)
    if match is None or float(match[1]) <= 0 or int(match[2]) < 1:
        raise ConfigError(f"{variable} is no rate: write 200/1000 for 200 a second, 1000 at once")
    return Rate(float(match[1]), int(match[2]))


class Pace:
    """Counts one kind of caller."""

    def __init__(
        self, kind: str, rate: Rate, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._kind = kind
        self._step_s = 1 / rate.per_s
        self._burst_s = rate.burst / rate.per_s
        self._clock = clock
        self._next: dict[object, float] = {}

    def count(self, caller: object) -> None:
        """Count a request.

        Raises:
            RefusedError: it is one too many; 429, with the seconds to wait.
        """
        now = self._clock()
        at = max(self._next.get(caller, now), now) + self._step_s
        if at - now > self._burst_s:
            wait_s = math.ceil(at - now - self._burst_s)
            raise RefusedError(
                "over_request_rate_limit",
                f"Too many requests of this {self._kind}; try again in {wait_s} seconds.",
                status=429,
                retry_after_s=wait_s,
            )
        if caller not in self._next and len(self._next) >= KEPT_MAX:
            self._forget(now)
        self._next[caller] = at

    def _forget(self, now: float) -> None:
        """Whoever is on time needs no number; of a flood of others the oldest give way."""
        late = {caller: at for caller, at in self._next.items() if at > now}
        surplus = len(late) - KEPT_MAX + 1
        for caller in list(late)[: max(surplus, 0)]:
            del late[caller]
        self._next = late


class Paces:
    """One counter for each kind."""

    def __init__(self, rates: Rates, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.address = Pace("address", rates.address, clock=clock)
        self.key = Pace("key", rates.key, clock=clock)
        self.account = Pace("account", rates.account, clock=clock)
