"""Loads one table, in units that are committed with the key they end at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from psycopg import sql

from mainstem.errors import SourceError
from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.codec import BadText, LongText
from mainstem.unify.ledger import store
from mainstem.unify.ledger.rows import Account
from mainstem.unify.move.stream import TableReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.codec import SqliteValue
    from mainstem.unify.copy.design import TargetTable
    from mainstem.unify.ledger.rows import LedgerRow, QuarantineRow, Run, Step
    from mainstem.unify.move.stream import Portion
    from mainstem.unify.progress import Step as ProgressStep

_UNIT_ROWS_MAX: Final = 250_000
_UNIT_BYTES_MAX: Final = 128 * 2**20
_UNIT_NOTES_MAX: Final = 20_000
_PIECE_BYTES_MAX: Final = 2**20


MisfitJudge: TypeAlias = "Callable[[TargetTable, Mapping[str, int], bool], None]"


@dataclass
class Counts:
    """What happened to a table's rows so far; the JSON of its step."""

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


@dataclass(frozen=True)
class TableLoad:
    """Loading one table of a run."""

    connection: psycopg.Connection[TupleRow]
    run: Run
    source: SqliteSource
    target: TargetTable
    position: int
    #: told which columns had to convert or refuse; raises WrongTypeError to have another type
    misfit_judge: MisfitJudge | None = None

    @property
    def step_name(self) -> str:
        """The ledger's name of the step."""
        return f"load {self.target.source.name}"

    def run_to_end(self, step: Step | None, progress: ProgressStep) -> Counts:
        """Load what is missing.

        Raises WrongTypeError when a column needs another type, SourceError when the rows are not
        as many as SQLite counts.
        """
        counts = Counts(**step.detail) if step and isinstance(step.detail, dict) else Counts()
        progress.advance(counts.rows)
        after = _key_from_json(step.last_key) if step else None
        reader = TableReader(
            self.source, self.target.source, self.target.stream_columns, after=after
        )
        portions = iter(reader)
        while True:
            if self._load_unit(portions, counts, progress):
                return counts

    def _load_unit(
        self, portions: Iterator[Portion], counts: Counts, progress: ProgressStep
    ) -> bool:
        """Load one unit and commit it; True when it was the last."""
        ledger: list[LedgerRow] = []
        quarantined: list[QuarantineRow] = []
        last_key: Sequence[SqliteValue] | None = None
        rows = size = loaded = 0
        is_done = True
        with self.connection.transaction(), self.connection.cursor() as cursor:
            with cursor.copy(self._copy_statement()) as copy:
                for portion in portions:
                    for piece in portion.pieces():
                        size += len(piece)
                        copy.write(piece)
                    counts.add(portion)
                    ledger += portion.ledger
                    quarantined += portion.quarantined
                    rows += portion.rows
                    loaded += portion.loaded
                    last_key = portion.last_key
                    progress.advance(portion.rows)
                    notes = len(ledger) + len(quarantined)
                    if (
                        rows >= _UNIT_ROWS_MAX
                        or size >= _UNIT_BYTES_MAX
                        or notes >= _UNIT_NOTES_MAX
                    ):
                        is_done = False
                        break
            assert cursor.rowcount == loaded, "the server took another number of rows"
            store.add_ledger_rows(self.connection, self.run.id, ledger)
            store.add_quarantine_rows(self.connection, self.run.id, quarantined)
            if self.misfit_judge is not None:
                self.misfit_judge(self.target, counts.misfits, is_done)
            if is_done:
                self._check_count(counts)
                self._save_account(counts)
            store.save_step(
                self.connection,
                self.run.id,
                name=self.step_name,
                position=self.position,
                is_done=is_done,
                row_count=counts.rows,
                last_key=_key_as_json(last_key),
                detail=counts.__dict__,
            )
        return is_done

    def _copy_statement(self) -> sql.Composed:
        columns = sql.SQL(", ").join(sql.Identifier(c.name) for c in self.target.stored)
        table = sql.Identifier(self.run.staging_schema, self.target.name)
        return sql.SQL("copy {} ({}) from stdin").format(table, columns)

    def _save_account(self, counts: Counts) -> None:
        store.set_account(
            self.connection,
            self.run.id,
            source_name=self.run.name,
            account=Account(
                source_table=self.target.source.name,
                target_table=self.target.name,
                source_rows=counts.rows,
                loaded=counts.loaded,
                quarantined=counts.quarantined,
                conversions=counts.conversions,
            ),
        )

    def _check_count(self, counts: Counts) -> None:
        """Compare with what SQLite itself counts."""
        with self.source.reading() as connection:
            table = quoted(self.target.source.name)
            (expected,) = connection.execute(f"select count(*) from {table} not indexed").fetchone()
        if counts.rows != expected:
            raise SourceError(
                f"{self.source.path}: {counts.rows} rows of {self.target.source.name} were read,"
                f" and SQLite counts {expected}: it is damaged, or changed while it was read"
            )


def _key_as_json(key: Sequence[SqliteValue] | None) -> list[object] | None:
    return None if key is None else [_value_as_json(value) for value in key]


def _value_as_json(value: SqliteValue) -> object:
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, BadText):
        return {"text": value.raw.hex()}
    if isinstance(value, str) and "\0" in value:
        return {"text": value.encode().hex()}
    return {"real": value.hex()} if isinstance(value, float) else value


def _key_from_json(key: object) -> list[SqliteValue] | None:
    return [_value_from_json(value) for value in key] if isinstance(key, list) else None


def _value_from_json(value: object) -> SqliteValue:
    if isinstance(value, dict):
        ((kind, told),) = value.items()
        if kind == "real":
            return float.fromhex(told)
        raw = bytes.fromhex(told)
        return raw if kind == "bytes" else LongText(raw).decode()
    assert value is None or isinstance(value, int | str)
    return value
