"""What a copy did, read back from the ledger: the same after a resumed or repeated run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from psycopg import sql

from mainstem.unify.catalog.model import NotCarried
from mainstem.unify.ledger import store
from mainstem.unify.ledger.rows import LedgerRow, QuarantineRow
from mainstem.unify.report import Report, TableResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import Run

_ROWS_AT_ONCE: Final = 2000


def read_report(
    connection: psycopg.Connection[TupleRow], run: Run, *, notes: Sequence[str] = ()
) -> Report:
    """The report of a run; its ledger and quarantine are read when it is written."""
    row = connection.execute(
        "select verification from unify.run where id = %s", (run.id,)
    ).fetchone()
    return Report(
        tables=[
            TableResult(
                table=account.source_table,
                source=account.source_rows,
                loaded=account.loaded,
                merged=account.merged,
                quarantined=account.quarantined,
                dropped=account.dropped,
                conversions=account.conversions,
            )
            for account in store.read_accounts(connection, run.id)
        ],
        ledger=_ledger(connection, run),
        quarantine=_quarantine(connection, run),
        not_carried=read_not_carried(connection, run),
        verification=row[0] if row else None,
        notes=notes,
    )


def read_not_carried(connection: psycopg.Connection[TupleRow], run: Run) -> list[NotCarried]:
    """What the steps of a run had to leave behind."""
    found: list[NotCarried] = []
    for step in store.read_steps(connection, run.id).values():
        told = step.detail.get("not_carried") if isinstance(step.detail, dict) else step.detail
        if isinstance(told, list):
            found += [NotCarried(note["kind"], note["name"], note["reason"]) for note in told]
    return sorted(found, key=lambda note: (note.kind, note.name))


def _ledger(connection: psycopg.Connection[TupleRow], run: Run) -> Iterator[LedgerRow]:
    query = (
        "select source_table, key, column_name, before, after, rule from unify.ledger"
        " where run_id = {} order by source_table, key, column_name"
    )
    for row in _stream(connection, query, run):
        yield LedgerRow(*row)


def _quarantine(connection: psycopg.Connection[TupleRow], run: Run) -> Iterator[QuarantineRow]:
    query = (
        "select source_table, key, column_name, reason, original::text from unify.quarantine"
        " where run_id = {} order by source_table, key"
    )
    for row in _stream(connection, query, run):
        yield QuarantineRow(*row)


def _stream(connection: psycopg.Connection[TupleRow], query: str, run: Run) -> Iterator[TupleRow]:
    """Rows through a cursor on the server: a ledger can be larger than memory."""
    with connection.transaction(), connection.cursor(name="mainstem_report") as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        cursor.execute(sql.SQL(query).format(sql.Literal(run.id)))
        yield from cursor
