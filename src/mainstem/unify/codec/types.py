"""One codec for each PostgreSQL type: how a fitting value is written, and compared."""

from __future__ import annotations

import math
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from mainstem.errors import ConfigError
from mainstem.unify.codec import floats, jsontext, moments
from mainstem.unify.codec.codec import AllBut, Canonical, Codec, OneEncoder, WholeEncoder
from mainstem.unify.codec.pgtype import PgType, parse_type
from mainstem.unify.codec.rules import DEFAULT_RULES, RULES
from mainstem.unify.codec.value import (
    NULL,
    SEPARATOR,
    BadText,
    escape,
    escape_all,
    unescape,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

_INTEGER_BITS: Final = {"smallint": 16, "integer": 32, "bigint": 64}
_SAFE_DIGITS: Final = 15  # decimal digits that a double always keeps
_NUMERIC_DIGITS_MAX: Final = 131_072  # before the decimal point; PostgreSQL, "Numeric Types"
_NUMERIC_SCALE_MAX: Final = 16_383
_JSON_LENGTH_MAX: Final = 16 * 2**20  # parsed, it takes up to thirty times the memory
_JSONS_MIN: Final = 4  # so few are read one by one
_UUID_SHAPE: Final = b"00000000-0000-0000-0000-000000000000"
_HEX: Final = bytes.maketrans(b"123456789abcdef", b"0" * 15)


def codec_for(type_name: str, rules: Iterable[str] | None = None) -> Codec:
    """The codec for a PostgreSQL type such as `numeric(12,2)`.

    `rules` are names out of RULES, applied in this order; without them the type's defaults.
    Raises ConfigError for a type or a rule that does not exist.
    """
    pg_type = parse_type(type_name)
    build = _BUILDERS.get(pg_type.base)
    if build is None:
        known = ", ".join(sorted(_BUILDERS))
        raise ConfigError(f'no conversion to the type "{type_name}"; there are: {known}')
    names = DEFAULT_RULES[pg_type.base] if rules is None else tuple(rules)
    unknown = [name for name in names if name not in RULES]
    if unknown:
        raise ConfigError(f'there is no rule "{unknown[0]}"; there are: {", ".join(RULES)}')
    return build(type_name, pg_type, names)


def _codec(
    type_name: str,
    pg_type: PgType,
    rules: tuple[str, ...],
    *,
    whole: WholeEncoder,
    one: OneEncoder,
    canonical: Canonical | None = None,
    server_is_canonical: bool = True,
) -> Codec:
    return Codec(
        type_name, pg_type, rules, server_is_canonical, whole, one, canonical or _as_they_are
    )


def _as_they_are(texts: Sequence[str]) -> Sequence[Hashable]:
    return texts


def _misfit(value: object, type_name: str) -> ValueError:
    """The reason for quarantine: names the kind of the value, never the value."""
    if isinstance(value, BadText):
        return ValueError("text that is not UTF-8")
    kind = "a value"
    if isinstance(value, str):
        kind = "text" if value.strip() else "an empty text"
    elif isinstance(value, bytes):
        kind = "bytes"
    elif isinstance(value, float):
        kind = "a floating-point number"
    elif isinstance(value, int):
        kind = "a whole number"
    return ValueError(f"{kind} that cannot be read as {type_name}")


# Whole numbers and booleans


def _integer(type_name: str, pg_type: PgType, rules: tuple[str, ...]) -> Codec:
    limit = 2 ** (_INTEGER_BITS[pg_type.base] - 1)

    def whole(values: Sequence[object], kind: type) -> Sequence[str] | None:
        numbers = cast("Sequence[int]", values)
        if kind is not int or min(numbers) < -limit or max(numbers) >= limit:
            return None
        return floats.as_texts(numbers)

    def one(value: object) -> str:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _misfit(value, type_name)
        if not -limit <= value < limit:
            raise ValueError(f"a whole number out of the range of {type_name}")
        return str(value)

    return _codec(type_name, pg_type, rules, whole=whole, one=one)


def _boolean(type_name: str, pg_type: PgType, rules: tuple[str, ...]) -> Codec:
    def whole(values: Sequence[object], kind: type) -> Sequence[str] | None:
        if kind is not int or not {0, 1}.issuperset(cast("Sequence[int]", values)):
            return None
        return ["t" if value else "f" for value in values]

    def one(value: object) -> str:
        if not isinstance(value, int) or value not in {0, 1}:
            raise _misfit(value, type_name)
        return "t" if value else "f"

    return _codec(type_name, pg_type, rules, whole=whole, one=one)


# Numbers with a fraction


def _double(type_name: str, pg_type: PgType, rules: tuple[str, ...]) -> Codec:
    return _codec(
        type_name,
        pg_type,
        rules,
        whole=floats.doubles_as_printed,
        one=lambda value: floats.print_double(_exact_float(value, type_name)),
        canonical=floats.canonical_doubles,
        server_is_canonical=False,
    )


def _real(type_name: str, pg_type: PgType, rules: tuple[str, ...]) -> Codec:
    def one(value: object) -> str:
        number = _exact_float(value, type_name)
        if not floats.is_single(number):
            raise ValueError("a number that real cannot hold exactly")
        return repr(number)

    return _codec(
        type_name,
        pg_type,
        rules,
        whole=lambda _values, _kind: None,
        one=one,
        canonical=floats.canonical_singles,
        server_is_canonical=False,
    )


def _exact_float(value: object, type_name: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _misfit(value, type_name)
    number = float(value)
    if number != value and not math.isnan(number):
        raise ValueError(f"a whole number that {type_name} cannot hold exactly")
    return number


def _numeric(type_name: str, pg_type: PgType, rules: tuple[str, ...]) -> Codec:
    scale = pg_type.scale
    if pg_type.length is None or scale is None:
        return _codec(
            type_name,
            pg_type,
            rules,
            whole=_free_numerics,
            one=partial(_numeric_one, type_name=type_name),
            canonical=_trimmed,
            server_is_canonical=False,
        )
    digits = pg_type.length - scale
    negative_zero = f"{-0.0:.{scale}f}"
    fast_limit = min(10**digits, 10 ** (_SAFE_DIGITS - scale)) if scale < _SAFE_DIGITS else 0

    def whole(values: Sequence[object], kind: type) -> Sequence[str] | None:
        numbers = cast("Sequence[float]", values)
        if kind not in {int, float} or min(numbers) <= -fast_limit or max(numbers) >= fast_limit:
            return None
        texts = list(map(f"%.{scale}f".__mod__, numbers))
        if kind is float and (list(map(float, texts)) != list(numbers) or negative_zero in texts):
            return None
        return texts

    def one(value: object) -> str:
        number = _decimal(value, type_name)
        if not number.is_finite() or (number != 0 and number.adjusted() >= digits):
            raise ValueError(f"a number out of the range of {type_name}")
        text = jsontext.print_decimal(number)
        integral, _, fraction = text.partition(".")
        fraction = fraction.rstrip("0")
        if len(fraction) > scale:
            raise ValueError(f"a number with more decimals than {type_name} has")
        return f"{integral}.{fraction.ljust(scale, '0')}" if scale else integral

    return _codec(type_name, pg_type, rules, whole=whole, one=one)


def _free_numerics(values: Sequence[object], kind: type) -> Sequence[str] | None:
    if kind not in {int, float}:
        return None
    texts = floats.as_texts(cast("Sequence[float]", values))
    joined = SEPARATOR.join(texts)
    return None if "e" in joined or "n" in joined or "-0.0" in texts else texts


def _numeric_one(value: object, *, type_name: str) -> str:
    number = _decimal(value, type_name)
    if not number.is_finite():
        return {"Infinity": "Infinity", "-Infinity": "-Infinity"}.get(str(number), "NaN")
    exponent = number.as_tuple().exponent
    too_small = isinstance(exponent, int) and exponent < -_NUMERIC_SCALE_MAX
    if too_small or (number != 0 and number.adjusted() >= _NUMERIC_DIGITS_MAX):
        raise ValueError(f"a number out of the range of {type_name}")
    return jsontext.print_decimal(number)


def _decimal(value: object, type_name: str) -> Decimal:
    """The exact number meant; a double means its shortest decimal, as SQLite's readers see it."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _misfit(value, type_name)
    if value == 0 and str(value).startswith("-"):
        raise ValueError(f"a negative zero, which {type_name} does not know")
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def _trimmed(texts: Sequence[str]) -> Sequence[Hashable]:
    """Without zeros at the end of a fraction: 1.50 and 1.5 are one number."""
    return [text.rstrip("0").rstrip(".") if "." in text else text for text in texts]


# Text, bytes, identifiers, JSON


def _text(type_name: str, pg_type: PgType, rules: tuple[str, ...]) -> Codec:
    length_max = pg_type.length

    def whole(values: Sequence[object], kind: type) -> Sequence[str] | None:
        if kind is not str:
            return None
        texts = cast("Sequence[str]", values)
        joined = SEPARATOR.join(texts)
        if "\0" in joined or (not joined.isascii() and not _is_unicode(joined)):
            return None
        if length_max is not None and max(map(len, texts)) > length_max:
            return None
        return escape_all(texts)

    def one(value: object) -> str:
        if not isinstance(value, str):
            raise _misfit(value, type_name)
        if "\0" in value:
            raise ValueError("text with a NUL character")
        if not _is_unicode(value):
            raise ValueError("text with half of a surrogate pair")
        if length_max is not None and len(value) > length_max:
            raise ValueError(f"text longer than {type_name}")
        return escape(value)

    return _codec(type_name, pg_type, rules, whole=whole, one=one)


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _bytea(type_name: str, pg_type: PgType, rules: tuple[str, ...]) -> Codec:
    def whole(values: Sequence[object], kind: type) -> Sequence[str] | None:
        if kind is not bytes:
            return None
        return ["\\\\x" + value.hex() for value in cast("Sequence[bytes]", values)]

    def one(value: object) -> str:
        if not isinstance(value, bytes):
            raise _misfit(value, type_name)
        return "\\\\x" + value.hex()

    return _codec(type_name, pg_type, rules, whole=whole, one=one)


def _uuid(type_name: str, pg_type: PgType, rules: tuple[str, ...]) -> Codec:
    def whole(values: Sequence[object], kind: type) -> Sequence[str] | None:
        if kind is not str:
            return None
        texts = cast("Sequence[str]", values)
        joined = SEPARATOR.join(texts)
        if not joined.isascii():
            return None
        shape = SEPARATOR.encode().join([_UUID_SHAPE] * len(texts))
        return texts if joined.encode().translate(_HEX) == shape else None

    def one(value: object) -> str:
        if not isinstance(value, str) or whole([value], str) is None:
            raise _misfit(value, type_name)
        return value

    return _codec(type_name, pg_type, rules, whole=whole, one=one)


def _jsonb(type_name: str, pg_type: PgType, rules: tuple[str, ...]) -> Codec:
    def one(value: object) -> str:
        if not isinstance(value, str):
            raise _misfit(value, type_name)
        _check_json(value)
        return escape(value)

    def whole(values: Sequence[object], kind: type) -> Sequence[str] | AllBut | None:
        if kind is not str:
            return None
        texts = cast("Sequence[str]", values)
        different = list(set(texts))
        written = dict(zip(different, escape_all(different), strict=True))
        odd = set(_malformed(different))
        if not odd:
            return list(map(written.__getitem__, texts))
        return AllBut(
            [written[text] for text in texts if text not in odd],
            [row for row, text in enumerate(texts) if text in odd],
        )

    return _codec(type_name, pg_type, rules, whole=whole, one=one, canonical=_canonical_json)


def _malformed(texts: Sequence[str]) -> list[str]:
    """Those of many texts that jsonb cannot hold: all are read at once, else each half of them."""
    if jsontext.are_plain_json(texts):
        return []
    if len(texts) > _JSONS_MIN:
        middle = len(texts) // 2
        return [*_malformed(texts[:middle]), *_malformed(texts[middle:])]
    return [text for text in texts if _is_malformed(text)]


def _is_malformed(text: str) -> bool:
    try:
        _check_json(text)
    except ValueError:
        return True
    return False


def _check_json(text: str) -> None:
    if len(text) > _JSON_LENGTH_MAX:
        raise ValueError(f"JSON longer than {_JSON_LENGTH_MAX // 2**20} MiB")
    jsontext.check_json(text)


def _canonical_json(texts: Sequence[str]) -> Sequence[Hashable]:
    printed = {text: _printed_json(text) for text in set(texts)}
    return list(map(printed.__getitem__, texts))


def _printed_json(text: str) -> str:
    plain = unescape(text)
    if plain is None:
        return NULL
    try:
        return escape(jsontext.write_json(plain))
    except jsontext.MalformedJsonError:
        return text


# Dates and times


def _moment(type_name: str, pg_type: PgType, rules: tuple[str, ...]) -> Codec:
    has_zone = pg_type.base == "timestamptz"
    as_printed: Callable[[Sequence[str]], Sequence[str] | None]
    read_plain: Callable[[str], str | None]
    kind_of: type
    if pg_type.base == "date":
        as_printed, read_plain, kind_of = moments.dates_as_printed, moments.print_date, date
    elif pg_type.base == "time":
        as_printed, read_plain, kind_of = _no_shortcut, moments.print_time, time
    else:
        as_printed = partial(moments.timestamps_as_printed, has_zone=has_zone)
        read_plain = partial(moments.print_timestamp, has_zone=has_zone)
        kind_of = datetime

    def whole(values: Sequence[object], kind: type) -> Sequence[str] | None:
        return as_printed(cast("Sequence[str]", values)) if kind is str else None

    def one(value: object) -> str:
        text = None
        if isinstance(value, str):
            text = read_plain(value)
        elif isinstance(value, kind_of) and isinstance(value, date | time):
            text = moments.print_moment(value, has_zone=has_zone)
        if text is None:
            raise _misfit(value, type_name)
        return text

    return _codec(type_name, pg_type, rules, whole=whole, one=one)


def _no_shortcut(_: Sequence[str]) -> None:
    return None


_BUILDERS: Final[dict[str, Callable[[str, PgType, tuple[str, ...]], Codec]]] = {
    "smallint": _integer,
    "integer": _integer,
    "bigint": _integer,
    "boolean": _boolean,
    "double precision": _double,
    "real": _real,
    "numeric": _numeric,
    "text": _text,
    "varchar": _text,
    "bytea": _bytea,
    "uuid": _uuid,
    "jsonb": _jsonb,
    "date": _moment,
    "time": _moment,
    "timestamp": _moment,
    "timestamptz": _moment,
}
