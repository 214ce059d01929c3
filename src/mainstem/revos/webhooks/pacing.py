"""When a delivery is tried again, and when an endpoint is left in peace."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime, timedelta
from secrets import SystemRandom

#: before each attempt, counted from the one before; Standard Webhooks recommends these
DELAYS_S = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
ATTEMPTS_MAX = len(DELAYS_S)
#: a delay is lengthened by up to that part of it, so that what failed together comes apart
JITTER = 0.1
RETRY_AFTER_MAX_S = 86_400.0
#: after so many failures in a row an endpoint is spared: first so long, then twice as long
FAILURES_OPEN = 5
SPARED_S = 60.0
SPARED_MAX_S = 3_600.0
#: an endpoint that failed for so long without a success is disabled
DISABLED_AFTER = timedelta(days=5)
_DICE = SystemRandom()


def delay_s(attempt: int, *, retry_after_s: float | None = None) -> float:
    """Return how long to wait after the n-th attempt; what the endpoint asks for is honoured.

    Args:
        attempt: how many were made, from 1 to one less than ATTEMPTS_MAX.
        retry_after_s: what the endpoint asked for.
    """
    planned = DELAYS_S[min(attempt, ATTEMPTS_MAX - 1)]
    asked = min(retry_after_s or 0.0, RETRY_AFTER_MAX_S)
    return max(planned, asked) * _DICE.uniform(1.0, 1.0 + JITTER)


def spared_s(failures: int) -> float:
    """Return how long an endpoint is left in peace after so many failures in a row; 0 is not."""
    if failures < FAILURES_OPEN:
        return 0.0
    return float(min(SPARED_MAX_S, SPARED_S * 2 ** min(failures - FAILURES_OPEN, 10)))


def come_again_s(wait_s: float) -> float:
    """Return when to look again at an endpoint that is spared for so long."""
    return max(1.0, wait_s) * _DICE.uniform(1.0, 1.0 + JITTER) + _DICE.uniform(0.0, 2.0)


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Read a Retry-After header: seconds, or a date (RFC 9110, 10.2.3); None for anything else."""
    if value is None:
        return None
    value = value.strip()[:64]
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        when = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())
