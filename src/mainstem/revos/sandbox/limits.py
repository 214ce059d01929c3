"""LinkedIn's daily limits per account and route, as the provider's guide has them."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

from mainstem.revos.sandbox.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from mainstem.revos.sandbox.model import Account

#: calls a day; all routes that are not named have ROUTE_CAP each
CAPS = {"profile": 100, "invite": 100, "relations": 48, "invitations": 48}
ROUTE_CAP = 100
DAY = timedelta(days=1)
KEPT = timedelta(days=7)


def count_call(account: Account, route: str, now: datetime, *, factor: float) -> None:
    """Count a call that reaches LinkedIn.

    Raises:
        Refusal: the last 24 hours hold too many.
    """
    calls = account.calls.setdefault(route, deque())
    while calls and calls[0] <= now - KEPT:
        calls.popleft()
    if factor:
        cap = int(CAPS.get(route, ROUTE_CAP) * factor)
        if _within_day(calls, now) >= cap:
            raise Refusal("too_many_requests", f"{cap} {route} calls in 24 hours")
    calls.append(now)


def used_today(account: Account, now: datetime) -> dict[str, int]:
    """How many calls of each route the last 24 hours hold."""
    return {route: _within_day(calls, now) for route, calls in account.calls.items()}


def _within_day(calls: deque[datetime], now: datetime) -> int:
    count = 0
    for at in reversed(calls):
        if at <= now - DAY:
            break
        count += 1
    return count
