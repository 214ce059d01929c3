"""From staging into the targets: take indexes off, load, put everything back, finish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import errors

from mainstem.errors import UnifyError
from mainstem.unify.ledger import store
from mainstem.unify.move.definitions import (
    partitions_of,
    put_back_foreign_key,
    put_back_index,
    put_back_triggers,
    take_off,
)
from mainstem.unify.move.load import Loader
from mainstem.unify.move.maps import Maps, forget_maps, load_order
from mainstem.unify.move.originals import fill_originals
from mainstem.unify.move.partitions import make_partitions
from mainstem.unify.move.prepared import Prepared, read_prepared, save_prepared
from mainstem.unify.move.sequences import advance_sequences
from mainstem.unify.move.statements import target_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.move.definitions import TableRecord
    from mainstem.unify.move.run import Move

    Connection = psycopg.Connection[TupleRow]


def load_all(move: Move, run: Run, targets: Mapping[str, TargetTable]) -> None:
    """Do every step that is not done yet, each in a transaction of its own.

    Raises UnifyError or ConfigError when rows cannot be accounted for or SQL does not work.
    """
    connection = move.session.main
    order = [targets[name] for name in load_order(move.plan)]
    records = (read_prepared(connection, run) or _prepare(move, run, order)).records
    loaded = {
        found.source_table: found
        for found in store.read_maps(connection, run.id)
        if found.role == "main"
    }
    forget_maps(connection, run)
    maps = Maps(run, move.plan, dict(targets), loaded)
    for target in order:
        _load(move, run, Loader(connection, run, move.plan, maps), target, records[target.name])
    for target in order:
        _build(move, run, records[target.name])
    _link(move, records)
    _finish(move, run, order, records)


def _prepare(move: Move, run: Run, order: list[TargetTable]) -> Prepared:
    """Take off what slows the load, and make partitions; all targets in one transaction."""
    connection = move.session.main
    names = [target_name(target) for target in order]
    prepared = Prepared({target.name: target for target in order}, {})
    for target, name in zip(order, names, strict=True):
        rows = _staged_rows(connection, move, run, target)
        record = take_off(connection, name, rows=rows, loaded_tables=names)
        prepared.records[target.name] = record
        make_partitions(connection, run, move.plan, target)
        prepared.made_partitions[name] = [
            partition
            for partition in partitions_of(connection, name)
            if partition not in record.partitions
        ]
    store.set_state(connection, run.id, "loading")
    save_prepared(connection, run, prepared)
    connection.commit()
    return prepared


def _staged_rows(connection: Connection, move: Move, run: Run, target: TargetTable) -> int:
    steps = store.read_steps(connection, run.id)
    return sum(
        steps[f"stage {table.name}"].row_count or 0
        for table in move.plan.moved()
        if table.into == target.name
    )


def _load(move: Move, run: Run, loader: Loader, target: TargetTable, record: TableRecord) -> None:
    connection = move.session.main
    step = f"load {target.name}"
    if step in store.read_steps(connection, run.id):
        return
    staged = _staged_rows(connection, move, run, target)
    shown = move.reporter.step(step, staged)
    rows = loader.load(target, record)
    store.save_step(connection, run.id, name=step, position=2, row_count=rows)
    connection.commit()
    shown.advance(staged)


def _build(move: Move, run: Run, record: TableRecord) -> None:
    """Build the plain indexes, each in its own transaction."""
    connection = move.session.main
    for index in record.plain:
        step = f"index {index.name}"
        if step in store.read_steps(connection, run.id):
            continue
        move.reporter.step(step, None)
        put_back_index(connection, record.table, index)
        store.save_step(connection, run.id, name=step, position=3)
        connection.commit()


def _link(move: Move, records: Mapping[str, TableRecord]) -> None:
    """Add the foreign keys; each row is checked by the server."""
    connection = move.session.main
    for record in records.values():
        for key in record.foreign_keys:
            try:
                put_back_foreign_key(connection, key)
            except errors.ForeignKeyViolation:
                raise UnifyError(
                    f"rows of {key.table} break {key.name}: the select that fills it must refuse "
                    "rows whose reference leads nowhere"
                ) from None
            connection.commit()


def _finish(
    move: Move, run: Run, order: list[TargetTable], records: Mapping[str, TableRecord]
) -> None:
    connection = move.session.main
    fill_originals(connection, run, move.plan, source=move.source, catalog=move.catalog)
    advance_sequences(connection, run, order)
    for record in records.values():
        put_back_triggers(connection, record)
        connection.execute(f"analyze {record.table}")
    connection.execute(f"drop schema if exists {run.staging_schema} cascade")
    store.set_state(connection, run.id, "finished")
    # The last commit is the one that must be on disk when we say that all is done.
    connection.execute("set local synchronous_commit = on")
    connection.commit()
