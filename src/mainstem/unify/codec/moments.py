"""Dates and times: which texts are plain ISO, how the server prints them, what else is readable.

Plain means that the moment is the same and nothing but the notation differs from what PostgreSQL
prints: `T` for the space, any offset, no seconds, a date alone (its midnight), zeros at the end of
a fraction; a text without an offset is read as UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Final

from mainstem.unify.codec.value import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Sequence

_DATE_SHAPE: Final = b"0000-00-00"
_SECOND_SHAPES: Final = (b"0000-00-00 00:00:00", b"0000-00-00T00:00:00")
_FRACTION_SHAPES: Final = tuple(s + b"." + b"0" * n for s in _SECOND_SHAPES for n in range(1, 7))
_ZONES: Final = (b"Z", b"+00:00", b"+00")
_NAIVE_SHAPES: Final = frozenset(_SECOND_SHAPES + _FRACTION_SHAPES)
_AWARE_SHAPES: Final = frozenset(
    shape + zone for shape in _SECOND_SHAPES + _FRACTION_SHAPES for zone in _ZONES
)
_DIGITS: Final = bytes.maketrans(b"123456789", b"000000000")
_SECOND_LENGTH: Final = 19
_MICRO_DIGITS: Final = 6

_ZONE: Final = r"[+-](?:0\d|1[0-5])(?::?[0-5]\d)?"  # PostgreSQL takes offsets below 16 hours
_PLAIN: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[ T]([01]\d|2[0-3])(:\d\d)(:\d\d(?:\.(\d{1,6}))?)?"
    rf"(Z|{_ZONE})?)?",
    re.ASCII,
)
_PLAIN_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PLAIN_TIME: Final = re.compile(
    r"([01]\d:[0-5]\d:[0-5]\d|2[0-3]:[0-5]\d:[0-5]\d)(?:\.(\d{1,6}))?", re.ASCII
)
_CLOCK: Final = r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,20}))?)?"
_LENIENT: Final = re.compile(
    r"\s*(\d{4})([-/])(\d{1,2})\2(\d{1,2})"
    rf"(?:(?:[ ]+|[Tt]){_CLOCK}\s*(Z|z|UTC|GMT|{_ZONE})?)?\s*",
    re.ASCII,
)
_LENIENT_TIME: Final = re.compile(rf"\s*{_CLOCK}\s*", re.ASCII)


def dates_as_printed(texts: Sequence[str]) -> Sequence[str] | None:
    """The texts themselves when all are plain dates, else None."""
    return texts if _shared_shape(texts) == _DATE_SHAPE and _all_dates(texts) else None


def timestamps_as_printed(texts: Sequence[str], *, has_zone: bool) -> Sequence[str] | None:
    """A whole column in the server's notation, when all texts have one plain shape, else None."""
    shape = _shared_shape(texts)
    if shape not in _NAIVE_SHAPES and not (has_zone and shape in _AWARE_SHAPES):
        return None
    joined = SEPARATOR.join(texts)
    if "T24:" in joined or " 24:" in joined or not _all_moments(texts):
        return None
    if "T" in joined:
        joined = joined.replace("T", " ")
    offset = shape[_SECOND_LENGTH:].lstrip(b".0").decode()
    if joined.count(offset) < len(texts):
        return None  # offsets other than zero
    zone = "+00" if has_zone else ""
    if shape.find(b".") < 0:
        naive = len(shape) == _SECOND_LENGTH
        if zone and naive:
            return (joined.replace(SEPARATOR, zone + SEPARATOR) + zone).split(SEPARATOR)
        tail = shape[_SECOND_LENGTH:].decode()
        return joined.replace(tail, zone).split(SEPARATOR) if tail else joined.split(SEPARATOR)
    end = _SECOND_LENGTH + 1 + shape[_SECOND_LENGTH + 1 :].rstrip(b"Z").split(b"+")[0].count(b"0")
    return [text[:end].rstrip("0").rstrip(".") + zone for text in joined.split(SEPARATOR)]


def print_timestamp(text: str, *, has_zone: bool) -> str | None:
    """One plain text in the server's notation, or None when it is not plain or not a moment."""
    match = _PLAIN.fullmatch(text)
    if match is None or (match[6] and not has_zone):
        return None
    day, hour, minute, second, fraction, zone = match.groups()
    seconds = (second or ":00")[:3]
    whole = f"{day} {hour or '00'}{minute or ':00'}{seconds}"
    try:
        moment = datetime.fromisoformat(whole)
    except ValueError:
        return None
    offset = _offset(zone)
    if offset:
        try:
            whole = str(moment - offset)
        except OverflowError:
            return None
    digits = (fraction or "").rstrip("0")
    return f"{whole}{'.' if digits else ''}{digits}{'+00' if has_zone else ''}"


def print_moment(moment: date | time, *, has_zone: bool) -> str | None:
    """A Python date, time or datetime in the server's notation; None when out of range."""
    if not isinstance(moment, datetime):
        text = moment.isoformat()
    else:
        if has_zone:
            try:
                moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
            except OverflowError:
                return None
        text = moment.replace(tzinfo=None).isoformat(sep=" ")
    whole, dot, fraction = text.partition(".")
    return whole + (dot + fraction).rstrip("0").rstrip(".") + ("+00" if has_zone else "")


def print_date(text: str) -> str | None:
    """The text when it is a plain, existing date, else None."""
    return text if _PLAIN_DATE.fullmatch(text) and _all_dates([text]) else None


def print_time(text: str) -> str | None:
    """A plain time of day in the server's notation, else None."""
    match = _PLAIN_TIME.fullmatch(text)
    if match is None:
        return None
    fraction = (match[2] or "").rstrip("0")
    return f"{match[1]}{'.' if fraction else ''}{fraction}"


def read_lenient(text: str, base: str) -> date | time | None:
    """Read a date or time in another unambiguous notation, for the type `base`.

    Year first, `-` or `/`, one-digit months, hours without seconds, any offset, long fractions.
    None when it cannot be read, or when a `date` would lose a time of day.
    """
    if base == "time":
        match = _LENIENT_TIME.fullmatch(text)
        return _clock(*match.groups()) if match else None
    match = _LENIENT.fullmatch(text)
    if match is None:
        return None
    year, _, month, day, *clock, zone = match.groups()
    of_day = _clock(*clock) if clock[0] else time()
    if of_day is None:
        return None
    try:
        day_date = date(int(year), int(month), int(day))
    except ValueError:
        return None
    if base == "date":
        return day_date if of_day == time() and _offset(zone) in {None, timedelta()} else None
    return _at(datetime.combine(day_date, of_day), zone, base)


def _at(moment: datetime, zone: str | None, base: str) -> datetime | None:
    offset = _offset(zone)
    if offset is not None:
        try:
            moment = moment.replace(tzinfo=timezone(offset)).astimezone(UTC)
        except (OverflowError, ValueError):
            return None
    return moment.replace(tzinfo=UTC if base == "timestamptz" else None)


def _offset(zone: str | None) -> timedelta | None:
    if zone is None:
        return None
    if not zone.startswith(("+", "-")):
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    size = timedelta(hours=hours, minutes=minutes)
    return -size if zone[0] == "-" else size


def _clock(hour: str, minute: str, second: str | None, fraction: str | None) -> time | None:
    micros = int((fraction or "0")[:_MICRO_DIGITS].ljust(_MICRO_DIGITS, "0"))
    try:
        return time(int(hour), int(minute), int(second or 0), micros)
    except ValueError:
        return None


def _shared_shape(texts: Sequence[str]) -> bytes:
    """The one shape (digits as 0) that all texts have, else an empty one."""
    joined = SEPARATOR.join(texts)
    if not joined.isascii():
        return b""
    shapes = joined.encode().translate(_DIGITS)
    shape = shapes[: len(texts[0])]
    separator = SEPARATOR.encode()
    return shape if shapes + separator == (shape + separator) * len(texts) else b""


def _all_dates(texts: Sequence[str]) -> bool:
    try:
        list(map(date.fromisoformat, texts))
    except ValueError:
        return False
    return True


def _all_moments(texts: Sequence[str]) -> bool:
    try:
        list(map(datetime.fromisoformat, texts))
    except ValueError:
        return False
    return True
