"""The source's rows as batches of cells, through the declared conversions."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from itertools import compress
from typing import TYPE_CHECKING, Final, Self

from mainstem.pg.connect import connect
from mainstem.unify.catalog.sqlite import open_source
from mainstem.unify.catalog.sqlite_rows import RowReader
from mainstem.unify.codec import codec_for, escape
from mainstem.unify.codec.value import escape_all
from mainstem.unify.move.stream import MASK
from mainstem.unify.verify.cells import changed_cell, source_cells
from mainstem.unify.verify.derive import Deriver
from mainstem.unify.verify.lookup import Lookup
from mainstem.unify.verify.model import KeyKind
from mainstem.unify.verify.sums import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.catalog.sqlite_rows import Batch as SourceBatch
    from mainstem.unify.verify.cells import Cells
    from mainstem.unify.verify.model import Comparison

#: the rule by which a plan's select leaves a reference out that leads nowhere
ORPHAN_TO_NULL: Final = "orphan-to-null"


class SourceSide:
    """Reads the SQLite file; asks the server only for what the run decided about rows."""

    def __init__(self, path: Path, url: str) -> None:
        self._stack = ExitStack()
        self._source = self._stack.enter_context(open_source(path))
        self._server = self._stack.enter_context(
            connect(url, autocommit=True, application_name="mainstem verify source")
        )
        self.conversions: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def batches(self, comparison: Comparison) -> Iterator[Batch]:
        """The rows that must be in the target; `conversions` counts what rules changed in them."""
        names = [column.name for column in comparison.read]
        reader = RowReader(self._source, comparison.table, names, keep_long=True)
        self.conversions = Counter()
        with self._server.transaction(), ExitStack() as lookups:
            writer = _Writer(self._source, comparison, self._lookups(comparison, lookups))
            chosen = self._chosen(comparison, lookups)
            for found in reader:
                columns = writer.write(found, self.conversions)
                batch = _keyed(comparison, found, columns)
                yield batch if chosen is None else chosen.only(batch)

    def changes(self, comparison: Comparison) -> Iterator[tuple[str, int, str, str]]:
        """Values that the plan's own SQL changed: key, column's position, before, after."""
        if comparison.changed is None:
            return
        positions = {
            (column.name, column.is_plain): at for at, column in enumerate(comparison.columns)
        }
        codecs = [comparison.codec_of(column) for column in comparison.columns]
        with self._server.transaction(), self._server.cursor(name="mainstem_changes") as cursor:
            cursor.itersize = 5_000
            cursor.execute(comparison.changed)
            for key, name, before, after, rule in cursor:
                at = positions.get((name, rule != ORPHAN_TO_NULL))
                if at is not None and MASK not in {before, after}:
                    yield (
                        escape(key),
                        at,
                        changed_cell(codecs[at], before),
                        changed_cell(codecs[at], after),
                    )

    def _lookups(self, comparison: Comparison, stack: ExitStack) -> dict[str, Lookup]:
        queries = {
            column.derivation.merged
            for column in comparison.columns
            if column.derivation is not None and column.derivation.merged is not None
        }
        return {query: self._lookup(query, stack) for query in sorted(queries)}

    def _lookup(self, query: str, stack: ExitStack) -> Lookup:
        lookup = Lookup(self._server, query)
        stack.callback(lookup.close)
        return lookup

    def _chosen(self, comparison: Comparison, stack: ExitStack) -> _Chosen | None:
        query = comparison.left_out or comparison.kept
        if query is None:
            return None
        return _Chosen(self._lookup(query, stack), is_kept=comparison.left_out is None)


class _Chosen:
    """Leaves out the rows that the run did not load."""

    def __init__(self, lookup: Lookup, *, is_kept: bool) -> None:
        self._lookup = lookup
        self._is_kept = is_kept

    def only(self, batch: Batch) -> Batch:
        labels = batch.labels or ()
        found = self._lookup.find(labels)
        stays = [(label in found) is self._is_kept for label in labels]
        if all(stays):
            return batch
        return Batch(
            [list(compress(values, stays)) for values in batch.columns],
            None if batch.keys is None else list(compress(batch.keys, stays)),
            list(compress(labels, stays)),
        )


class _Writer:
    """Turns a batch's values into the cells of the compared columns."""

    def __init__(
        self, source: SqliteSource, comparison: Comparison, merged: Mapping[str, Lookup]
    ) -> None:
        self._comparison = comparison
        self._codecs = [codec_for(column.type, column.rules) for column in comparison.read]
        self._derivers = {
            at: Deriver(source, found, merged=merged.get(found.merged or ""))
            for at, found in enumerate(column.derivation for column in comparison.columns)
            if found is not None
        }

    def write(self, found: SourceBatch, conversions: Counter[str]) -> list[Sequence[str]]:
        """The cells; counts the values that were converted in rows that no codec refuses."""
        names = [column.name for column in self._comparison.read]
        values = dict(zip(names, found.columns, strict=True))
        cells = {
            name: source_cells(codec, values[name], may_be_long=found.may_be_long)
            for name, codec in zip(names, self._codecs, strict=True)
        }
        columns: list[Sequence[str]] = []
        for at, column in enumerate(self._comparison.columns):
            if column.constant is not None:
                columns.append([escape(column.constant)] * found.rows)
            elif at in self._derivers:
                plain = cells[column.name].texts
                columns.append(self._derivers[at].cells(values[column.name], plain))
            else:
                columns.append(cells[column.name].texts)
        _count_conversions(cells, conversions)
        return columns


def _count_conversions(columns: Mapping[str, Cells], conversions: Counter[str]) -> None:
    refused = {row for cells in columns.values() for row in cells.refused}
    for name, cells in columns.items():
        if cells.converted:
            conversions[name] += sum(row not in refused for row in cells.converted)


def _keyed(comparison: Comparison, found: SourceBatch, columns: Sequence[Sequence[str]]) -> Batch:
    labels = found.key_texts()
    if comparison.key_kind is KeyKind.MAPPED:
        return Batch(columns, escape_all(labels), labels)
    if comparison.key_kind is KeyKind.WHOLE_ROW:
        return Batch(columns, None, labels)
    return Batch(columns, joined_keys(columns, comparison.key), labels)


def joined_keys(columns: Sequence[Sequence[str]], key: Sequence[int]) -> Sequence[str]:
    """The key of each row out of its own cells; no cell holds a tab."""
    if len(key) == 1:
        return columns[key[0]]
    return list(map("\t".join, zip(*(columns[position] for position in key), strict=True)))
