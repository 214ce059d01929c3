"""JSON texts: strict reading, and writing as PostgreSQL's jsonb prints them.

jsonb keeps one value for each key (the last), orders keys by their length in bytes and then by
their bytes, and keeps numbers as numeric (PostgreSQL documentation, "JSON Types").
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXPONENT_MAX: Final = 16_000
_DEPTH_MAX: Final = 500
_SHORT: Final = 2 * _DEPTH_MAX  # too short to nest deeper
_FENCE: Final = "\N{DELETE}"  # can only be written as itself, or as a number below 256
_FENCED: Final = f',"{_FENCE}",'
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
JsonValue: TypeAlias = (
    "dict[str, JsonValue] | list[JsonValue] | str | int | float | Decimal | bool | None"
)


class MalformedJsonError(ValueError):
    """The text is not JSON that jsonb can hold; the message says why, without the value."""


class DuplicateKeyError(MalformedJsonError):
    """An object names a key twice."""


class _UnusualNumberError(Exception):
    """A number that Python would print in another way than jsonb."""


def are_plain_json(texts: Sequence[str]) -> bool:
    r"""Whether `check_json` takes all the texts; False says no more than: look at each.

    They are read at once, as an array with fences between them: what leaves every fence in its
    place is one value each. msgspec keeps the last of two equal keys in silence, so keys are
    counted (by the `":` after them) before and after; those within strings are the same in both.
    Neither holds where a fence or a quote is written as a number, `\u007f`.
    """
    joined = _FENCED.join(texts)
    if max(map(len, texts)) > _SHORT or "\\u00" in joined or joined.count(_FENCE) != len(texts) - 1:
        return False
    try:
        array = f"[{joined}]".encode()
        values = _read_array(array)
        keys = _write_array(values).count(b'":')
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
        return False
    is_fenced = len(values) == 2 * len(texts) - 1 and set(values[1::2]) <= {_FENCE}
    return is_fenced and msgspec.json.format(array, indent=-1).count(b'":') == keys


def check_json(text: str) -> None:
    """Raise MalformedJsonError unless jsonb can hold the text without losing anything."""
    value = _read(_CHECKER, text)
    if "\\u" in text:
        _check_strings(value)


def write_json(text: str) -> str:
    """The text as jsonb would print it. Raises MalformedJsonError when it is not JSON."""
    try:
        value = _read(_USUAL, text)
    except _UnusualNumberError:
        value = _read(_EXACT, text)
        _check_strings(value)
        return _write(value)
    if "\\u" in text:
        _check_strings(value)
    return _ENCODER.encode(value)


def _read(decoder: json.JSONDecoder, text: str) -> JsonValue:
    if text.count("[") + text.count("{") > _DEPTH_MAX and _depth(text) > _DEPTH_MAX:
        raise MalformedJsonError(f"JSON nested more than {_DEPTH_MAX} deep")
    try:
        value: JsonValue = decoder.decode(text)
    except MalformedJsonError:
        raise
    except ValueError:
        raise MalformedJsonError("malformed JSON") from None
    return value


def _depth(text: str) -> int:
    """How deep brackets nest, without recursion."""
    depth = deepest = 0
    for mark in re.findall(r"[\[\]{}]", _STRING.sub("", text)):
        depth += 1 if mark in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _check_strings(value: JsonValue) -> None:
    """Refuse what jsonb's strings cannot hold: NUL and halves of surrogate pairs."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str):
            if "\0" in item:
                raise MalformedJsonError("JSON with \\u0000, which jsonb cannot hold")
            try:
                item.encode("utf-8")
            except UnicodeEncodeError:
                raise MalformedJsonError("JSON with half of a surrogate pair") from None


def _write(value: JsonValue) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_write(k)}: {_write(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_write, value)) + "]"
    if isinstance(value, Decimal):
        return print_decimal(value)
    return _ENCODER.encode(value)


def print_decimal(number: Decimal) -> str:
    """A number as numeric prints it: no exponent, no negative zero."""
    text = format(number, "f")
    if not number:
        scale = len(text.partition(".")[2])
        return "0." + "0" * scale if scale else "0"
    return text


def _usual_number(text: str) -> float:
    number = float(text)
    if number == 0 or repr(number) != text or "e" in text:
        raise _UnusualNumberError
    return number


def _exact_number(text: str) -> Decimal:
    try:
        number = Decimal(text)
        exponent = number.as_tuple().exponent
        too_large = number != 0 and number.adjusted() > _EXPONENT_MAX
    except InvalidOperation:
        exponent, too_large = 0, True
    if not isinstance(exponent, int) or exponent < -_EXPONENT_MAX or too_large:
        raise MalformedJsonError("JSON with a number beyond numeric's range")
    return number


def _checked_number(text: str) -> int:
    _exact_number(text)
    return 0


def _no_constant(_: str) -> NoReturn:
    raise MalformedJsonError("malformed JSON: a number that JSON does not have")


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise DuplicateKeyError("JSON object that names a key twice")
    return members


def _ordered(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    keys = sorted((key.encode("utf-8", "surrogatepass"), key) for key in members)
    keys.sort(key=lambda pair: len(pair[0]))
    return {key: members[key] for _, key in keys}


_CHECKER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_exact_number, parse_constant=_no_constant
)
_USUAL: Final = json.JSONDecoder(
    object_pairs_hook=_ordered, parse_float=_usual_number, parse_constant=_no_constant
)
_EXACT: Final = json.JSONDecoder(
    object_pairs_hook=_ordered, parse_float=_exact_number, parse_constant=_no_constant
)
_read_array: Final = msgspec.json.Decoder(list[Any], float_hook=_checked_number).decode
_write_array: Final = msgspec.json.Encoder().encode
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False)
