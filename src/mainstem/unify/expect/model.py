"""What people may expect of a database, and what came of holding it against one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Value = str | int | float | bool


@dataclass(frozen=True)
class Table:
    """A table, view or foreign table by its full name."""

    schema: str
    name: str

    def __str__(self) -> str:
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Existence:
    """A table must exist, or must not."""

    table: Table
    is_there: bool
    kind: ClassVar[str] = "existence"

    @property
    def title(self) -> str:
        """The assertion in words."""
        return f"{self.table} exists" if self.is_there else f"{self.table} does not exist"


@dataclass(frozen=True)
class SourceTable:
    """A table of a named source."""

    source: str
    table: Table

    def __str__(self) -> str:
        return f"{self.source}.{self.table}"


@dataclass(frozen=True)
class Count:
    """A table must have so many rows: between two bounds, or as many as tables of sources."""

    table: Table
    rows_min: int | None = None
    rows_max: int | None = None
    same_as: tuple[SourceTable, ...] = ()
    kind: ClassVar[str] = "count"

    @property
    def title(self) -> str:
        """The assertion in words."""
        if self.same_as:
            wanted = "as many rows as " + " and ".join(map(str, self.same_as))
        elif self.rows_min == self.rows_max:
            wanted = f"exactly {self.rows_min:,} rows"
        else:
            bounds = (("at least", self.rows_min), ("at most", self.rows_max))
            told = [f"{word} {bound:,}" for word, bound in bounds if bound is not None]
            wanted = " and ".join(told) + " rows"
        return f"{self.table} has {wanted}"


@dataclass(frozen=True)
class Caller:
    """On whose behalf a statement runs: a database role, the claims of a token, settings."""

    name: str
    role: str
    claims: Mapping[str, object] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """What one caller does, and what another one then sees.

    Attributes:
        title: the case in words.
        prepare: statements that run before, as the role that is connected.
        setup: statements that run as `setup_as`.
        setup_as: who does it.
        query: the statement that is looked at.
        query_as: who asks.
        rows: the rows it must give, in any order; None when their number or a refusal is expected.
        row_count: how many rows it must give, or None.
    """

    title: str
    prepare: tuple[str, ...]
    setup: str | None
    setup_as: Caller | None
    query: str
    query_as: Caller
    rows: tuple[tuple[Value, ...], ...] | None = None
    row_count: int | None = None
    kind: ClassVar[str] = "case"

    @property
    def is_refusal(self) -> bool:
        """Whether the server must refuse the query."""
        return self.rows is None and self.row_count is None


Expectation = Existence | Count | Case


@dataclass(frozen=True)
class Expectations:
    """What a file expects, and where its sources are."""

    path: Path
    entries: tuple[Expectation, ...]
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reason:
    """Why an expectation is not met: for who asks, and without values of rows, to be kept."""

    text: str
    brief: str


@dataclass(frozen=True)
class Outcome:
    """One expectation, and why it is not met; None when it is."""

    expectation: Expectation
    why: Reason | None = None

    @property
    def is_met(self) -> bool:
        """Whether the database is as expected."""
        return self.why is None

    @property
    def reason(self) -> str | None:
        """Why it is not met, with the rows that differ."""
        return self.why.text if self.why is not None else None
