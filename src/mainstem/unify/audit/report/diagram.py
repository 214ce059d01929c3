"""The schema as a diagram of tables and foreign keys, what is missing among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainstem.unify.audit.report.layout import Box, place
from mainstem.unify.plan.names import short_type

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Relation

_CHARACTER: Final = 7.0
_LINE: Final = 18.0
_PADDING: Final = 10.0
_COLUMNS_MAX: Final = 9
_WIDTH_MAX: Final = 320.0


@dataclass(frozen=True)
class Line:
    """One line of text in a box; `kind` is `key`, `reference`, `column` or `more`."""

    text: str
    type: str
    kind: str


@dataclass(frozen=True)
class Node:
    """A table with its place; a missing one has no columns that anybody knows."""

    name: str
    box: Box
    lines: tuple[Line, ...]
    is_missing: bool
    is_found: bool


@dataclass(frozen=True)
class Edge:
    """A foreign key as a curve: an SVG path from the child to its parent."""

    child: str
    parent: str
    path: str
    is_missing: bool


@dataclass(frozen=True)
class Diagram:
    """Everything that is drawn; sizes in pixels."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: float
    height: float


def diagram_of(
    subject: Subject, *, missing: Collection[str], found: Collection[str]
) -> Diagram | None:
    """Draw the schema that the migrations build, else that of the first live database.

    Args:
        subject: what was read.
        missing: names of tables that something needs and nothing creates.
        found: names of tables that some finding is about.

    Returns:
        None where there is no schema to draw.
    """
    if not subject.catalogs:
        return None
    tables = {str(table.name): table for table in subject.catalogs[0].tables}
    lines = {name: tuple(_lines(table)) for name, table in tables.items()}
    lines |= {name: (Line("nothing creates it", "", "more"),) for name in missing}
    edges = list(_edges(tables)) + list(_missing_edges(subject, lines))
    sizes = {name: _size(name, shown) for name, shown in lines.items()}
    boxes, width, height = place(sizes, ((child, parent) for child, parent, _ in edges))
    return Diagram(
        nodes=tuple(
            Node(name, boxes[name], lines[name], name not in tables, name in found)
            for name in sorted(lines)
        ),
        edges=tuple(
            Edge(child, parent, _curve(boxes[child], boxes[parent]), gone)
            for child, parent, gone in edges
        ),
        width=width,
        height=height,
    )


def _lines(table: Relation) -> Iterator[Line]:
    """The key, the references, then other columns, as far as there is room."""
    keys = set(table.primary_key)
    references = {column for key in table.foreign_keys for column in key.columns}
    ranked = sorted(
        table.columns, key=lambda column: (column.name not in keys, column.name not in references)
    )
    for column in ranked[:_COLUMNS_MAX]:
        kind = "key" if column.name in keys else "column"
        kind = "reference" if column.name in references else kind
        yield Line(column.name, short_type(column.type), kind)
    unshown = len(ranked) - _COLUMNS_MAX
    if unshown > 0:
        yield Line(f"and {unshown} more", "", "more")


def _edges(tables: dict[str, Relation]) -> Iterator[tuple[str, str, bool]]:
    for name, table in tables.items():
        for key in table.foreign_keys:
            if key.parent is not None and str(key.parent) in tables:
                yield name, str(key.parent), False


def _missing_edges(subject: Subject, known: Collection[str]) -> Iterator[tuple[str, str, bool]]:
    if subject.replay is None:
        return
    for key in subject.replay.missing_parents:
        if str(key.table) in known and str(key.parent) in known:
            yield str(key.table), str(key.parent), True


def _size(name: str, lines: tuple[Line, ...]) -> tuple[float, float]:
    longest = max([len(name) + 1, *(len(line.text) + len(line.type) + 3 for line in lines)])
    width = min(_WIDTH_MAX, longest * _CHARACTER + 2 * _PADDING)
    return width, (len(lines) + 1) * _LINE + 1.5 * _PADDING


def _curve(child: Box, parent: Box) -> str:
    """From the child's near side to the parent's; around the right where they stand in line."""
    start_y = child.y + _LINE
    end_y = parent.y + _LINE
    if parent.x + parent.width < child.x:
        start_x, end_x, pull = child.x, parent.x + parent.width, -50.0
        second = end_x + 50.0
    elif child.x + child.width < parent.x:
        start_x, end_x, pull = child.x + child.width, parent.x, 50.0
        second = end_x - 50.0
    else:
        start_x, end_x, pull = child.x + child.width, parent.x + parent.width, 40.0
        second = end_x + 40.0
    return (
        f"M{start_x:.1f},{start_y:.1f} C{start_x + pull:.1f},{start_y:.1f} "
        f"{second:.1f},{end_y:.1f} {end_x:.1f},{end_y:.1f}"
    )
