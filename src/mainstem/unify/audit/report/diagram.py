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
#: how far a curve goes straight before it turns
_PULL: Final = 50.0


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
class _Key:
    child: str
    column: str
    parent: str
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
        found: names of tables that an error or a warning is about.

    Returns:
        None where there is no schema to draw.
    """
    if not subject.catalogs:
        return None
    tables = {str(table.name): table for table in subject.catalogs[0].tables}
    lines = {name: tuple(_lines(table)) for name, table in tables.items()}
    lines |= {name: (Line("nothing creates it", "", "more"),) for name in missing}
    keys = [*_keys(tables), *_missing_keys(subject, lines)]
    sizes = {name: _size(name, shown) for name, shown in lines.items()}
    boxes, width, height = place(sizes, ((key.child, key.parent) for key in keys))
    return Diagram(
        nodes=tuple(
            Node(name, boxes[name], lines[name], name not in tables, name in found)
            for name in sorted(lines)
        ),
        edges=tuple(
            Edge(
                key.child,
                key.parent,
                _curve(boxes[key.child], boxes[key.parent], _row(lines[key.child], key.column)),
                key.is_missing,
            )
            for key in keys
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


def _keys(tables: dict[str, Relation]) -> Iterator[_Key]:
    for name, table in tables.items():
        for key in table.foreign_keys:
            if key.parent is not None and str(key.parent) in tables:
                yield _Key(name, key.columns[-1], str(key.parent), is_missing=False)


def _missing_keys(subject: Subject, known: Collection[str]) -> Iterator[_Key]:
    if subject.replay is None:
        return
    for key in subject.replay.missing_parents:
        if str(key.table) in known and str(key.parent) in known:
            yield _Key(str(key.table), key.columns[-1], str(key.parent), is_missing=True)


def _row(lines: tuple[Line, ...], column: str) -> int:
    """Which line of a box shows a column, from 1; its head where none does."""
    return next((row for row, line in enumerate(lines, 1) if line.text == column), 0)


def _size(name: str, lines: tuple[Line, ...]) -> tuple[float, float]:
    longest = max([len(name) + 1, *(len(line.text) + len(line.type) + 3 for line in lines)])
    width = min(_WIDTH_MAX, longest * _CHARACTER + 2 * _PADDING)
    return width, (len(lines) + 1) * _LINE + 1.5 * _PADDING


def _curve(child: Box, parent: Box, row: int) -> str:
    """From the child's column to the parent's head, round the right side where they overlap."""
    start_y = child.y + (row + 0.75) * _LINE
    end_y = parent.y + 0.75 * _LINE
    if parent.x + parent.width < child.x:
        start_x, end_x, leave, arrive = child.x, parent.x + parent.width, -_PULL, _PULL
    elif child.x + child.width < parent.x:
        start_x, end_x, leave, arrive = child.x + child.width, parent.x, _PULL, -_PULL
    else:
        start_x, end_x, leave, arrive = child.x + child.width, parent.x + parent.width, _PULL, _PULL
    return (
        f"M{start_x:.1f},{start_y:.1f} C{start_x + leave:.1f},{start_y:.1f} "
        f"{end_x + arrive:.1f},{end_y:.1f} {end_x:.1f},{end_y:.1f}"
    )
