"""Names in a plan's SQL that stand for a run's own tables: `:stage.x`, `:map.x`, `:map.x[c]`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NAME = r'(?:[A-Za-z_][A-Za-z0-9_$]*|"(?:[^"]|"")+")'
_SKIPPED = (
    r"'(?:[^']|'')*'" r'|"(?:[^"]|"")*"' r"|--[^\n]*|/\*.*?\*/|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$"
)
_PLACE = re.compile(
    rf"(?P<skipped>{_SKIPPED})"
    rf"|(?<![:\w]):(?P<kind>stage|map|merged)\.(?P<table>{_NAME})(?:\[(?P<column>{_NAME})\])?",
    re.DOTALL,
)


@dataclass(frozen=True)
class Place:
    """One such name: `kind` is stage, map or merged; `column` of a map, None for its key."""

    kind: str
    table: str
    column: str | None = None


def find_places(text: str) -> Iterator[Place]:
    """Every place of a select, strings and comments left out."""
    for match in _PLACE.finditer(text):
        if match["skipped"] is None:
            yield _place(match)


def fill_places(text: str, name: Callable[[Place], str]) -> str:
    """The select with each place replaced by the name of a table."""
    return _PLACE.sub(
        lambda match: match[0] if match["skipped"] is not None else name(_place(match)), text
    )


def _place(match: re.Match[str]) -> Place:
    column = match["column"]
    return Place(match["kind"], _plain(match["table"]), _plain(column) if column else None)


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
