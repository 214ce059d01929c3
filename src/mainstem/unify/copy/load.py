"""Loads a table, or a part of one, in units that are committed with the key they end at."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

import psycopg
from psycopg import sql

from mainstem.errors import UnifyError
from mainstem.unify.catalog.sqlite_rows import ROWS_MAX
from mainstem.unify.ledger import store
from mainstem.unify.move.positions import decode_position, encode_position
from mainstem.unify.move.stream import TableReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Table
    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.codec import SqliteValue
    from mainstem.unify.ledger.rows import LedgerRow, QuarantineRow, Run
    from mainstem.unify.move.stream import Portion, StreamColumn

    #: told how many values of which columns were converted or refused; may raise to stop the load
    MisfitJudge: TypeAlias = Callable[[Mapping[str, int]], None]
    Advance: TypeAlias = Callable[[int], None]

_UNIT_ROWS_MAX: Final = 250_000
_UNIT_BYTES_MAX: Final = 128 * 2**20
_UNIT_NOTES_MAX: Final = 20_000

#: What the server may have against a row that the codecs let through.
_ROW_REFUSALS: Final = (psycopg.DataError, psycopg.errors.ProgramLimitExceeded)


@dataclass
class Counts:
    """What happened to rows so far; the JSON of their step."""

    rows: int = 0
    loaded: int = 0
    quarantined: int = 0
    conversions: int = 0
    #: column -> values that were converted or refused
    misfits: dict[str, int] = field(default_factory=dict)

    def add(self, portion: Portion) -> None:
        """Count a portion."""
        self.rows += portion.rows
        self.loaded += portion.loaded
        self.quarantined += len(portion.quarantined)
        self.conversions += len(portion.ledger)
        columns = [row.column_name for row in portion.ledger]
        columns += [row.column_name for row in portion.quarantined if row.column_name is not None]
        for column in columns:
            self.misfits[column] = self.misfits.get(column, 0) + 1

    def __add__(self, other: Counts) -> Counts:
        columns = self.misfits.keys() | other.misfits.keys()
        return Counts(
            self.rows + other.rows,
            self.loaded + other.loaded,
            self.quarantined + other.quarantined,
            self.conversions + other.conversions,
            {name: self.misfits.get(name, 0) + other.misfits.get(name, 0) for name in columns},
        )


@dataclass(frozen=True)
class Part:
    """A range of a table's keys, `after` excluded and `until` included, and its step's name."""

    step: str
    after: tuple[SqliteValue, ...] | None = None
    until: SqliteValue = None


@dataclass(frozen=True)
class LoadOrder:
    """What is read into which columns of which table: all that a second process must know."""

    source: Table
    schema: str
    table: str
    columns: tuple[StreamColumn, ...]
    target_columns: tuple[str, ...]


@dataclass
class _Unit:
    """What goes into one transaction."""

    ledger: list[LedgerRow] = field(default_factory=list)
    quarantined: list[QuarantineRow] = field(default_factory=list)
    rows: int = 0
    loaded: int = 0
    size_bytes: int = 0
    last_key: Sequence[SqliteValue] | None = None

    def add(self, portion: Portion) -> None:
        self.ledger += portion.ledger
        self.quarantined += portion.quarantined
        self.rows += portion.rows
        self.loaded += portion.loaded
        self.last_key = portion.last_key

    @property
    def is_full(self) -> bool:
        return (
            self.rows >= _UNIT_ROWS_MAX
            or self.size_bytes >= _UNIT_BYTES_MAX
            or len(self.ledger) + len(self.quarantined) >= _UNIT_NOTES_MAX
        )


class PartLoad:
    """Loads one part of a table on one connection."""

    def __init__(
        self,
        connection: psycopg.Connection[TupleRow],
        run: Run,
        source: SqliteSource,
        order: LoadOrder,
        *,
        part: Part,
    ) -> None:
        self._connection = connection
        self._run = run
        self._source = source
        self._order = order
        self._part = part
        self._position: object = None  # as the ledger has it
        self._counts = Counts()

    def run(self, judge: MisfitJudge, advance: Advance) -> Counts:
        """Load what is missing of the part, and return what happened to all its rows.

        Raises what `judge` raises, UnifyError when another process goes on with the same part.
        """
        step = store.read_steps(self._connection, self._run.id)[self._part.step]
        self._position = step.last_key
        if isinstance(step.detail, dict):
            self._counts = Counts(**step.detail)
        advance(self._counts.rows)
        is_done = step.is_done
        portions = iter(self._reader())
        while not is_done:
            try:
                is_done = self._load_unit(portions, judge, advance)
            except _ROW_REFUSALS:
                self._rescue(judge, advance)
                portions = iter(self._reader())
        return self._counts

    def _load_unit(
        self,
        portions: Iterator[Portion],
        judge: MisfitJudge,
        advance: Advance,
        *,
        has_more: bool = False,
    ) -> bool:
        """Load one unit and commit it; True when it ends the part."""
        unit, counts = _Unit(), deepcopy(self._counts)
        is_done = not has_more
        with self._connection.transaction(), self._connection.cursor() as cursor:
            with cursor.copy(self._copy_statement()) as copy:
                for portion in portions:
                    for piece in portion.pieces():
                        unit.size_bytes += len(piece)
                        copy.write(piece)
                    counts.add(portion)
                    unit.add(portion)
                    if unit.is_full:
                        is_done = False
                        break
            assert cursor.rowcount == unit.loaded, "the server took another number of rows"
            judge(counts.misfits)
            self._commit(unit, counts, is_done=is_done)
        self._counts = counts
        advance(unit.rows)
        return is_done

    def _rescue(self, judge: MisfitJudge, advance: Advance) -> None:
        """Get past a row that the server refuses, though its values fit their types.

        Portions are loaded one by one up to the refused one, whose rows are loaded one by one; the
        refused rows go into quarantine. For the rare limits of the server that no codec knows.
        """
        for portion in self._reader():
            try:
                self._load_unit(iter((portion,)), judge, advance, has_more=True)
            except _ROW_REFUSALS:
                self._load_singly(portion.rows, judge, advance)
                return

    def _load_singly(self, count: int, judge: MisfitJudge, advance: Advance) -> None:
        reader = self._reader(rows_max=1)
        for single in islice(reader, count):
            try:
                self._load_unit(iter((single,)), judge, advance, has_more=True)
            except _ROW_REFUSALS as error:
                kind = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
                refused = reader.refused(single, f"PostgreSQL refuses the row: {kind}")
                self._load_unit(iter((refused,)), judge, advance, has_more=True)

    def _commit(self, unit: _Unit, counts: Counts, *, is_done: bool) -> None:
        """Write what the unit did; refuses when somebody else has moved the step on."""
        row = self._connection.execute(
            "select last_key from unify.step where run_id = %s and name = %s for update",
            (self._run.id, self._part.step),
        ).fetchone()
        if row is None or row[0] != self._position:
            raise UnifyError(f"another process goes on with run {self._run.id}; let it finish")
        store.add_ledger_rows(self._connection, self._run.id, unit.ledger)
        store.add_quarantine_rows(self._connection, self._run.id, unit.quarantined)
        if unit.last_key is not None:
            self._position = encode_position(unit.last_key)
        store.save_step(
            self._connection,
            self._run.id,
            name=self._part.step,
            is_done=is_done,
            row_count=counts.rows,
            last_key=None if is_done else self._position,  # it may be a secret
            detail=asdict(counts),
        )

    def _reader(self, *, rows_max: int = ROWS_MAX) -> TableReader:
        after = self._part.after if self._position is None else decode_position(self._position)
        return TableReader(
            self._source,
            self._order.source,
            self._order.columns,
            after=after,
            until=self._part.until,
            rows_max=rows_max,
        )

    def _copy_statement(self) -> sql.Composed:
        columns = sql.SQL(", ").join(map(sql.Identifier, self._order.target_columns))
        table = sql.Identifier(self._order.schema, self._order.table)
        return sql.SQL("copy {} ({}) from stdin").format(table, columns)
