"""Values to try in a column until one satisfies its checks, and values that name one tenant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mainstem.unify.isolation.tables import Column

#: makes the text of a value from the row's number; None leaves the column out
Candidate: TypeAlias = "Callable[[int], str | None]"

_BY_BASE: Final[dict[str, tuple[str, ...]]] = {
    "bool": ("false", "true"),
    "date": ("2026-01-01", "2100-01-01"),
    "time": ("09:00",),
    "timetz": ("09:00+00",),
    "timestamp": ("2026-01-01 00:00:00", "2100-01-01 00:00:00"),
    "timestamptz": ("2026-01-01 00:00:00+00", "2100-01-01 00:00:00+00"),
    "interval": ("1 hour",),
    "json": ("{}", "[]", '""', "1"),
    "jsonb": ("{}", "[]", '""', "1"),
    "inet": ("192.0.2.1",),
    "cidr": ("192.0.2.0/24",),
    "macaddr": ("08:00:2b:01:02:03",),
    "point": ("(0,0)",),
    "tsvector": ("",),
    "xml": ("<a/>",),
    "money": ("1",),
    "ltree": ("a",),
    "hstore": ("",),
}
_NUMBER_BASES: Final = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8", "oid"})
_TEXT_BASES: Final = frozenset({"text", "varchar", "bpchar", "citext", "name"})
#: above what sequences have reached, below what the type holds
_NUMBER_BASE: Final = {"int2": 32_000, "int4": 2_000_000_000}
_FORMS: Final = (
    "probe-{}",
    "probe{}@example.test",
    "https://example.test/{}",
    "PROBE{}",
    "probe_{}",
    "probe.p{}",
    "{:064x}",
    "{:032x}",
    "+1555{:07d}",
    "{:06d}",
    "{}",
)
_WORDS: Final = ("USD", "en", "en-US", "UTC", "#336699", "2026-01-01", "09:00", "1.0.0", "A", "")
_RANGES: Final = {
    "int4range": "[{0},{1})",
    "int8range": "[{0},{1})",
    "numrange": "[{0},{1})",
    "daterange": "[2026-01-01,2026-01-02)",
    "tsrange": "[2026-01-01,2026-01-02)",
    "tstzrange": "[2026-01-01,2026-01-02)",
}
_PATTERN: Final = frozenset("%^$*[]\\")
_PRIVILEGED: Final = re.compile(
    r"admin|super|service|staff|system|root|internal|support", re.IGNORECASE
)
_WILDCARDS: Final = frozenset({"*", "all", "any", "%"})
_LENGTH: Final = re.compile(r"\((\d+)\)")


def is_privileged(text: str) -> bool:
    """Whether a word names people who are meant to see more than one tenant."""
    return _PRIVILEGED.search(text) is not None


def is_wildcard(text: str) -> bool:
    """Whether a word stands for everything that a claim could name."""
    return text.lower() in _WILDCARDS


def is_enumerated(column: Column, literals: Iterable[str]) -> bool:
    """Whether the column holds one of a few words rather than a name of something."""
    return bool(column.labels) or column.base == "bool" or any(literals)


def kind_of_key(column: Column) -> str | None:
    """What kind of key a column may hold: uuid, number or text; None for other types."""
    if column.base == "uuid":
        return "uuid"
    if column.base in {"int2", "int4", "int8", "numeric"}:
        return "number"
    return "text" if column.base in _TEXT_BASES else None


def key_value(column: Column, number: int) -> str | None:
    """A value that no other row has; None where the type has no such values."""
    match kind_of_key(column):
        case "uuid":
            return str(uuid4())
        case "number":
            return str(_NUMBER_BASE.get(column.base, 9_000_000_000_000) + number)
        case "text":
            form = _FORMS[1] if "mail" in column.name else _FORMS[0]
            return _cut(form.format(number), column)
    return _varied(column, number)


def candidates(
    column: Column, literals: Iterable[str], bounds: Iterable[str] = ()
) -> list[Candidate]:
    """The values to try, the likeliest first.

    Args:
        column: where the value goes.
        literals: what its checks compare it with, such as the words of an enumeration.
        bounds: the numbers that they compare it with.
    """
    found = _typed(column, tuple(dict.fromkeys(literals)))
    if column.base in _NUMBER_BASES:
        found += map(_fixed, dict.fromkeys(bounds))
    optional: list[Candidate] = [_left_out] if not column.is_required else []
    return [*optional, *found, *([] if optional or not column.is_nullable else [_left_out])]


def _typed(column: Column, literals: tuple[str, ...]) -> list[Candidate]:
    if column.element:
        words = (*column.labels, *literals)
        return [_fixed("{}"), *(_fixed("{" + word + "}") for word in words), _fixed("{1}")]
    if column.labels:
        return [_fixed(label) for label in _modest(column.labels)]
    if column.base in _TEXT_BASES:
        return _texts(column, literals)
    if column.base in _NUMBER_BASES:
        numbers = ("1", "0", "100", "10", *filter(_is_number, literals))
        return [*map(_fixed, numbers), _form("{}")]
    return _others(column)


def _texts(column: Column, literals: tuple[str, ...]) -> list[Candidate]:
    words = [word for word in literals if not _is_number(word) and _PATTERN.isdisjoint(word)]
    texts = [*map(_fixed, _modest(words)), *map(_form, _FORMS), *map(_fixed, _WORDS)]
    return [_fitting(make, column) for make in texts]


def _others(column: Column) -> list[Candidate]:
    if column.base in _BY_BASE:
        return [_fixed(text) for text in _BY_BASE[column.base]]
    if column.base in _RANGES:
        form = _RANGES[column.base]
        return [lambda number: form.format(number, number + 1)]
    if column.base == "uuid":
        return [lambda _number: str(uuid4())]
    if column.base == "bytea":
        return [_form(rf"\x{{:0{2 * size}x}}") for size in (32, 16, 12)]
    return [lambda number: _varied(column, number), *map(_fixed, ("{}", "", "(1)"))]


def _fitting(make: Candidate, column: Column) -> Candidate:
    return lambda number: _cut(make(number), column)


def _varied(column: Column, number: int) -> str | None:
    """A value of a type that has a size, or of one that is seldom a key."""
    size = _LENGTH.search(column.base_type)
    if column.base in {"vector", "halfvec"}:
        return "[" + ",".join(["1"] * int(size[1] if size else 3)) + "]"
    if column.base in {"bit", "varbit"}:
        return "0" * int(size[1] if size else 1)
    if column.base in {"timestamp", "timestamptz", "date"}:
        return f"2026-01-{number % 28 + 1:02}"
    return "0"


def _modest(words: Iterable[str]) -> list[str]:
    """The words with those of privileged people last."""
    return sorted(words, key=is_privileged)


def _cut(text: str | None, column: Column) -> str | None:
    size = _LENGTH.search(column.base_type)
    return text[-int(size[1]) :] if text is not None and size is not None else text


def _left_out(number: int) -> None:
    del number


def _fixed(text: str) -> Candidate:
    return lambda _number: text


def _form(form: str) -> Candidate:
    return form.format


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdigit()
