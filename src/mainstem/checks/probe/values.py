"""Values to try in a column until one satisfies its checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mainstem.checks.probe.tables import Column

#: makes the text of a value from the row's number and what the row has; None leaves the column out
Candidate: TypeAlias = "Callable[[int, Mapping[str, object]], str | None]"

_BY_TYPE: Final[dict[str, tuple[str, ...]]] = {
    "bool": ("false", "true"),
    "date": ("2026-01-01",),
    "time": ("09:00",),
    "timestamptz": ("2026-01-01 00:00:00+00", "2100-01-01 00:00:00+00"),
    "interval": ("1 hour",),
    "json": ("{}", "[]"),
    "jsonb": ("{}", "[]", '""'),
    "inet": ("192.0.2.1",),
    "cidr": ("192.0.2.0/24",),
    "uuid": ("00000000-0000-7000-8000-000000000001",),
    "vector": ("[1,2,3]",),
}
_NUMBERS: Final = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})
_NUMBERED: Final = (
    "probe-{}",
    "probe{}@example.test",
    "https://example.test/{}",
    "{:064x}",
    "{:032x}",
    "+1555{:07d}",
    "{:06d}",
)
#: a digest, a shorter one, a nonce
_BYTE_LENGTHS: Final = (32, 16, 12)
_WORDS: Final = ("USD", "en", "UTC", "#336699", "2026-01-01")
#: what stands in patterns, not in values
_PATTERN: Final = frozenset("%^$*[]\\")


def candidates(column: Column, literals: Iterable[str], *, is_optional: bool) -> list[Candidate]:
    """The values to try, the likeliest first.

    Args:
        column: where the value goes.
        literals: what its checks compare it with, such as the words of an enumeration.
        is_optional: whether leaving the column out comes first.
    """
    found = [*([_left_out] if is_optional else []), *_typed(column, tuple(literals))]
    if column.length_max is not None:
        return [_cut(make, column.length_max) for make in found]
    return found


def _typed(column: Column, literals: tuple[str, ...]) -> list[Candidate]:
    if column.is_array:
        return [_fixed("{}"), *(_fixed("{" + word + "}") for word in literals), _fixed("{1}")]
    if column.type_name in _NUMBERS:
        numbers = ("1", "0", "100", *filter(_is_number, literals))
        return [*map(_fixed, numbers), _numbered("{}")]
    if column.type_name in _BY_TYPE:
        return [_fixed(text) for text in _BY_TYPE[column.type_name]]
    if column.type_name == "bytea":
        return [_numbered(rf"\x{{:0{2 * size}x}}") for size in _BYTE_LENGTHS]
    words = [
        word for word in literals if word and not _is_number(word) and _PATTERN.isdisjoint(word)
    ]
    return [*map(_fixed, words), *map(_numbered, _NUMBERED), *map(_fixed, _WORDS), _scope_key]


def _left_out(number: int, row: Mapping[str, object]) -> None:
    del number, row


def _fixed(text: str) -> Candidate:
    return lambda _number, _row: text


def _numbered(form: str) -> Candidate:
    return lambda number, _row: form.format(number)


def _scope_key(number: int, row: Mapping[str, object]) -> str:
    """The key of a memory: agency::client::user."""
    del number
    return "::".join(str(row.get(name) or "_") for name in ("agency_id", "client_id", "user_id"))


def _cut(make: Candidate, length: int) -> Candidate:
    def cut(number: int, row: Mapping[str, object]) -> str | None:
        text = make(number, row)
        return None if text is None else text[-length:]

    return cut


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdigit()
