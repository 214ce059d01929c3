"""Faults on demand: which calls fail, how, and how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SLOW_S_MAX = 120.0
KNOBS_MAX = 1_000


class FaultKind(StrEnum):
    """How a call fails.

    Attributes:
        THROTTLED: 429, nothing done.
        PROVIDER_ERROR: 500, nothing done.
        UNAVAILABLE: 503, nothing done.
        TIMEOUT_BEFORE: 504, nothing done.
        TIMEOUT_AFTER: 504, although it was done.
        LOST_BEFORE: the connection ends without an answer, nothing done.
        LOST_AFTER: the connection ends without an answer, although it was done.
        MALFORMED: it was done, but the answer is half of one.
        UNKNOWN_SLUG: 422 with a word that nobody knows, nothing done.
        SLOW: it is done and answered, after `delay_s` real seconds.
    """

    THROTTLED = "throttled"
    PROVIDER_ERROR = "provider_error"
    UNAVAILABLE = "unavailable"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    LOST_BEFORE = "lost_before"
    LOST_AFTER = "lost_after"
    MALFORMED = "malformed"
    UNKNOWN_SLUG = "unknown_slug"
    SLOW = "slow"


#: the answers of faults before anything is done
SLUGS = {
    FaultKind.THROTTLED: "too_many_requests",
    FaultKind.PROVIDER_ERROR: "provider_error",
    FaultKind.UNAVAILABLE: "service_unavailable",
    FaultKind.TIMEOUT_BEFORE: "request_timeout",
    FaultKind.UNKNOWN_SLUG: "sandbox_made_this_up",
}


@dataclass
class Knob:
    """A fault that is turned on.

    Attributes:
        kind: how calls fail.
        account: whose calls; None is everybody's.
        route: which ones, by name; None is all.
        share: how many of them.
        count: how many more times; None is without end.
        delay_s: of SLOW, how many real seconds.
        id: its number.
    """

    kind: FaultKind
    account: str | None = None
    route: str | None = None
    share: float = 1.0
    count: int | None = None
    delay_s: float = 1.0
    id: int = 0


@dataclass
class Faults:
    """All that is turned on; the first that fits decides."""

    seed: int
    knobs: list[Knob] = field(default_factory=list)
    _chance: Random = field(init=False)
    _made: int = 0

    def __post_init__(self) -> None:
        """Its chance is its own."""
        self._chance = Random(f"{self.seed}:faults")

    def turn_on(self, knob: Knob) -> Knob:
        """Turn a fault on."""
        self._made += 1
        knob.id = self._made
        self.knobs = [*self.knobs[-KNOBS_MAX + 1 :], knob]
        return knob

    def turn_off(self, ids: Iterable[int] | None = None) -> None:
        """Turn faults off; None is all."""
        gone = None if ids is None else set(ids)
        self.knobs = [] if gone is None else [knob for knob in self.knobs if knob.id not in gone]

    def strike(self, account: set[str], route: str) -> Knob | None:
        """The fault of this call, if it has one."""
        for knob in self.knobs:
            if knob.account is not None and knob.account not in account:
                continue
            if knob.route not in {None, route} or self._chance.random() >= knob.share:
                continue
            if knob.count is not None:
                knob.count -= 1
                if knob.count <= 0:
                    self.knobs.remove(knob)
            return knob
        return None
