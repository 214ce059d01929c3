"""Makes edits in the bytes of a file, and only such as agree with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.code.files import is_test
from mainstem.unify.code.model import Place
from mainstem.unify.rename.model import Doubt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.unify.rename.model import Spot


def settled(
    path: str, source: bytes, spots: Sequence[Spot]
) -> tuple[tuple[Spot, ...], list[Doubt]]:
    """The edits in order, each once; those that contradict each other are doubts instead."""
    kept: list[Spot] = []
    doubts: list[Doubt] = []
    for group in _overlapping(sorted(set(spots))):
        if len(group) == 1:
            kept.append(group[0])
            continue
        first = group[0]
        place = Place(path, source.count(b"\n", 0, first.start) + 1)
        wanted = " and ".join(sorted({spot.text for spot in group}))
        shown = source[first.start : first.end].decode(errors="replace")
        reason = f"it is used in two ways, which want {wanted}"
        doubts.append(Doubt(place, shown, reason, is_test(path)))
    return tuple(kept), doubts


def after_edits(source: bytes, spots: Sequence[Spot]) -> bytes:
    """The bytes with every edit made; the edits are in order and do not overlap."""
    parts: list[bytes] = []
    position = 0
    for spot in spots:
        assert spot.start >= position
        parts += [source[position : spot.start], spot.text.encode()]
        position = spot.end
    return b"".join([*parts, source[position:]])


def _overlapping(spots: Sequence[Spot]) -> list[list[Spot]]:
    """Edits in groups of those that share bytes."""
    groups: list[list[Spot]] = []
    end = -1
    for spot in spots:
        is_new = spot.start >= end or not groups
        if is_new:
            groups.append([spot])
        else:
            groups[-1].append(spot)
        end = max(end, spot.end, spot.start + 1) if not is_new else max(spot.end, spot.start + 1)
    return groups
