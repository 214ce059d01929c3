"""Numbers as text, a batch at a time, and doubles the way PostgreSQL prints them.

The server prints the fewest digits that tell a double apart (PostgreSQL, "Floating-Point Types"),
as a plain number between 1e-4 and 1e15 and with an exponent beyond; there its shortest text is now
and then one digit longer than ours. msgspec finds the same digits six times faster than repr().
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Final, cast

import msgspec

from mainstem.unify.codec.value import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

_PLAIN_MAX: Final = 1e15
_PLAIN_EXPONENTS: Final = range(-4, 15)
_write = msgspec.json.Encoder().encode

_WORDS: Final[dict[str, Hashable]] = {
    r"\N": r"\N",
    "-0": "-0",
    "-0.0": "-0",
    "nan": "NaN",
    "NaN": "NaN",
}


def as_texts(numbers: Sequence[float]) -> list[str]:
    """The shortest text of each number; of an infinity `null`."""
    return _write(numbers)[1:-1].decode().split(",")


def doubles_as_printed(values: Sequence[object], kind: type) -> Sequence[str] | None:
    """A column of doubles as the server prints them; None when some need an exponent."""
    if kind is not float:
        return None
    numbers = cast("Sequence[float]", values)
    if max(numbers) >= _PLAIN_MAX or min(numbers) <= -_PLAIN_MAX:
        return None
    joined = _write(numbers)[1:].decode().replace("]", ",")
    if "e" in joined or "0.0000" in joined:
        return None
    return joined.replace(".0,", ",")[:-1].split(",")


def print_double(number: float) -> str:
    """One double as the server prints it."""
    if not math.isfinite(number):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(number, "NaN")
    mantissa, _, power = repr(number).partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = int(power or 0) + len(whole) - 1
    if whole == "0":
        exponent -= len(fraction) - len(fraction.lstrip("0")) + 1
    digits = digits.rstrip("0")
    if not digits:
        return f"{sign}0"
    if exponent not in _PLAIN_EXPONENTS:
        rest = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{rest}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    if len(digits) <= exponent + 1:
        return sign + digits.ljust(exponent + 1, "0")
    return f"{sign}{digits[: exponent + 1]}.{digits[exponent + 1 :]}"


def canonical_doubles(texts: Sequence[str]) -> Sequence[Hashable]:
    """Texts of both sides in our notation; only those with an exponent can differ."""
    if "e" not in SEPARATOR.join(texts):
        return texts
    return [print_double(float(text)) if "e" in text else text for text in texts]


def is_single(number: float) -> bool:
    """Whether a 4-byte float holds the number exactly."""
    try:
        packed = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return False
    return bool(packed == number or math.isnan(number))


def canonical_singles(texts: Sequence[str]) -> Sequence[Hashable]:
    """The server prints as few digits as tell a single apart: the double of them is another."""
    return [
        _WORDS[text] if text in _WORDS else struct.unpack("f", struct.pack("f", float(text)))[0]
        for text in texts
    ]
