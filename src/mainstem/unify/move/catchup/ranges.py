"""Which ranges of a source table's keys hold rows that changed, by sums of hashes.

The source's server adds up a hash of each row, range by range; the ledger remembers the sums of the
smallest ranges. A comparison begins with the whole table in a few ranges and goes on within those
that differ, along the index of the key. Nothing is installed in the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainstem.unify.plan.names import name_sql, text_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.move.server_source import ServerSource
    from mainstem.unify.plan.model import PlannedTable

    Connection = psycopg.Connection[TupleRow]

#: rows of the smallest range
LEAF_ROWS: Final = 128
#: a range that has grown to this is parted again
_LEAF_ROWS_MAX: Final = 4 * LEAF_ROWS
#: ranges that one question parts a range into
_PARTS: Final = 64


@dataclass(frozen=True)
class Range:
    """Keys from `low` (as text; None: from the first one) up to the next range."""

    low: str | None
    rows: int
    hash: int


@dataclass(frozen=True)
class Change:
    """A remembered range, by its place, and what it holds now."""

    at: int
    now: Range


@dataclass(frozen=True)
class RangedTable:
    """A table of a source with the column that its ranges are cut along."""

    source: ServerSource
    table: PlannedTable

    @property
    def column(self) -> str:
        """The first column of the key, as SQL over `t`."""
        return f"t.{name_sql(self.table.key[0])}"

    @property
    def type(self) -> str:
        """The column's type in the source."""
        own = self.source.catalog.table(self.table.table)
        declared = own.column(self.table.key[0]).declared_type
        return "text" if "char" in declared else declared

    def measure(self, low: str | None = None, high: str | None = None) -> list[Range]:
        """Cut a stretch of keys into ranges of about as many rows, each with its sum."""
        query = (
            "select (array_agg(k order by k))[1]::text, count(*), sum(h) from ("
            f"select k, h, (rank() over (order by k) - 1) / {LEAF_ROWS} as leaf from ("
            f"select {self.column} as k, {self._hash()} as h from {self._place()} as t"
            f"{self.within([(low, high)])}) as x) as y group by leaf order by leaf"
        )
        with self.source.server.reading() as connection:
            rows = connection.execute(query.encode()).fetchall()
        found = [Range(row[0], row[1], int(row[2])) for row in rows]
        if not found:
            return [Range(low, 0, 0)]
        return [Range(low, found[0].rows, found[0].hash), *found[1:]]

    def differing(self, known: Sequence[Range]) -> list[Change]:
        """The remembered ranges that hold other rows now."""
        return list(self._differing(known, 0, len(known)))

    def within(self, stretches: Sequence[tuple[str | None, str | None]]) -> str:
        """The condition that a row's key lies in one of the stretches, with its `where`."""
        parts = []
        for low, high in stretches:
            bounds = [f"{self.column} >= {self._value(low)}"] if low is not None else []
            bounds += [f"{self.column} < {self._value(high)}"] if high is not None else []
            parts.append(" and ".join(bounds) or "true")
        return f" where {' or '.join(f'({part})' for part in parts)}"

    def renew(self, known: Sequence[Range], changes: Sequence[Change]) -> list[Range]:
        """The ranges as they are now; those that have grown are parted."""
        now = {change.at: change.now for change in changes}
        found: list[Range] = []
        for at, old in enumerate(known):
            new = now.get(at, old)
            if new.rows <= _LEAF_ROWS_MAX or at not in now:
                found.append(new)
            else:
                found += self.measure(old.low, high_of(known, at))
        return found

    def _differing(self, known: Sequence[Range], first: int, end: int) -> Iterator[Change]:
        size = -(-(end - first) // _PARTS)
        starts = list(range(first, end, size))
        sums = self._sums(known, starts, end)
        for number, start in enumerate(starts):
            stop = min(start + size, end)
            rows, total = sums.get(number, (0, 0))
            was = known[start:stop]
            if (rows, total) == (sum(r.rows for r in was), sum(r.hash for r in was)):
                continue
            if stop - start == 1:
                yield Change(start, Range(known[start].low, rows, total))
            else:
                yield from self._differing(known, start, stop)

    def _sums(
        self, known: Sequence[Range], starts: Sequence[int], end: int
    ) -> dict[int, tuple[int, int]]:
        """Rows and sums of the ranges that begin there, by their numbers."""
        lows = [known[start].low or "" for start in starts[1:]]
        low, high = known[starts[0]].low, high_of(known, end - 1)
        cast = "::text" if self.type == "text" else ""
        listed = ", ".join(map(text_sql, lows))
        bucket = f"width_bucket({self.column}{cast}, array[{listed}]::{self.type}[])"
        query = (
            f"select {bucket if lows else 0}, count(*), sum({self._hash()})"
            f" from {self._place()} as t{self.within([(low, high)])} group by 1"
        )
        with self.source.server.reading() as connection:
            rows = connection.execute(query.encode()).fetchall()
        return {row[0]: (row[1], int(row[2])) for row in rows}

    def _hash(self) -> str:
        """A row's hash: of each column on its own, so that no text of the whole row is made."""
        names = dict.fromkeys([*self.table.key, *(c.name for c in self.table.staged)])
        parts = " # ".join(
            f"coalesce(hashtextextended(t.{name_sql(name)}::text, {seed}), {seed})"
            for seed, name in enumerate(names, start=1)
        )
        return f"hashint8extended({parts}, 0)"

    def _place(self) -> str:
        return self.source.server.table_sql(self.table.table)

    def _value(self, text: str) -> str:
        return f"{text_sql(text)}::{self.type}"


def high_of(known: Sequence[Range], at: int) -> str | None:
    """Where a range ends."""
    return known[at + 1].low if at + 1 < len(known) else None


def stretches(known: Sequence[Range], places: Sequence[int]) -> list[tuple[str | None, str | None]]:
    """The keys of some ranges, neighbours together."""
    found: list[tuple[str | None, str | None]] = []
    last = -2
    for at in sorted(places):
        if at == last + 1:
            found[-1] = (found[-1][0], high_of(known, at))
        else:
            found.append((known[at].low, high_of(known, at)))
        last = at
    return found


def read_ranges(connection: Connection, memory: Run, table: str) -> list[Range]:
    """What is remembered of a table; empty: nothing."""
    rows = connection.execute(
        "select low, row_count, hash from unify.range_hash"
        " where run_id = %s and source_table = %s order by number",
        (memory.id, table),
    )
    return [Range(low, rows, int(total)) for low, rows, total in rows]


def save_ranges(connection: Connection, memory: Run, table: str, ranges: Sequence[Range]) -> None:
    """Remember a table; does not commit."""
    forget_ranges(connection, memory, table)
    copy_in = (
        "copy unify.range_hash (run_id, source_table, number, low, row_count, hash) from stdin"
    )
    with connection.cursor() as cursor, cursor.copy(copy_in) as copy:
        for number, one in enumerate(ranges):
            copy.write_row((memory.id, table, number, one.low, one.rows, one.hash))


def forget_ranges(connection: Connection, memory: Run, table: str) -> None:
    """Remember nothing of a table; does not commit."""
    connection.execute(
        "delete from unify.range_hash where run_id = %s and source_table = %s", (memory.id, table)
    )
