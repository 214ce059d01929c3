"""The named conversion rules: what a value may become when its type does not fit.

Each rule is a pure function `(value, type) -> new value or NOT_APPLIED`, and its docstring is what
plans and reports print. Every application is a row of the ledger, so nothing changes in silence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Final, TypeAlias
from uuid import UUID

from mainstem.unify.codec.jsontext import write_json
from mainstem.unify.codec.moments import read_lenient
from mainstem.unify.codec.pgtype import PgType
from mainstem.unify.codec.value import BadText


class NotApplied:
    """The rule has nothing to say about the value."""


NOT_APPLIED: Final = NotApplied()

Rule: TypeAlias = Callable[[object, PgType], object]

_WHOLE: Final = re.compile(r"\s*([+-]?[0-9]{1,40})\s*")
_NUMBER: Final = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?\s*")
_NUMBER_LENGTH_MAX: Final = 1000
_WORDS: Final = dict.fromkeys(("yes", "y", "true", "t", "on"), True) | dict.fromkeys(
    ("no", "n", "false", "f", "off"), False
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_MIN_S: Final = 631_152_000  # 1990-01-01
_EPOCH_MAX_S: Final = 4_102_444_800  # 2100-01-01
_UUID_BYTES: Final = 16


def nul_removed(value: object, _: PgType) -> object:
    """NUL characters are removed: PostgreSQL's text cannot hold them."""
    if isinstance(value, str) and "\0" in value:
        return value.replace("\0", "")
    return NOT_APPLIED


def utf8_from_windows_1252(value: object, _: PgType) -> object:
    """Text that is not UTF-8 is read as Windows-1252."""
    if isinstance(value, BadText):
        try:
            return value.raw.decode("cp1252")
        except UnicodeDecodeError:
            return NOT_APPLIED
    return NOT_APPLIED


def text_from_number(value: object, _: PgType) -> object:
    """A number in a text column becomes its digits."""
    return repr(value) if isinstance(value, int | float) else NOT_APPLIED


def text_from_bytes(value: object, _: PgType) -> object:
    """Bytes in a text column are read as UTF-8, where they are valid UTF-8 without NUL."""
    if isinstance(value, bytes) and b"\0" not in value:
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return NOT_APPLIED
    return NOT_APPLIED


def bytes_from_text(value: object, _: PgType) -> object:
    """Text in a bytea column becomes its UTF-8 bytes."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return value.raw if isinstance(value, BadText) else NOT_APPLIED


def epoch_seconds(value: object, type_: PgType) -> object:
    """A number of seconds since 1970 becomes a date or time (UTC), between 1990 and 2100."""
    return _from_epoch(value, type_, units_per_s=1)


def epoch_milliseconds(value: object, type_: PgType) -> object:
    """A number of milliseconds since 1970 becomes a date or time (UTC), between 1990 and 2100."""
    return _from_epoch(value, type_, units_per_s=1000)


def yes_no(value: object, _: PgType) -> object:
    """yes/no, y/n, true/false, t/f, on/off in any case become a boolean."""
    if isinstance(value, str):
        return _WORDS.get(value.strip().lower(), NOT_APPLIED)
    return NOT_APPLIED


def integer_from_text(value: object, _: PgType) -> object:
    """A whole number written as text becomes a number."""
    match = _WHOLE.fullmatch(value) if isinstance(value, str) and value.isascii() else None
    return int(match[1]) if match else NOT_APPLIED


def integer_from_real(value: object, _: PgType) -> object:
    """A floating-point number without a fraction becomes a whole number."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return NOT_APPLIED


def number_from_text(value: object, type_: PgType) -> object:
    """A number written as text becomes a number, where no digit is lost."""
    if not isinstance(value, str) or len(value) > _NUMBER_LENGTH_MAX or not value.isascii():
        return NOT_APPLIED
    if not _NUMBER.fullmatch(value):
        return NOT_APPLIED
    number = Decimal(value.strip())
    if type_.base == "numeric":
        return number
    as_float = float(number)
    if math.isinf(as_float) or Decimal(repr(as_float)) != number:
        return NOT_APPLIED
    return as_float


def negative_zero(value: object, _: PgType) -> object:
    """Negative zero becomes zero: PostgreSQL's numeric has only one."""
    if isinstance(value, float | Decimal) and value == 0 and str(value).startswith("-"):
        return 0
    return NOT_APPLIED


def blank_to_null(value: object, _: PgType) -> object:
    """An empty or blank text in a column that is not text becomes NULL."""
    return None if isinstance(value, str) and not value.strip() else NOT_APPLIED


def rounded_to_scale(value: object, type_: PgType) -> object:
    """A number with more decimals than its column has is rounded, half to even."""
    if not isinstance(value, float | Decimal) or type_.scale is None or not math.isfinite(value):
        return NOT_APPLIED
    number = Decimal(repr(value)) if isinstance(value, float) else value
    with localcontext() as context:
        context.prec = 2000
        return number.quantize(Decimal(1).scaleb(-type_.scale), ROUND_HALF_EVEN)


def json_duplicate_key(value: object, _: PgType) -> object:
    """In a JSON object that names a key twice the last value stays, as jsonb does it."""
    if not isinstance(value, str):
        return NOT_APPLIED
    try:
        return write_json(value)
    except ValueError:
        return NOT_APPLIED


def datetime_normalised(value: object, type_: PgType) -> object:
    """A date or time in another notation becomes ISO, in UTC, to the microsecond."""
    return _or_not_applied(read_lenient(value, type_.base) if isinstance(value, str) else None)


def uuid_normalised(value: object, _: PgType) -> object:
    """A UUID in capitals, braces, without hyphens, or as 16 bytes takes its usual form."""
    if isinstance(value, bytes) and len(value) == _UUID_BYTES:
        return str(UUID(bytes=value))
    if isinstance(value, str) and value.isascii():
        digits = value.strip().strip("{}").replace("-", "").lower()
        if re.fullmatch("[0-9a-f]{32}", digits):
            return str(UUID(hex=digits))
    return NOT_APPLIED


def _from_epoch(value: object, type_: PgType, *, units_per_s: int) -> object:
    if isinstance(value, str):
        value = number_from_text(value, PgType("numeric"))
    if not isinstance(value, int | float | Decimal):
        return NOT_APPLIED
    if not _EPOCH_MIN_S * units_per_s <= value <= _EPOCH_MAX_S * units_per_s:
        return NOT_APPLIED
    micros = round(Decimal(value) * 1_000_000 / units_per_s)
    moment = _EPOCH + timedelta(microseconds=micros)
    if type_.base == "date":
        return date(moment.year, moment.month, moment.day)
    return moment if type_.base == "timestamptz" else moment.replace(tzinfo=None)


def _or_not_applied(value: object) -> object:
    return NOT_APPLIED if value is None else value


#: Every rule by its name, the name that plans, ledgers and reports use.
RULES: Final[dict[str, Rule]] = {
    rule.__name__.replace("_", "-"): rule
    for rule in (
        nul_removed,
        utf8_from_windows_1252,
        text_from_number,
        text_from_bytes,
        bytes_from_text,
        epoch_seconds,
        epoch_milliseconds,
        yes_no,
        integer_from_text,
        integer_from_real,
        number_from_text,
        negative_zero,
        blank_to_null,
        rounded_to_scale,
        json_duplicate_key,
        datetime_normalised,
        uuid_normalised,
    )
}

_INTEGER: Final = ("integer-from-real", "integer-from-text")
_FLOAT: Final = ("number-from-text",)
_TEXT: Final = ("nul-removed", "text-from-number", "text-from-bytes")
_MOMENT: Final = ("epoch-seconds", "epoch-milliseconds", "datetime-normalised")

#: The rules that are on unless a plan says otherwise: all of them lose nothing that the ledger
#: does not keep. The others (utf8-from-windows-1252, blank-to-null, rounded-to-scale) guess.
DEFAULT_RULES: Final[dict[str, tuple[str, ...]]] = {
    "bigint": _INTEGER,
    "integer": _INTEGER,
    "smallint": _INTEGER,
    "boolean": ("yes-no", *_INTEGER),
    "text": _TEXT,
    "varchar": _TEXT,
    "numeric": ("number-from-text", "negative-zero"),
    "double precision": _FLOAT,
    "real": _FLOAT,
    "date": _MOMENT,
    "time": ("datetime-normalised",),
    "timestamp": _MOMENT,
    "timestamptz": _MOMENT,
    "jsonb": ("json-duplicate-key",),
    "uuid": ("uuid-normalised",),
    "bytea": ("bytes-from-text",),
}


def rule_text(name: str) -> str:
    """What a rule does, in a sentence, for plans and reports."""
    return " ".join((RULES[name].__doc__ or "").split())
