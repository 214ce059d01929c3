"""How the legacy app spells moments and codes, made by table look-up so that millions are quick."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

DAY_S = 86_400
#: The first and the last second that a sample speaks of: nothing depends on today's date.
EPOCH_FIRST = int(datetime(2024, 9, 1, tzinfo=UTC).timestamp())
EPOCH_LAST = int(datetime(2025, 11, 6, tzinfo=UTC).timestamp())

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_CODE_BITS = 50
_CODE_MASK = (1 << _CODE_BITS) - 1
_ODD = 0x2545F4914F6CD  # odd: the product runs through every residue, so codes never repeat
_FIRST_DAY = datetime.fromtimestamp(EPOCH_FIRST, UTC).date()
_DAYS = tuple(
    f"{_FIRST_DAY + timedelta(days=day)} "
    for day in range((EPOCH_LAST - EPOCH_FIRST) // DAY_S + 400)
)
_TIMES = tuple(
    f"{hour:02}:{minute:02}:{second:02}"
    for hour in range(24)
    for minute in range(60)
    for second in range(60)
)


def moment(epoch_s: int) -> str:
    """What SQLite's datetime() says for that second: `2025-01-31 09:30:00`."""
    day, second = divmod(epoch_s - EPOCH_FIRST, DAY_S)
    return _DAYS[day] + _TIMES[second]


def code(number: int, salt: int = 0) -> str:
    """Ten letters and digits that look random and differ for every number below 2**50."""
    mixed = (number * _ODD + salt * 0x9E3779B97F4A7) & _CODE_MASK
    mixed = (mixed ^ (mixed >> 25)) * _ODD & _CODE_MASK
    return (
        _PAIRS[mixed >> 40]
        + _PAIRS[mixed >> 30 & 1023]
        + _PAIRS[mixed >> 20 & 1023]
        + _PAIRS[mixed >> 10 & 1023]
        + _PAIRS[mixed & 1023]
    )
