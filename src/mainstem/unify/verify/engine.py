"""Comparing tables: one pass over both sides, two more for a table that differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.unify.verify.differences import find_differences
from mainstem.unify.verify.model import TableVerdict
from mainstem.unify.verify.passes import sum_up
from mainstem.unify.verify.sums import digits
from mainstem.unify.verify.workers import open_sides

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mainstem.unify.progress import Reporter
    from mainstem.unify.verify.model import Comparison, Difference
    from mainstem.unify.verify.passes import SideSums
    from mainstem.unify.verify.workers import Advance, Sides


@dataclass(frozen=True)
class Compared:
    """A table's verdict, and how many values of each source column a rule converts."""

    verdict: TableVerdict
    conversions: Mapping[str, int]


def compare_tables(
    comparisons: Sequence[Comparison], path: Path, url: str, *, reporter: Reporter
) -> list[Compared]:
    """Compare tables of a SQLite file with a database.

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
