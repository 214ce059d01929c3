"""What is compared with what, and what came out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

from mainstem.unify.codec import codec_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mainstem.unify.catalog.model import Table
    from mainstem.unify.codec import Codec
    from mainstem.unify.move.stream import StreamColumn


class KeyKind(Enum):
    """How a row of the target is told to be a certain row of the source."""

    #: the target query's first column is the source row's key text, by `unify.legacy_id`
    MAPPED = "mapped"
    #: some of the compared columns are the key on both sides
    COLUMNS = "columns"
    #: there is no key: the rows are compared as a heap of whole rows
    WHOLE_ROW = "whole row"


class Outcome(StrEnum):
    """What became of a source row."""

    LOADED = "l"
    MERGED = "m"
    QUARANTINED = "q"
    DROPPED = "d"


@dataclass(frozen=True)
class Hop:
    """One step along a reference in the source: the row with `by` = value gives `take`."""

    table: str
    by: str
    take: str
    #: what is taken is a secret, whose fingerprint is meant
    is_secret: bool = False


@dataclass(frozen=True)
class Derivation:
    """A value that the source side finds by following references.

    `merged` is a query for (old key, survivor's old key) of the rows that were merged into others.
    """

    hops: tuple[Hop, ...] = ()
    merged: str | None = None


@dataclass(frozen=True)
class ComparedColumn:
    """A value of the source and the SQL that gives the same value of the target's row `t`.

    The value is that of the source column `name`; or the parent row's key that `derivation` finds
    from it; or `constant`, for every row the same.
    """

    name: str
    target: str
    is_secret: bool = False
    constant: str | None = None
    derivation: Derivation | None = None
    #: what people call it, where it is not simply the source column
    label: str | None = None

    @property
    def shown(self) -> str:
        """The name in reports."""
        return self.label or self.name

    @property
    def is_plain(self) -> bool:
        """Whether the value is the source column's own."""
        return self.constant is None and self.derivation is None


@dataclass(frozen=True)
class Comparison:
    """One source table against the rows of one target table.

    `read` are all columns that the move read, `columns` the compared ones. `target_from` is the
    FROM and WHERE of the target's rows. Queries for what the run decided, None where there is
    nothing: `outcomes` gives (key, value) of source rows that were not loaded, the value being an
    Outcome's; `changed` gives (key, column, before, after, rule) of values that the plan's own SQL
    changed.
    """

    table: Table
    target_name: str
    read: tuple[StreamColumn, ...]
    columns: tuple[ComparedColumn, ...]
    key_kind: KeyKind
    target_from: str
    #: about how many rows there are
    rows: int = 0
    #: positions of the compared columns that are the key
    key: tuple[int, ...] = ()
    #: the SQL of the source row's key
    target_key: str | None = None
    outcomes: str | None = None
    changed: str | None = None
    #: column -> why it cannot be compared
    not_compared: Mapping[str, str] = field(default_factory=dict)
    #: what the table is called, where its source's name belongs to it
    called: str | None = None

    @property
    def name(self) -> str:
        """What accounts, ledger and reports call the source table."""
        return self.called or self.table.name

    def codec_of(self, column: ComparedColumn) -> Codec:
        """How the values of a column are written."""
        if not column.is_plain:
            return codec_for("text")
        read = next(read for read in self.read if read.name == column.name)
        return codec_for(read.type, read.rules)


@dataclass(frozen=True)
class Difference:
    """One place where the sides differ. `kind`: changed, missing (in the target), extra (there)."""

    table: str
    key: str
    kind: str
    column: str | None = None
    source: str | None = None
    target: str | None = None

    def __str__(self) -> str:
        """One line for people."""
        if self.kind == "missing":
            return f"{self.table}, key {self.key}: the row is lost"
        if self.kind == "extra":
            return f"{self.table}, key {self.key}: the source has no such row"
        values = f": {self.source} became {self.target}" if self.source is not None else ""
        return f"{self.table}, key {self.key}, column {self.column}{values}"


@dataclass(frozen=True)
class TableVerdict:
    """The comparison of one source table."""

    table: str
    target: str
    source_rows: int
    target_rows: int
    columns: tuple[str, ...]
    #: columns whose checksums differ
    differing: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    #: there are more differences than those listed
    has_more: bool = False
    not_compared: Mapping[str, str] = field(default_factory=dict)
    #: column -> the checksum of the source and of the target; of secrets none is kept
    checksums: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    #: of a table whose rows were found equal as wholes, instead; none where a column is a secret
    row_checksum: str | None = None

    @property
    def is_equal(self) -> bool:
        """Whether both sides hold the same rows with the same values."""
        return not (self.differing or self.differences) and self.source_rows == self.target_rows


@dataclass(frozen=True)
class Finding:
    """Something wrong that is no difference of a value. `kind`: count, foreign key, isolation..."""

    kind: str
    table: str
    text: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.kind}: {self.table}: {self.text}"


@dataclass(frozen=True)
class Verification:
    """Everything that a verification found."""

    tables: Sequence[TableVerdict]
    findings: Sequence[Finding] = ()
    #: kind -> how many such things were looked at
    checked: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    notes: Sequence[str] = ()
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def is_equal(self) -> bool:
        """Whether nothing at all is wrong."""
        return not self.findings and all(table.is_equal for table in self.tables)

    @property
    def summary(self) -> str:
        """The verdict in a few words."""
        rows = sum(table.target_rows for table in self.tables)
        if self.is_equal:
            columns = sum(len(table.columns) for table in self.tables)
            return f"{rows:,} rows equal in {columns} columns of {len(self.tables)} tables"
        wrong = [table.table for table in self.tables if not table.is_equal]
        said = [f"{', '.join(wrong[:5])} differ"] if wrong else []
        kinds = sorted({finding.kind for finding in self.findings})
        said += [f"{len(self.findings)} findings ({', '.join(kinds)})"] if kinds else []
        return "; ".join(said)

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "is_passed": self.is_equal,
            "summary": self.summary,
            "at": self.at.isoformat(),
            "seconds": round(self.seconds, 3),
            "checked": dict(self.checked),
            "tables": [_verdict_as_dict(table) for table in self.tables],
            "findings": [vars(finding) for finding in self.findings],
            "notes": list(self.notes),
        }


def _verdict_as_dict(verdict: TableVerdict) -> dict[str, object]:
    return {
        "table": verdict.table,
        "target": verdict.target,
        "is_equal": verdict.is_equal,
        "source_rows": verdict.source_rows,
        "target_rows": verdict.target_rows,
        "columns": list(verdict.columns),
        "differing_columns": list(verdict.differing),
        "differences": [vars(difference) for difference in verdict.differences],
        "has_more_differences": verdict.has_more,
        "not_compared": dict(verdict.not_compared),
        "checksums": {
            name: {"source": source, "target": target}
            for name, (source, target) in verdict.checksums.items()
        },
        "row_checksum": verdict.row_checksum,
    }
