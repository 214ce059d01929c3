"""Whether a column's type still suits it, once rows did not fit.

Types are chosen from a sample; this looks at the whole column, only where a value had to be
converted or refused, and at most once for each column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.catalog.sqlite_rows import RowReader
from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.codec import codec_for
from mainstem.unify.copy.types import EXACT_MAX, Kinds, content_type, wider_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.unify.catalog.model import Table
    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.copy.design import TargetColumn, TargetTable


class WrongTypeError(Exception):
    """A column's type does not suit its content: load the table again with another."""

    def __init__(self, column: str, type_name: str) -> None:
        super().__init__(column, type_name)
        self.column = column
        self.type_name = type_name


class Judge:
    """Judges the columns of a run; remembers which it has judged."""

    def __init__(self, source: SqliteSource) -> None:
        self._source = source
        self._widened: set[tuple[str, str]] = set()
        self._settled: set[tuple[str, str]] = set()

    def __call__(self, target: TargetTable, misfits: Mapping[str, int]) -> None:
        """Raise WrongTypeError when a wider type would take what a column has refused."""
        for column in target.stored:
            if misfits.get(column.source.name):
                self._widen(target.source, column)

    def settle(self, target: TargetTable, misfits: Mapping[str, int]) -> None:
        """Raise WrongTypeError when most values of a loaded table's column did not fit."""
        for column in target.stored:
            if misfits.get(column.source.name):
                self._settle(target.source, column, misfits[column.source.name])

    def _widen(self, table: Table, column: TargetColumn) -> None:
        """Ask for the wider type when it refuses fewer values."""
        wider = wider_type(column.type)
        place = (table.name, column.source.name)
        if wider is None or place in self._widened:
            return
        if column.type == "boolean" and "INT" not in column.source.declared_type.upper():
            return
        self._widened.add(place)
        if self._refusals(table, column, wider) < self._refusals(table, column, column.type):
            raise WrongTypeError(column.source.name, wider)

    def _settle(self, table: Table, column: TargetColumn, misfits: int) -> None:
        """Let the largest group of values decide when most do not fit as they are."""
        place = (table.name, column.source.name)
        if place in self._settled or column.is_counter:
            return
        kinds = self._kinds(table, column.source.name)
        if misfits * 2 <= kinds.whole + kinds.real + kinds.text + kinds.blob:
            return
        self._settled.add(place)
        type_name = content_type(kinds)
        if type_name != column.type:
            raise WrongTypeError(column.source.name, type_name)

    def _refusals(self, table: Table, column: TargetColumn, type_name: str) -> int:
        codec = codec_for(type_name, ())
        return sum(
            len(codec.encode(batch.plain_column(0)).refusals)
            for batch in RowReader(self._source, table, [column.source.name])
        )

    def _kinds(self, table: Table, column: str) -> Kinds:
        name = quoted(column)
        sums = ", ".join(
            f"coalesce(sum({condition}), 0)"
            for condition in (
                f"typeof({name}) = 'integer'",
                f"typeof({name}) = 'integer' and not {name} between -{EXACT_MAX} and {EXACT_MAX}",
                f"typeof({name}) = 'real'",
                f"typeof({name}) = 'text'",
                f"typeof({name}) = 'blob'",
            )
        )
        with self._source.reading() as connection:
            row: tuple[int, ...] = connection.execute(
                f"select {sums} from {quoted(table.name)}"
            ).fetchone()
        return Kinds(*row)
