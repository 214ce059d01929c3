"""Where a PostgREST select or filter names tables: positions in the text, and what to put there.

`clients(name)` becomes `clients:client(name)`: the alias keeps the key under which the code finds
the rows in the answer. Filters may go by an embedded table's name or by its alias; what PostgREST
looks up by the key alone (`order=clients(name)`, `clients=is.null`) stays as it is. The grammar is
PostgREST's (docs.postgrest.org, "Resource Embedding").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mainstem.unify.rename.model import Renames

DEPTH_MAX: Final = 20

_HEAD: Final = re.compile(r'(?:"[^"]*"|[^,()])*')
_NAME: Final = r'(?:"[^"\0]*"|[^\s",():!.>\0-][^\s",():!.>\0-]*)'
_RESOURCE: Final = re.compile(
    rf"\s*(?P<spread>\.\.\.)?\s*(?:(?P<alias>{_NAME})\s*:(?!:)\s*)?(?P<name>{_NAME})\s*"
    rf"(?P<hints>(?:!\s*{_NAME}\s*)*)"
)
_HINT: Final = re.compile(rf"!\s*({_NAME})")
_AGGREGATES: Final = frozenset({"count", "sum", "avg", "max", "min"})
_WORD: Final = re.compile(r"\w+")
_OPERATORS: Final = (
    "eq|neq|gte|gt|lte|lt|like|ilike|match|imatch|in|is|isdistinct|fts|plfts|phfts|wfts"
    "|cs|cd|ov|sl|sr|nxr|nxl|adj"
)
_PATH: Final = re.compile(r"\s*((?:\w+\.)+)\w[\w $]*(?:->>?[\w ]+)*\s*$")
_CONDITION: Final = re.compile(
    rf"(?:^|[,(])\s*((?:\w+\.)+?)(?:(?:not\.)?(?:and|or)\(|\w+(?:->>?\w+)*\.(?:not\.)?(?:{_OPERATORS})"
    r"(?:\((?:any|all)\))?\.)"
)


@dataclass(frozen=True)
class Part:
    """A part of a text to replace; `old` is the table that it names."""

    start: int
    end: int
    text: str
    old: str


@dataclass(frozen=True)
class Embedded:
    """A table embedded in a select: where its name and hints stand."""

    name: str
    start: int
    end: int
    alias: str | None
    is_spread: bool
    hints: tuple[tuple[str, int, int], ...] = ()


def embedded(text: str) -> list[Embedded]:
    """The tables that a select embeds, at any depth, in the order of the text."""
    return list(_embedded(text))


def select_parts(text: str, renames: Renames) -> Iterator[Part]:
    """What to replace in a select."""
    for one in embedded(text):
        new = renames.new(one.name)
        if new is not None:
            keeps_key = one.alias is not None or one.is_spread
            key = "" if keeps_key else text[one.start : one.end] + ":"
            yield Part(one.start, one.end, key + name_text(new), one.name)
        for hint, start, end in one.hints:
            junction = renames.new(hint)
            if junction is not None:
                yield Part(start, end, name_text(junction), hint)


def path_parts(text: str, renames: Renames, named: Collection[str]) -> Iterator[Part]:
    """What to replace in `clients.name` and in longer paths; `named` are tables, not aliases."""
    match = _PATH.match(text)
    if match is not None:
        yield from _steps(text, match.start(1), match.end(1), renames, named)


def resource_parts(text: str, renames: Renames, named: Collection[str]) -> Iterator[Part]:
    """What to replace in the option that names an embedded table, `clients` or `a.clients`."""
    yield from _steps(text, 0, len(text), renames, named)


def condition_parts(text: str, renames: Renames, named: Collection[str]) -> Iterator[Part]:
    """What to replace in `clients.name.eq.x,and(...)`."""
    for match in _CONDITION.finditer(text):
        yield from _steps(text, match.start(1), match.end(1), renames, named)


def name_text(name: str) -> str:
    """A name as PostgREST reads it: in quotes where it has signs of its own."""
    return name if _WORD.fullmatch(name) else f'"{name}"'


def _steps(
    text: str, start: int, end: int, renames: Renames, named: Collection[str]
) -> Iterator[Part]:
    for word in _WORD.finditer(text, start, end):
        new = renames.new(word[0])
        if new is not None and word[0] in named:
            yield Part(word.start(), word.end(), name_text(new), word[0])


def _embedded(text: str) -> Iterator[Embedded]:
    """Every head before a bracket; brackets of aggregates hold nothing."""
    position, depth = 0, 0
    while position < len(text):
        head = _HEAD.match(text, position)
        assert head is not None
        position = head.end() + 1
        mark = text[head.end() : position]
        if mark == ")":
            depth -= 1
        elif mark == "(":
            depth += 1
            if depth > DEPTH_MAX:
                return
            is_empty = text[position:].lstrip()[:1] == ")"
            if not (is_empty and _is_aggregate(head[0])):
                one = _resource(text, head.start(), head.end())
                if one is not None:
                    yield one


def _is_aggregate(head: str) -> bool:
    return re.split(r"[.:]", head.strip())[-1] in _AGGREGATES


def _resource(text: str, start: int, end: int) -> Embedded | None:
    match = _RESOURCE.fullmatch(text, start, end)
    if match is None:
        return None
    hints = tuple(
        (_unquoted(hint[1]), hint.start(1), hint.end(1))
        for hint in _HINT.finditer(text, match.start("hints"), match.end("hints"))
    )
    alias = match["alias"]
    return Embedded(
        _unquoted(match["name"]),
        match.start("name"),
        match.end("name"),
        _unquoted(alias) if alias is not None else None,
        is_spread=bool(match["spread"]),
        hints=hints,
    )


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
