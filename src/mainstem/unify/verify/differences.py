"""Naming the differences of a table: which buckets differ, which rows of them, which columns."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial
from typing import TYPE_CHECKING, Final

from mainstem.kit.fingerprints import fingerprint
from mainstem.unify.catalog.secrets import has_secret_key
from mainstem.unify.codec import unescape
from mainstem.unify.verify.cells import shown_cell
from mainstem.unify.verify.model import Difference, KeyKind
from mainstem.unify.verify.passes import keep_rows, sum_up_buckets
from mainstem.unify.verify.sums import BUCKETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.verify.model import Comparison
    from mainstem.unify.verify.passes import KeptRow
    from mainstem.unify.verify.workers import Advance, Sides

#: differences that are named for each table
NAMED_MAX: Final = 20
#: rows of one side that are held while differences are looked for
_HELD_ROWS_MAX: Final = 20_000
_PAIRED_MAX: Final = 500
_KEY_SHOWN_MAX: Final = 200


def find_differences(
    sides: Sides, comparison: Comparison, *, rows: int, advance: Advance
) -> tuple[tuple[Difference, ...], bool]:
    """Name differences of a table whose checksums differ; and whether there are more of them.

    `rows` is the larger side's count.
    """
    ((source_sums, target_sums),) = sides.walk([(sum_up_buckets, comparison)], advance)
    differing = [b for b in range(BUCKETS) if source_sums[b] != target_sums[b]]
    chosen = differing[: max(1, _HELD_ROWS_MAX * BUCKETS // max(rows, BUCKETS))]
    keep = partial(keep_rows, buckets=frozenset(chosen))
    ((source, target),) = sides.walk([(keep, comparison)], advance)
    find = _of_heaps if comparison.key_kind is KeyKind.WHOLE_ROW else _by_key
    found = sorted(find(comparison, source, target), key=_order)
    return tuple(found[:NAMED_MAX]), len(found) > NAMED_MAX or len(chosen) < len(differing)


def _by_key(
    comparison: Comparison, source: Sequence[KeptRow], target: Sequence[KeptRow]
) -> Iterator[Difference]:
    there: defaultdict[str | None, list[KeptRow]] = defaultdict(list)
    for row in target:
        there[row.key].append(row)
    for row in source:
        matches = there.pop(row.key, [])
        yield from _against(comparison, row, matches)
    for rows in there.values():
        for row in rows:
            yield _difference(comparison, row, "extra")


def _against(
    comparison: Comparison, row: KeptRow, matches: Sequence[KeptRow]
) -> Iterator[Difference]:
    """One source row against the target's rows of its key; a second one there is too many."""
    if not matches:
        yield _difference(comparison, row, "missing")
        return
    closest = max(matches, key=partial(_equal_cells, row))
    yield from _changed(comparison, row, closest)
    for match in matches:
        if match is not closest:
            yield _difference(comparison, match, "extra")


def _of_heaps(
    comparison: Comparison, source: Sequence[KeptRow], target: Sequence[KeptRow]
) -> Iterator[Difference]:
    """Rows without keys: those without a counterpart are paired by how many cells agree."""
    lost = _surplus(source, target)
    extra = _surplus(target, source)
    if len(lost) <= _PAIRED_MAX and len(extra) <= _PAIRED_MAX:
        for row in list(lost):
            closest = max(extra, key=partial(_equal_cells, row), default=None)
            if closest is not None and 2 * _equal_cells(row, closest) >= len(row.cells):
                yield from _changed(comparison, row, closest)
                lost.remove(row)
                extra.remove(closest)
    for row in lost:
        yield _difference(comparison, row, "missing")
    for row in extra:
        yield _difference(comparison, row, "extra")


def _surplus(rows: Sequence[KeptRow], others: Sequence[KeptRow]) -> list[KeptRow]:
    left = Counter(row.cells for row in others)
    surplus = []
    for row in rows:
        if left[row.cells]:
            left[row.cells] -= 1
        else:
            surplus.append(row)
    return surplus


def _equal_cells(row: KeptRow, other: KeptRow) -> int:
    return sum(map(str.__eq__, row.cells, other.cells))


def _changed(comparison: Comparison, row: KeptRow, other: KeptRow) -> Iterator[Difference]:
    for column, before, after in zip(comparison.columns, row.cells, other.cells, strict=True):
        if before != after:
            yield Difference(
                table=comparison.name,
                key=_shown_key(comparison, row),
                kind="changed",
                column=column.shown,
                source=shown_cell(before, is_secret=column.is_secret),
                target=shown_cell(after, is_secret=column.is_secret),
            )


def _difference(comparison: Comparison, row: KeptRow, kind: str) -> Difference:
    return Difference(comparison.name, _shown_key(comparison, row), kind)


def _shown_key(comparison: Comparison, row: KeptRow) -> str:
    if row.key is None:
        return row.label or "(none: a row without a key)"
    parts = [unescape(part) for part in row.key.split("\t")]
    text = ", ".join("NULL" if part is None else part for part in parts)
    if comparison.key_kind is KeyKind.COLUMNS and has_secret_key(comparison.table):
        return fingerprint(text)
    return text if len(text) <= _KEY_SHOWN_MAX else f"{text[:_KEY_SHOWN_MAX]}..."


def _order(difference: Difference) -> tuple[object, ...]:
    """Whole numbers in their own order, before other keys."""
    key = difference.key
    number = int(key) if key.isdecimal() and key.isascii() else None
    return (number is None, number or 0, key, difference.column or "")
