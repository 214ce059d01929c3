"""Comparing tables: one pass over both sides, more of them for a table that differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.unify.verify.differences import find_differences
from mainstem.unify.verify.model import TableVerdict
from mainstem.unify.verify.passes import sum_up, sum_up_rows
from mainstem.unify.verify.sums import digits
from mainstem.unify.verify.workers import open_sides

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mainstem.unify.progress import Reporter
    from mainstem.unify.verify.model import Comparison, Difference
    from mainstem.unify.verify.passes import SideRows, SideSums
    from mainstem.unify.verify.workers import Advance, Sides


@dataclass(frozen=True)
class Compared:
    """A table's verdict, and how many values of each source column a rule converts."""

    verdict: TableVerdict
    conversions: Mapping[str, int]


def compare_tables(
    comparisons: Sequence[Comparison], path: Path, url: str, *, reporter: Reporter
) -> list[Compared]:
    """Compare tables of a SQLite file with a database, column by column.

    Raises SourceError or ServerError when a side cannot be read.
    """
    rows = sum(comparison.rows for comparison in comparisons)
    with open_sides(path, url, rows=rows) as sides:
        advance = reporter.step("compare", 2 * rows).advance
        sums = sides.walk([(sum_up, comparison) for comparison in comparisons], advance)
        return [
            _judge(sides, comparison, source, target, reporter=reporter)
            for comparison, (source, target) in zip(comparisons, sums, strict=True)
        ]


def compare_rows(
    comparisons: Sequence[Comparison], path: Path, url: str, *, reporter: Reporter
) -> list[Compared]:
    """Compare tables of a SQLite file with a copy of them: columns only where whole rows differ.

    Raises SourceError or ServerError when a side cannot be read.
    """
    rows = sum(comparison.rows for comparison in comparisons)
    with open_sides(path, url, rows=rows) as sides:
        advance = reporter.step("compare", 2 * rows).advance
        sums = sides.walk([(sum_up_rows, comparison) for comparison in comparisons], advance)
        return [
            _equal(comparison, source)
            if source.sums == target.sums
            else _compare_columns(sides, comparison, reporter=reporter)
            for comparison, (source, target) in zip(comparisons, sums, strict=True)
        ]


def _equal(comparison: Comparison, source: SideRows) -> Compared:
    """The verdict on a table whose rows have the same checksum on both sides."""
    has_secret = any(column.is_secret for column in comparison.columns)
    verdict = TableVerdict(
        table=comparison.name,
        target=comparison.target_name,
        source_rows=source.sums.rows,
        target_rows=source.sums.rows,
        columns=tuple(column.shown for column in comparison.columns),
        row_checksum=None if has_secret else digits(source.sums.total),
    )
    return Compared(verdict, source.conversions)


def _compare_columns(sides: Sides, comparison: Comparison, *, reporter: Reporter) -> Compared:
    advance = reporter.step(f"compare columns of {comparison.name}", 2 * comparison.rows).advance
    ((source, target),) = sides.walk([(sum_up, comparison)], advance)
    return _judge(sides, comparison, source, target, reporter=reporter)


def _judge(
    sides: Sides, comparison: Comparison, source: SideSums, target: SideSums, *, reporter: Reporter
) -> Compared:
    here, there = source.sums, target.sums
    differences: tuple[Difference, ...] = ()
    has_more = False
    if here != there:
        rows = max(here.rows, there.rows)
        name = f"find differences of {comparison.name}"
        advance: Advance = reporter.step(name, 2 * (here.rows + there.rows)).advance
        differences, has_more = find_differences(sides, comparison, rows=rows, advance=advance)
    verdict = TableVerdict(
        table=comparison.name,
        target=comparison.target_name,
        source_rows=here.rows,
        target_rows=there.rows,
        columns=tuple(column.shown for column in comparison.columns),
        differing=tuple(
            column.shown
            for column, before, after in zip(
                comparison.columns, here.columns, there.columns, strict=True
            )
            if before != after
        ),
        differences=differences,
        has_more=has_more,
        not_compared=comparison.not_compared,
        checksums={
            column.shown: (digits(before), digits(after))
            for column, before, after in zip(
                comparison.columns, here.columns, there.columns, strict=True
            )
            if not column.is_secret
        },
    )
    return Compared(verdict, source.conversions)
