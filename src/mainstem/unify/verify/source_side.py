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
from mainstem.unify.verify.model import KeyKind, Outcome
from mainstem.unify.verify.sums import Batch, lines

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
#: the rule by which it gives a value to rows that have none
NULL_REPLACED: Final = "null-replaced"


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
            not_loaded = comparison.outcomes and self._lookup(comparison.outcomes, lookups)
            for found in reader:
                columns, cells = writer.write(found)
                batch = _keyed(comparison, found, columns)
                reached = _outcomes(batch, not_loaded) if not_loaded else None
                self._count(cells, reached)
                yield batch if reached is None else _loaded(batch, reached)

    def lines(self, comparison: Comparison) -> Iterator[Sequence[bytes]]:
        """The rows of `batches`, each as its line of COPY text."""
        for batch in self.batches(comparison):
            yield lines(batch.columns)

    def changes(self, comparison: Comparison) -> Iterator[tuple[str, int, str, str]]:
        """Values that the plan's own SQL changed: key, column's position, before, after."""
        if comparison.changed is None:
            return
        with self._server.transaction(), ExitStack() as lookups:
            writer = _Writer(self._source, comparison, self._lookups(comparison, lookups))
            cursor = lookups.enter_context(self._server.cursor(name="mainstem_changes"))
            cursor.itersize = 5_000
            cursor.execute(comparison.changed)
            for key, name, before, after, rule in cursor:
                if MASK in {before, after}:
                    continue
                for at in _changed_columns(comparison, name, rule):
                    yield escape(key), at, writer.changed(at, before), writer.changed(at, after)

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

    def _count(self, columns: Mapping[str, Cells], outcomes: Sequence[str] | None) -> None:
        """Count conversions, but for rows in quarantine: those wait as they were."""
        if not any(cells.converted for cells in columns.values()):
            return
        waiting = {row for cells in columns.values() for row in cells.refused}
        for row, outcome in enumerate(outcomes or ()):
            if outcome == Outcome.QUARANTINED:
                waiting.add(row)
        for name, cells in columns.items():
            self.conversions[name] += sum(row not in waiting for row in cells.converted)


def _changed_columns(comparison: Comparison, name: str, rule: str) -> Iterator[int]:
    """The compared columns that a change by the plan's SQL concerns."""
    for at, column in enumerate(comparison.columns):
        is_meant = {ORPHAN_TO_NULL: not column.is_plain, NULL_REPLACED: column.is_plain}
        if column.name == name and is_meant.get(rule, True):
            yield at


def _outcomes(batch: Batch, not_loaded: Lookup) -> list[str] | None:
    """What the run made of some rows; None when all of them were loaded."""
    labels = batch.labels or ()
    found = not_loaded.find(labels)
    if found.keys().isdisjoint(labels):
        return None
    return [found.get(label, Outcome.LOADED.value) for label in labels]


def _loaded(batch: Batch, outcomes: Sequence[str]) -> Batch:
    """Only the loaded ones of the rows."""
    stays = [outcome == Outcome.LOADED for outcome in outcomes]
    return Batch(
        [list(compress(values, stays)) for values in batch.columns],
        None if batch.keys is None else list(compress(batch.keys, stays)),
        list(compress(batch.labels or (), stays)),
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

    def changed(self, at: int, text: str | None) -> str:
        """The cell of a compared column, from the source column's value as the ledger prints it."""
        column = self._comparison.columns[at]
        cell = changed_cell(self._comparison.codec_of(column), text)
        if at not in self._derivers:
            return cell
        return self._derivers[at].cells([text], [cell])[0]

    def write(self, found: SourceBatch) -> tuple[list[Sequence[str]], Mapping[str, Cells]]:
        """The compared columns, and the columns that were read by their names."""
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
        return columns, cells


def _keyed(comparison: Comparison, found: SourceBatch, columns: Sequence[Sequence[str]]) -> Batch:
    if comparison.key_kind is KeyKind.COLUMNS and not comparison.outcomes:
        return Batch(columns, joined_keys(columns, comparison.key))
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
