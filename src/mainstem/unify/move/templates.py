"""Names in a plan's SQL that stand for a run's own tables: `:stage.x`, `:map.x`, `:map.x[c]`.

With several sources x is `source.table`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.unify.plan.directory import plain_name_of, table_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NAME = r'(?:[A-Za-z_][A-Za-z0-9_$]*|"(?:[^"]|"")+")'
_SKIPPED = (
    r"'(?:[^']|'')*'" r'|"(?:[^"]|"")*"' r"|--[^\n]*|/\*.*?\*/|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$"
)
_PLACE = re.compile(
    rf"(?P<skipped>{_SKIPPED})"
    rf"|(?<![:\w]):(?P<kind>stage|map|merged)\.(?:(?P<source>{_NAME})\.)?(?P<table>{_NAME})"
    rf"(?:\[(?P<column>{_NAME})\])?",
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
    table = table_id(match["source"], match["table"])
    return Place(match["kind"], table, plain_name_of(column) if column else None)
