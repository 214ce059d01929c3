"""Order-independent checksums of columns or of whole rows, in a few integers.

A column's checksum is the exact sum, over its rows, of hash(key) times hash(value). The hash of a
string is SipHash with a random seed (PEP 456), so that the key hashes are random coefficients and
the sum is an inner product with the values: two different columns have the same sum with a chance
of about 2^-60 (Carter and Wegman, "Universal classes of hash functions", 1979).
A plain sum of hash((key, value)) would not do: the interpreter's tuple hash is nearly additive, and
44 of 100 pairs of swapped values left such a sum unchanged.
Whole rows need no coefficients: their checksum is the sum of the hashes of their lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import repeat
from operator import add, mul
from typing import TYPE_CHECKING, Final
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Sequence

BUCKETS: Final = 4096
_ZERO_STAND_IN: Final = 0x9E3779B97F4A7C15  # hash("") is 0, which would take its row out of the sum


@dataclass(frozen=True)
class Batch:
    """Some rows in canonical COPY text, by column. `labels` name the rows for people.

    `keys` is None where the rows have no key.
    """

    columns: Sequence[Sequence[str]]
    keys: Sequence[str] | None
    labels: Sequence[str] | None = None

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.keys) if self.keys is not None else len(self.columns[0])


@dataclass
class Sums:
    """The checksums of one side of a table, so far."""

    columns: list[int]
    rows: int = 0
    keys: int = 0

    def add(self, batch: Batch) -> None:
        """Count a batch in."""
        self.rows += batch.rows
        if batch.keys is None:
            self.keys += sum(map(hash, whole_rows(batch.columns)))
            for position, values in enumerate(batch.columns):
                self.columns[position] += sum(map(hash, values))
            return
        keys = key_hashes(batch.keys)
        total = sum(keys)
        self.keys += total
        for position, values in enumerate(batch.columns):
            if _is_constant(values):
                self.columns[position] += total * hash(values[0])
            else:
                self.columns[position] += sum(map(mul, keys, map(hash, values)))

    def change(self, key: str, position: int, *, before: str, after: str) -> None:
        """Replace one value that was counted in."""
        (coefficient,) = key_hashes([key])
        self.columns[position] += coefficient * (hash(after) - hash(before))


@dataclass
class RowSums:
    """The checksum of one side's whole rows, so far."""

    rows: int = 0
    total: int = 0

    def add(self, found: Sequence[bytes]) -> None:
        """Count some rows in."""
        self.rows += len(found)
        self.total += sum(map(hash, found))


def key_hashes(keys: Sequence[str]) -> list[int]:
    """The coefficients of some rows."""
    hashes = list(map(hash, keys))
    if 0 in hashes:
        return [number or _ZERO_STAND_IN for number in hashes]
    return hashes


def _is_constant(values: Sequence[str]) -> bool:
    """Whether a column has one value only; most often NULL."""
    return bool(values) and values[0] == values[-1] and values.count(values[0]) == len(values)


def whole_rows(columns: Sequence[Sequence[str]]) -> list[str]:
    """Each row as one text."""
    return list(map("\t".join, zip(*columns, strict=True)))


def lines(columns: Sequence[Sequence[str]]) -> Sequence[bytes]:
    """Each row as its line of COPY text; no cell holds a tab or a line end."""
    text = "\n".join(whole_rows(columns)) + "\n"
    return text.encode().splitlines(keepends=True)


def bucket(key: str) -> int:
    """The bucket a row belongs to; the same in every process."""
    return crc32(key.encode()) % BUCKETS


def digits(total: int) -> str:
    """A checksum for people: 32 hexadecimal digits."""
    return f"{total % 2**128:032x}"


@dataclass
class BucketSums:
    """Checksums of whole rows, one for each bucket: where two sides differ, in bounded memory."""

    values: list[int] = field(default_factory=lambda: [0] * BUCKETS)

    def add(self, batch: Batch) -> None:
        """Count a batch in."""
        values = self.values
        if batch.keys is None:
            for row in whole_rows(batch.columns):
                values[bucket(row)] += hash(row)
            return
        factors = [1] * batch.rows
        for position, column in enumerate(batch.columns):
            weight = repeat(_column_hash(position))
            factors = list(map(add, factors, map(mul, weight, map(hash, column))))
        hashes = key_hashes(batch.keys)
        for key, coefficient, factor in zip(batch.keys, hashes, factors, strict=True):
            values[bucket(key)] += coefficient * factor

    def change(self, key: str, position: int, *, before: str, after: str) -> None:
        """Replace one value that was counted in."""
        (coefficient,) = key_hashes([key])
        difference = hash(after) - hash(before)
        self.values[bucket(key)] += coefficient * _column_hash(position) * difference


def _column_hash(position: int) -> int:
    return hash(f"column {position}")
