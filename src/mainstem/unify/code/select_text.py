"""What a PostgREST select string names: `id, total:amount::text, client!inner(name), ...org(*)`.

The grammar is PostgREST's (docs.postgrest.org, "Tables and Views" and "Resource Embedding"): fields
with alias, cast, JSON path and aggregate; resources with alias, hint, join and fields of their
own; `...` spreads a resource. Text that is not of that form is read as far as it goes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

DEPTH_MAX: Final = 20
#: stands in a text for a part that cannot be told; what has it in its name is left out
UNKNOWN: Final = "\0"


@dataclass(frozen=True)
class SelectedField:
    """A column, or `*`, with what is done to it; `name` is empty for a plain `count()`."""

    name: str
    alias: str | None = None
    json_path: str = ""
    cast: str | None = None
    aggregate: str | None = None


@dataclass(frozen=True)
class SelectedResource:
    """A resource that is embedded: another table reached through a foreign key."""

    name: str
    items: tuple[Selected, ...] = ()
    alias: str | None = None
    hint: str | None = None
    join: str | None = None
    is_spread: bool = False


Selected = SelectedField | SelectedResource


def parse_select(text: str) -> tuple[Selected, ...]:
    """The fields and resources that a select string names; never raises."""
    items, _ = _list(text, 0, 0)
    return items


def split_list(text: str) -> list[str]:
    """The parts between commas that stand outside of brackets and double quotes."""
    parts, depth, start, is_quoted = [], 0, 0, False
    for position, character in enumerate(text):
        if character == '"':
            is_quoted = not is_quoted
        elif not is_quoted and character in "({[":
            depth += 1
        elif not is_quoted and character in ")}]":
            depth -= 1
        elif not is_quoted and character == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def _list(text: str, position: int, depth: int) -> tuple[tuple[Selected, ...], int]:
    """The items up to a closing bracket, and the position behind it."""
    items: list[Selected] = []
    while position < len(text):
        head = _HEAD.match(text, position)
        assert head is not None
        position = head.end()
        mark = text[position : position + 1]
        position += 1
        inner: tuple[Selected, ...] = ()
        if mark == "(":
            if depth >= DEPTH_MAX:
                return tuple(items), len(text)
            inner, position = _list(text, position, depth + 1)
            tail = _HEAD.match(text, position)
            assert tail is not None
            item = _bracketed(head[0].strip(), inner, tail[0].strip())
            position = tail.end() + (text[tail.end() : tail.end() + 1] == ",")
            if text[tail.end() : tail.end() + 1] == ")":
                mark, position = ")", tail.end() + 1
        else:
            item = _field(head[0].strip())
        if item is not None:
            items.append(item)
        if mark == ")":
            break
    return tuple(items), position


def _bracketed(head: str, inner: tuple[Selected, ...], tail: str) -> Selected | None:
    """`amount.sum()`, `count()` or a resource with its items."""
    before, dot, function = head.rpartition(".")
    name = function if dot and before.strip(".") else head
    alias, _, bare = name.rpartition(":")
    if not inner and bare in _AGGREGATES:
        cast = tail.removeprefix("::") or None
        if name is head:
            return SelectedField("", alias or None, cast=cast, aggregate=bare)
        column = _field(before)
        if isinstance(column, SelectedField):
            return SelectedField(column.name, column.alias, column.json_path, cast, bare)
    match = _RESOURCE.fullmatch(head)
    if match is None:
        return None
    hints = [part.strip() for part in (match["hints"] or "").split("!") if part.strip()]
    joins = [part for part in hints if part in _JOINS]
    named = [_unquoted(part) for part in hints if part not in _JOINS]
    return SelectedResource(
        _unquoted(match["name"]),
        inner,
        _unquoted(match["alias"]) if match["alias"] else None,
        named[0] if named else None,
        joins[0] if joins else None,
        is_spread=bool(match["spread"]),
    )


def _field(text: str) -> Selected | None:
    match = _FIELD.fullmatch(text)
    if match is None:
        return None
    if text == "count":  # what counts rows, from before there was `count()`
        return SelectedField("", aggregate="count")
    return SelectedField(
        _unquoted(match["name"]),
        _unquoted(match["alias"]) if match["alias"] else None,
        (match["path"] or "").strip(),
        match["cast"],
    )


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


_HEAD: Final = re.compile(r'(?:"[^"]*"|[^,()])*')
_NAME: Final = r'"[^"\0]*"|[^\s",():!.>\0-][^",():!.>\0-]*'
_RESOURCE: Final = re.compile(
    rf"(?P<spread>\.\.\.)?\s*(?:(?P<alias>{_NAME})\s*:(?!:)\s*)?(?P<name>{_NAME})"
    rf"(?P<hints>(?:!\s*(?:{_NAME})\s*)*)"
)
_FIELD: Final = re.compile(
    rf"(?:(?P<alias>{_NAME})\s*:(?!:)\s*)?(?P<name>\*|{_NAME})(?P<path>(?:->>?[^:,()]+)*)"
    r"(?:::\s*(?P<cast>[\w ]+(?:\[\])?))?"
)
_AGGREGATES: Final = frozenset({"count", "sum", "avg", "max", "min"})
_JOINS: Final = frozenset({"inner", "left"})
