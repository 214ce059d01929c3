"""What a copy or a run did: for people as tables, for programs as JSON."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final, TextIO

from rich.table import Table
from rich.text import Text

from mainstem.errors import UsageError
from mainstem.kit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from mainstem.unify.catalog.model import NotCarried
    from mainstem.unify.ledger.rows import LedgerRow, QuarantineRow

_COUNTS: Final = ("source", "loaded", "merged", "quarantined", "dropped", "conversions")
_SHOWN_MAX: Final = 20


@dataclass(frozen=True)
class TableResult:
    """The row account of a source table, by its name there."""

    table: str
    source: int
    loaded: int = 0
    merged: int = 0
    quarantined: int = 0
    dropped: int = 0
    conversions: int = 0

    @property
    def unexplained(self) -> int:
        """Rows of the source that no outcome accounts for."""
        return self.source - self.loaded - self.merged - self.quarantined - self.dropped


@dataclass(frozen=True)
class Report:
    """The outcome of a copy or a run. `ledger` and `quarantine` may be read only once."""

    tables: Sequence[TableResult]
    ledger: Iterable[LedgerRow] = ()
    quarantine: Iterable[QuarantineRow] = ()
    not_carried: Sequence[NotCarried] = ()
    verification: Mapping[str, object] | None = None
    notes: Sequence[str] = field(default=())
    #: (source table, reason) -> rows that wait in quarantine for it
    waiting: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def quarantined(self) -> int:
        """Rows that wait for a person."""
        return sum(table.quarantined for table in self.tables)

    @property
    def unexplained(self) -> int:
        """Rows of all tables that no outcome accounts for; a run that has some is no run."""
        return sum(abs(table.unexplained) for table in self.tables)

    def write_json(self, path: Path) -> None:
        """Write all of it to a file, which is whole or as it was before.

        Raises UsageError when the file cannot be written.
        """
        is_special = path.exists() and not path.is_file()
        unfinished = path if is_special else path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with unfinished.open("w", encoding="utf-8") as file:
                self._write(file)
            if not is_special:
                unfinished.replace(path)
        except OSError as error:
            if not is_special:
                unfinished.unlink(missing_ok=True)
            raise UsageError(f"{path} cannot be written: {error.strerror}") from error

    def _write(self, file: TextIO) -> None:
        """Write row by row: a ledger can be larger than memory."""
        file.write('{"tables": ')
        json.dump([asdict(table) for table in self.tables], file, ensure_ascii=False)
        _write_rows(file, "ledger", map(ledger_as_json, self.ledger))
        _write_rows(file, "quarantine", map(quarantine_as_json, self.quarantine))
        _write_rows(file, "not_carried", map(asdict, self.not_carried))
        file.write(',\n"verification": ')
        json.dump(self.verification, file, ensure_ascii=False, default=str)
        file.write("}\n")

    def show(self, console: Console, *, reasons_max: int = _SHOWN_MAX) -> None:
        """Print the row accounts, what waits, and what was not carried over."""
        console.print(_accounts(self.tables))
        for note in self.notes:
            console.print(Text(note))
        if self.verification is not None and self.verification.get("summary"):
            console.print(Text(f"Verified: {self.verification['summary']}."))
        if self.quarantined:
            self._show_waiting(console, reasons_max)
        if self.not_carried:
            console.print(Text("Not carried over:"))
            for item in self.not_carried[:_SHOWN_MAX]:
                console.print(Text(f"  {item.kind} {item.name}: {item.reason}"))
            if len(self.not_carried) > _SHOWN_MAX:
                console.print(Text(f"  and {len(self.not_carried) - _SHOWN_MAX} more (see --json)"))

    def _show_waiting(self, console: Console, reasons_max: int) -> None:
        rows = counted(self.quarantined, "row")
        console.print(Text(f"{rows} in quarantine: unify.quarantine has them."))
        reasons = sorted(self.waiting.items(), key=lambda item: (-item[1], item[0]))
        for (table, reason), count in reasons[:reasons_max]:
            console.print(Text(f"  {count:>9,} of {table}: {reason}"))
        if len(reasons) > reasons_max:
            console.print(Text(f"  and for {len(reasons) - reasons_max} more reasons"))


def by_source(tables: Iterable[TableResult]) -> list[TableResult]:
    """A line for each source, whose name comes before a table's: the sums over its tables."""
    found: dict[str, list[TableResult]] = {}
    for table in tables:
        found.setdefault(table.table.partition(".")[0], []).append(table)
    return [
        TableResult(name, *(sum(getattr(one, count) for one in own) for count in _COUNTS))
        for name, own in found.items()
    ]


def check_writable(path: Path) -> None:
    """Raise UsageError when a report could not be written there: before the work, not after."""
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent} to write {path.name} into")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"{path} cannot be written: permission denied")


def ledger_as_json(row: LedgerRow) -> dict[str, object]:
    """A ledger row as reports name its parts."""
    return {
        "table": row.source_table,
        "key": row.key,
        "column": row.column_name,
        "before": row.before,
        "after": row.after,
        "rule": row.rule,
    }


def quarantine_as_json(row: QuarantineRow) -> dict[str, object]:
    """A quarantined row as reports name its parts."""
    return {
        "table": row.source_table,
        "key": row.key,
        "column": row.column_name,
        "reason": row.reason,
        "original": json.loads(row.original),
    }


def _write_rows(file: TextIO, name: str, rows: Iterable[Mapping[str, object]]) -> None:
    file.write(f',\n"{name}": [')
    for number, row in enumerate(rows):
        file.write(",\n" if number else "\n")
        json.dump(row, file, ensure_ascii=False)
    file.write("]")


def _accounts(tables: Sequence[TableResult]) -> Table:
    shown = Table(box=None, pad_edge=False)
    # On a narrow terminal names go on in the next line; a number that is cut says nothing.
    shown.add_column("table", overflow="fold")
    for name in _COUNTS:
        shown.add_column(name, justify="right", no_wrap=True)
    for table in tables:
        shown.add_row(Text(table.table), *(f"{getattr(table, name):,}" for name in _COUNTS))
    if len(tables) > 1:
        totals = [sum(getattr(table, name) for table in tables) for name in _COUNTS]
        shown.add_section()
        shown.add_row(Text("all"), *(f"{total:,}" for total in totals), style="bold")
    return shown
