"""Reads a whole query string into a Query."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from mainstem.rest.filtering import read_condition, read_group, too_many
from mainstem.rest.ordering import read_order
from mainstem.rest.problem import RequestError, malformed, too_much
from mainstem.rest.query import Group, Part, Query, Star
from mainstem.rest.scanner import Scanner
from mainstem.rest.selecting import read_select

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mainstem.rest.model import Limits
    from mainstem.rest.query import Item, Where

_LOGIC = frozenset({"and", "or"})
_DIGITS_MAX = 18
_FIELDS_MAX = 1_000


def read_query(
    query_string: bytes, limits: Limits, *, arguments: frozenset[str] | None = None
) -> Query:
    """The parameters of a request.

    Args:
        query_string: as it was sent.
        limits: how long it may be, and how deep.
        arguments: names that are a function's arguments and no columns; None for a table.

    Raises:
        RequestError: it does not follow the grammar, or is too much.
    """
    pairs = _pairs(query_string, limits)
    items: tuple[Item, ...] = (Star(),)
    parts: dict[tuple[str, ...], Part] = {}
    query = Query(items, parts)
    conditions = 0
    for key, value in pairs:
        if arguments is not None and key in arguments:
            query.arguments.append((key, value))
        elif key == "select":
            query.items = read_select(value, limits)
        elif key == "columns":
            query.columns = _names("columns", value)
        elif key == "on_conflict":
            query.on_conflict = _names("on_conflict", value)
        else:
            conditions += _place(query, key, value, limits)
            if conditions > limits.conditions_max:
                raise too_many(limits)
    return query


def _pairs(query_string: bytes, limits: Limits) -> Iterable[tuple[str, str]]:
    if len(query_string) > limits.query_bytes_max:
        raise RequestError(
            414,
            "MST100",
            f"the address is too long: the limit is {limits.query_bytes_max} bytes",
            details=f"limit query_bytes_max = {limits.query_bytes_max}",
            hint="ask in several requests, or call a function with a body",
        )
    try:
        text = query_string.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS_MAX)
    except UnicodeDecodeError:
        raise RequestError(400, "PGRST100", "the address is no UTF-8, percent-encoded") from None
    except ValueError:
        raise too_much("many parameters", limit=_FIELDS_MAX, setting="fields_max") from None
    if "\0" in text or "%00" in text:
        raise RequestError(
            400, "PGRST100", "the address has a NUL character, which no text can hold"
        )
    return pairs


def _place(query: Query, key: str, value: str, limits: Limits) -> int:
    """Put one parameter where it belongs; returns how many filters it has."""
    head, arrow, tail = key.partition("->")
    *place, last = _split(head, key)
    part = query.parts.setdefault(tuple(place), Part())
    if last in _LOGIC and not arrow:
        return _add_group(query, place, last, value, limits)
    if not arrow and last == "order":
        part.order = read_order(value)
    elif not arrow and last == "limit":
        part.limit = _number(key, value)
    elif not arrow and last == "offset":
        part.offset = _number(key, value) or 0
    else:
        scanner = Scanner("filter", last if not arrow else f'"{_escaped(last)}"{arrow}{tail}')
        if arrow:
            path = scanner.path()
            scanner.end()
        else:
            from_name = Scanner("filter", f'"{_escaped(last)}"')
            path = from_name.path()
        part.where.append(read_condition(path, value))
        return 1
    return 0


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')


def _add_group(query: Query, place: list[str], word: str, value: str, limits: Limits) -> int:
    is_negated = bool(place) and place[-1] == "not"
    where = tuple(place[:-1] if is_negated else place)
    group = read_group(word, value, limits, is_negated=is_negated)
    query.parts.setdefault(where, Part()).where.append(group)
    if is_negated and not query.parts[tuple(place)].where:
        del query.parts[tuple(place)]
    return _count(group)


def _count(where: Where) -> int:
    return sum(map(_count, where.members)) if isinstance(where, Group) else 1


def _split(head: str, key: str) -> list[str]:
    """A dotted name in its parts; a part in quotes may hold dots."""
    if '"' not in head:
        parts = head.split(".")
    else:
        scanner = Scanner("filter", head)
        parts = [scanner.name()]
        while scanner.take("."):
            parts.append(scanner.name())
        scanner.end()
    if not all(parts):
        raise malformed("filter", key, at=0, expected="a name before and after each dot")
    return parts


def _names(what: str, text: str) -> tuple[str, ...]:
    """Names with commas between; `postgrest-js` quotes each."""
    scanner = Scanner(f"{what} parameter", text)
    names = [scanner.name()]
    while scanner.take(","):
        names.append(scanner.name())
    scanner.end()
    return tuple(dict.fromkeys(names))


def _number(key: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS_MAX:
        raise malformed(f"{key} parameter", text, at=0, expected="a whole number, not negative")
    return int(text)
