"""An account's working hours, where it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from secrets import SystemRandom
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

WEEKDAYS = 7
#: what waited for the morning does not all begin at the stroke of the hour
MORNING = timedelta(minutes=30)
_DICE = SystemRandom()


@dataclass(frozen=True)
class Hours:
    """From when to when on which days; 1 is Monday. `app.is_awake` says the same in SQL."""

    timezone: str
    days: frozenset[int]
    starts_at: time
    ends_at: time

    def next_awake(self, at: datetime) -> datetime:
        """That moment when it lies within working hours, else one early in the next ones."""
        try:
            own = at.astimezone(ZoneInfo(self.timezone))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return at  # a name that the server alone knows, such as PST: it is asked again
        if not self.days or self._are_now(own):
            return at
        morning = self._opening(own) + _DICE.random() * min(MORNING, self._length)
        return morning.astimezone(at.tzinfo)

    @property
    def _length(self) -> timedelta:
        day = date.min
        return datetime.combine(day, self.ends_at) - datetime.combine(day, self.starts_at)

    def _are_now(self, own: datetime) -> bool:
        return own.isoweekday() in self.days and self.starts_at <= own.time() < self.ends_at

    def _opening(self, own: datetime) -> datetime:
        for ahead in range(WEEKDAYS + 1):
            day = own.date() + timedelta(days=ahead)
            opens = datetime.combine(day, self.starts_at, own.tzinfo)
            if day.isoweekday() in self.days and opens > own:
                return opens
        raise AssertionError("a week has every day")


def hours_of(row: Mapping[str, Any]) -> Hours:
    """The working hours in a row that has an account's columns."""
    return Hours(
        row["timezone"], frozenset(row["work_days"]), row["work_starts_at"], row["work_ends_at"]
    )
