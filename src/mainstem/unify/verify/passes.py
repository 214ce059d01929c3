"""The ways to walk one side of a table: sum up columns, whole rows or buckets; keep some rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mainstem.unify.verify.cells import kept_cell
from mainstem.unify.verify.sums import BucketSums, RowSums, Sums, bucket, whole_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mainstem.unify.verify.model import Comparison
    from mainstem.unify.verify.sums import Batch


class Side(Protocol):
    """The source or the target."""

    @property
    def conversions(self) -> Mapping[str, int]:
        """Source column -> values that a rule changed in the rows walked last."""

    def batches(self, comparison: Comparison) -> Iterator[Batch]:
        """The side's rows."""

    def lines(self, comparison: Comparison) -> Iterator[Sequence[bytes]]:
        """The side's rows, each as its line of canonical COPY text."""

    def changes(self, comparison: Comparison) -> Iterable[tuple[str, int, str, str]]:
        """Values to replace: key, column's position, before, after."""


@dataclass(frozen=True)
class SideSums:
    """One side of a table, summed up by columns."""

    sums: Sums
    conversions: Mapping[str, int]


@dataclass(frozen=True)
class SideRows:
    """One side of a table, summed up by whole rows."""

    sums: RowSums
    conversions: Mapping[str, int]


@dataclass(frozen=True)
class KeptRow:
    """A row that may differ. `key` is None where rows have none; `label` names it for people."""

    key: str | None
    label: str | None
    cells: tuple[str, ...]


def sum_up(side: Side, comparison: Comparison, advance: Callable[[int], None]) -> SideSums:
    """The checksums of all columns."""
    sums = Sums([0] * len(comparison.columns))
    for batch in side.batches(comparison):
        sums.add(batch)
        advance(batch.rows)
    for key, position, before, after in side.changes(comparison):
        sums.change(key, position, before=before, after=after)
    return SideSums(sums, dict(side.conversions))


def sum_up_rows(side: Side, comparison: Comparison, advance: Callable[[int], None]) -> SideRows:
    """The checksum of whole rows, for a table in which the plan's SQL changes nothing."""
    assert comparison.changed is None
    sums = RowSums()
    for found in side.lines(comparison):
        sums.add(found)
        advance(len(found))
    return SideRows(sums, dict(side.conversions))


def sum_up_buckets(side: Side, comparison: Comparison, advance: Callable[[int], None]) -> list[int]:
    """The checksums of whole rows, by bucket."""
    sums = BucketSums()
    for batch in side.batches(comparison):
        sums.add(batch)
        advance(batch.rows)
    for key, position, before, after in side.changes(comparison):
        sums.change(key, position, before=before, after=after)
    return sums.values


def keep_rows(
    side: Side,
    comparison: Comparison,
    advance: Callable[[int], None],
    *,
    buckets: frozenset[int],
) -> list[KeptRow]:
    """The rows of some buckets, long values by their beginning and digest."""
    found: dict[int, KeptRow] = {}
    for batch in side.batches(comparison):
        for row in _in_buckets(batch, buckets):
            found[len(found)] = row
        advance(batch.rows)
    by_key = {row.key: number for number, row in found.items() if row.key is not None}
    for key, position, before, after in side.changes(comparison):
        number = by_key.get(key)
        if number is not None:
            found[number] = _changed(found[number], position, before=before, after=after)
    return list(found.values())


def _in_buckets(batch: Batch, buckets: frozenset[int]) -> Iterator[KeptRow]:
    keys = batch.keys
    for number, key in enumerate(keys if keys is not None else whole_rows(batch.columns)):
        if bucket(key) in buckets:
            yield KeptRow(
                key=None if keys is None else key,
                label=batch.labels[number] if batch.labels is not None else None,
                cells=tuple(kept_cell(values[number]) for values in batch.columns),
            )


def _changed(row: KeptRow, position: int, *, before: str, after: str) -> KeptRow:
    if row.cells[position] != kept_cell(before):
        return row
    cells = (*row.cells[:position], kept_cell(after), *row.cells[position + 1 :])
    return KeptRow(row.key, row.label, cells)
