"""Places the tables of a schema on a plane: parents left of children, families together.

A layered drawing after Sugiyama, Tagawa and Toda (1981): layers by the longest path of foreign
keys, order within a layer by the mean position of neighbours, families packed on shelves. Sizes are
pixels; the same schema gives the same picture.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_LAYER_GAP: Final = 90
_BOX_GAP: Final = 24
_FAMILY_GAP: Final = 48
_SHELF_WIDTH: Final = 1800
_SWEEPS: Final = 6


@dataclass(frozen=True)
class Box:
    """The place of one table."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class _Family:
    boxes: dict[str, Box]
    width: float
    height: float


def place(
    sizes: Mapping[str, tuple[float, float]], edges: Iterable[tuple[str, str]]
) -> tuple[dict[str, Box], float, float]:
    """Place boxes of the given (width, height); an edge leads from a child to its parent.

    Returns:
        The boxes by name, and the width and height of the whole drawing.
    """
    links = sorted({(child, parent) for child, parent in edges if child != parent})
    return _shelved([_family(names, links, sizes) for names in _families(sizes, links)])


def _families(names: Iterable[str], links: Sequence[tuple[str, str]]) -> list[list[str]]:
    """The connected parts, the largest first; tables without foreign keys are the last one."""
    near: dict[str, set[str]] = defaultdict(set)
    for child, parent in links:
        near[child].add(parent)
        near[parent].add(child)
    found: list[list[str]] = []
    seen: set[str] = set()
    alone = sorted(name for name in names if name not in near)
    for start in sorted(near):
        if start in seen:
            continue
        family, waiting = [], [start]
        seen.add(start)
        while waiting:
            name = waiting.pop()
            family.append(name)
            fresh = near[name] - seen
            seen |= fresh
            waiting.extend(sorted(fresh))
        found.append(sorted(family))
    found.sort(key=lambda family: (-len(family), family[0]))
    return found + ([alone] if alone else [])


def _family(
    names: Sequence[str],
    links: Sequence[tuple[str, str]],
    sizes: Mapping[str, tuple[float, float]],
) -> _Family:
    inside = set(names)
    own = [(child, parent) for child, parent in links if child in inside]
    layers = _grid(names, sizes) if not own else _ordered(_layers(names, own), own)
    boxes: dict[str, Box] = {}
    x = width = height = 0.0
    for layer in layers:
        y = 0.0
        layer_width = max(sizes[name][0] for name in layer)
        for name in layer:
            boxes[name] = Box(x, y, layer_width, sizes[name][1])
            y += sizes[name][1] + _BOX_GAP
        height = max(height, y - _BOX_GAP)
        width = x + layer_width
        x = width + (_LAYER_GAP if own else _BOX_GAP)
    return _Family(boxes, width, height)


def _grid(names: Sequence[str], sizes: Mapping[str, tuple[float, float]]) -> list[list[str]]:
    """Tables without foreign keys, in columns of about equal height."""
    widest = max(sizes[name][0] for name in names) + _BOX_GAP
    count = max(1, min(len(names), int(_SHELF_WIDTH // widest)))
    columns: list[list[str]] = [[] for _ in range(count)]
    heights = [0.0] * count
    for name in names:
        lowest = heights.index(min(heights))
        columns[lowest].append(name)
        heights[lowest] += sizes[name][1] + _BOX_GAP
    return [column for column in columns if column]


def _layers(names: Sequence[str], links: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Every table one layer right of its rightmost parent; a cycle is cut where it closes."""
    parents: dict[str, list[str]] = defaultdict(list)
    for child, parent in links:
        parents[child].append(parent)
    depth: dict[str, int] = {}
    for name in names:
        _measure(name, parents, depth)
    layers: dict[int, list[str]] = defaultdict(list)
    for name in names:
        layers[depth[name]].append(name)
    return [layers[number] for number in sorted(layers)]


def _measure(start: str, parents: Mapping[str, list[str]], depth: dict[str, int]) -> None:
    """Set the depth of a table and of all above it, without recursion: chains may be long."""
    under_way: set[str] = set()
    stack = [start]
    while stack:
        name = stack[-1]
        if name in depth:
            stack.pop()
            continue
        under_way.add(name)
        waiting = [p for p in parents.get(name, ()) if p not in depth and p not in under_way]
        if waiting:
            stack.extend(waiting[:1])
            continue
        known = [depth[p] for p in parents.get(name, ()) if p in depth]
        depth[name] = 1 + max(known, default=-1)
        under_way.discard(name)
        stack.pop()


def _ordered(layers: list[list[str]], links: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Sort each layer by where its neighbours stand, to and fro, so that fewer lines cross."""
    near: dict[str, list[str]] = defaultdict(list)
    for child, parent in links:
        near[child].append(parent)
        near[parent].append(child)
    for sweep in range(_SWEEPS):
        ordered = layers if sweep % 2 == 0 else layers[::-1]
        for layer in ordered:
            position = {name: spot / len(row) for row in layers for spot, name in enumerate(row)}
            layer.sort(key=lambda name: (_mean(position, near[name], name), name))
    return layers


def _mean(position: Mapping[str, float], near: Sequence[str], name: str) -> float:
    return sum(position[other] for other in near) / len(near) if near else position[name]


def _shelved(families: Sequence[_Family]) -> tuple[dict[str, Box], float, float]:
    boxes: dict[str, Box] = {}
    x = y = shelf = width = 0.0
    for family in families:
        if x and x + family.width > _SHELF_WIDTH:
            x, y, shelf = 0.0, y + shelf + _FAMILY_GAP, 0.0
        for name, box in family.boxes.items():
            boxes[name] = Box(box.x + x, box.y + y, box.width, box.height)
        x += family.width + _FAMILY_GAP
        width = max(width, x - _FAMILY_GAP)
        shelf = max(shelf, family.height)
    return boxes, width, y + shelf
