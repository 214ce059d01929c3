"""How often a post's comments are read: new posts often, old ones rarely, never on the clock."""

from __future__ import annotations

from datetime import timedelta
from secrets import SystemRandom
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

#: up to which age, how long between two looks; about 70 reads in a post's first day
PACE = (
    (timedelta(hours=2), timedelta(minutes=6)),
    (timedelta(hours=8), timedelta(minutes=15)),
    (timedelta(days=1), timedelta(minutes=40)),
    (timedelta(days=3), timedelta(minutes=120)),
    (timedelta(days=7), timedelta(hours=5)),
    (timedelta(days=30), timedelta(hours=20)),
)
STOP_AFTER = timedelta(days=30)
JITTER = 0.25
#: with fewer reads than this left today, an account looks less often
COMFORT_READS = 30
STRETCH_MAX = 10
RECONCILE_EVERY = timedelta(days=1)
ERROR_WAIT = timedelta(minutes=15)
ERROR_WAIT_MAX = timedelta(hours=6)
_DICE = SystemRandom()


def next_look(at: datetime, *, published_at: datetime, reads_left: int) -> datetime | None:
    """Return when to read again; None when the post is too old to be read at all."""
    age = at - published_at
    for until, interval in PACE:
        if age < until:
            stretch = min(STRETCH_MAX, max(1.0, COMFORT_READS / max(1, reads_left)))
            return at + interval * stretch * _DICE.uniform(1 - JITTER, 1 + JITTER)
    return None


def after_error(at: datetime, errors: int) -> datetime:
    """Return when to try again after the n-th error in a row."""
    doubled = ERROR_WAIT * float(2 ** min(errors - 1, 10))
    wait = min(ERROR_WAIT_MAX, doubled)
    return at + wait * _DICE.uniform(1 - JITTER, 1 + JITTER)
