"""Taking a run back: its rows out of the target, everything else as it was before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import errors, sql

from mainstem.errors import TargetError, UsageError
from mainstem.pg.connect import clear_errors
from mainstem.unify.files.undoing import has_files, remove_files
from mainstem.unify.ledger import store
from mainstem.unify.move.catchup.memory import KIND, forget_memory
from mainstem.unify.move.definitions import (
    partitions_of,
    put_back_foreign_key,
    put_back_index,
    put_back_triggers,
    record_triggers,
    switch_triggers_off,
    take_off_foreign_keys,
)
from mainstem.unify.move.dependents import POINTING_AT, RunTable, refuse_dependents
from mainstem.unify.move.edits import PUBLISHED, Written, refuse_edited
from mainstem.unify.move.partitions import drop_partition
from mainstem.unify.move.prepared import Prepared, read_prepared
from mainstem.unify.move.sequences import restore_sequences
from mainstem.unify.move.session import LOCK_WAIT_S, open_session
from mainstem.unify.move.statements import key_digest
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import LegacyMap, Run
    from mainstem.unify.move.definitions import TableRecord
    from mainstem.unify.move.session import Session
    from mainstem.unify.progress import Reporter

    Connection = psycopg.Connection[TupleRow]


def undo_run(
    run_id: int,
    url: str,
    *,
    reporter: Reporter,
    is_forced: bool = False,
    lock_wait_s: float = LOCK_WAIT_S,
) -> Run:
    """Take a run back, finished or not; the run as it is then.

    `is_forced`: rows that were changed since are no hindrance; the changes are lost.

    Raises:
        UsageError: there is no such run, or it was taken back before.
        TargetError: later rows depend on it, or its rows were changed since; nothing was changed.
        ServerError: the server failed; nothing was changed.
    """
    with (
        clear_errors(f"take run {run_id} back"),
        open_session(url, lock_wait_s=lock_wait_s) as session,
    ):
        run = store.find_run(session.main, run_id)
        is_undone = run.state in {"undone", "failed"}
        if is_undone and not has_files(session.main, run):
            raise UsageError(f"run {run_id} was taken back before; there is nothing to undo")
        if run.kind == KIND:
            raise UsageError(
                f"run {run_id} is what passes remember of the sources of run {run.name}; "
                f"take that one back: `mainstem unify undo {run.name}`"
            )
        reporter.say(f"taking back run {run.id} ({run.name})")
        if not is_undone:
            take_back(session, run, state="undone", is_forced=is_forced)
        if has_files(session.main, run):
            remove_files(session.main, run, reporter=reporter, is_forced=is_forced)
        return store.find_run(session.main, run_id)


def take_back(session: Session, run: Run, *, state: str, is_forced: bool = True) -> None:
    """Remove what a run brought and put back what it took off, in one transaction; commits.

    Raises TargetError when later rows depend on it; unless forced, also when rows were changed.
    """
    connection = session.main
    connection.rollback()
    if run.kind == "run":
        forget_memory(connection, run)
        maps = store.read_maps(connection, run.id)
        _remove_rows(connection, run, maps, is_forced=is_forced)
        for found in maps:
            store.drop_map(connection, found)
    elif run.state == "finished":
        _drop_tables(connection, run, is_forced=is_forced)
    connection.execute(
        sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(run.staging_schema))
    )
    store.set_state(connection, run.id, state)
    connection.execute("set local synchronous_commit = on")
    connection.commit()


def _remove_rows(
    connection: Connection, run: Run, maps: list[LegacyMap], *, is_forced: bool
) -> None:
    prepared = read_prepared(connection, run) or Prepared({}, {})
    tables = _run_tables(connection, run, [found for found in maps if found.role != "also"])
    for name in sorted(tables):
        connection.execute(f"lock table {name} in share row exclusive mode")
    further = [found for found in maps if found.role == "also"]
    if not is_forced:
        refuse_edited(connection, run, _written(tables, further))
    for found in further:
        _delete_also(connection, found)
    refuse_dependents(connection, tables)
    triggers = {name: record_triggers(connection, name) for name in tables}
    for record in triggers.values():
        switch_triggers_off(connection, record)
    truncated = _truncate(connection, tables)
    left = [table for table in tables.values() if table.name not in truncated]
    keys = take_off_foreign_keys(connection, [table.name for table in left])
    for table in left:
        connection.execute(
            f"delete from {table.name} as t using ({table.keys}) as m where {table.key} = m.key"
        )
    for key in keys:
        put_back_foreign_key(connection, key)
    for record in triggers.values():
        put_back_triggers(connection, record)
    _put_back(connection, prepared.records)
    restore_sequences(connection, run)
    _drop_partitions(connection, prepared.made_partitions, schema=run.schema_name)


def _written(tables: Mapping[str, RunTable], further: list[LegacyMap]) -> Iterator[Written]:
    """The rows that the run wrote, with the steps that did."""
    for table in tables.values():
        rows = f" join ({table.keys}) as m on m.key = {table.key}"
        yield Written(table.name, rows, f"load {table.plain_name}")
    for found in further:
        name = f"{name_sql(found.target_schema)}.{name_sql(found.target_table)}"
        rows = (
            f" join unify.{found.partition} as m on m.new_id = {key_digest(found.key_columns, 't')}"
        )
        yield Written(name, rows, f"also {name} from {found.source_table}")


def _run_tables(connection: Connection, run: Run, maps: list[LegacyMap]) -> dict[str, RunTable]:
    """The run's target tables in the order they were loaded."""
    found: dict[str, RunTable] = {}
    by_table: dict[tuple[str, str], list[LegacyMap]] = {}
    for item in maps:
        by_table.setdefault((item.target_schema, item.target_table), []).append(item)
    for (schema, table), items in by_table.items():
        name = f"{name_sql(schema)}.{name_sql(table)}"
        key, column = _key(connection, name, items)
        called = items[0].called(run.schema_name)
        found[name] = RunTable(name, called, key, column, tuple(items))
    return found


def _key(connection: Connection, table: str, maps: list[LegacyMap]) -> tuple[str, str]:
    """How the run's maps name a row: by the columns that the run recorded."""
    columns = maps[0].key_columns
    if maps[0].is_hashed:
        return key_digest(columns, "t"), "new_id"
    names = [f"t.{name_sql(name)}" for name in columns]
    if len(names) > 1:
        return f"jsonb_build_array({', '.join(names)})::text", "new_key"
    row = connection.execute(
        "select atttypid = 'uuid'::regtype from pg_attribute"
        " where attrelid = %s::regclass and attname = %s",
        (table, columns[0]),
    ).fetchone()
    is_uuid = row is not None and row[0]
    return (names[0], "new_id") if is_uuid else (f"{names[0]}::text", "new_key")


def _delete_also(connection: Connection, found: LegacyMap) -> None:
    name = f"{name_sql(found.target_schema)}.{name_sql(found.target_table)}"
    connection.execute(
        f"delete from {name} as t using unify.{found.partition} as m"
        f" where m.new_id = {key_digest(found.key_columns, 't')}"
    )


def _truncate(connection: Connection, tables: Mapping[str, RunTable]) -> set[str]:
    """Empty at once the tables that hold nothing but the run's rows and that only such point at."""
    own = {name for name, table in tables.items() if _is_all_ours(connection, table)}
    pointing = _pointing_tables(connection, own)
    while True:
        pointed_at = {name for name in own if pointing[name] - own}
        if not pointed_at:
            break
        own -= pointed_at
    if own:
        connection.execute(f"truncate {', '.join(sorted(own))}")
    return own


def _is_all_ours(connection: Connection, table: RunTable) -> bool:
    row = connection.execute(
        f"select (select count(*) from {table.name}) = (select count(*) from ({table.keys}) as x)"
    ).fetchone()
    return row is not None and bool(row[0])


def _pointing_tables(connection: Connection, tables: set[str]) -> dict[str, set[str]]:
    """The tables that have foreign keys to each of some."""
    found: dict[str, set[str]] = {name: set() for name in tables}
    for name, child, *_ in connection.execute(POINTING_AT, (list(tables),)):
        found[name].add(child)
    return found


def _put_back(connection: Connection, records: Mapping[str, TableRecord]) -> None:
    """Indexes, keys and triggers that the run took off and had not put back yet."""
    for record in records.values():
        for index in record.indexes:
            put_back_index(connection, record.table, index)
    for record in records.values():
        for key in record.foreign_keys:
            try:
                put_back_foreign_key(connection, key)
            except errors.ForeignKeyViolation:
                raise TargetError(
                    f"rows of {key.table} that were written meanwhile depend on this run "
                    f"({key.name}); remove them first"
                ) from None
        put_back_triggers(connection, record)


def _drop_partitions(connection: Connection, made: Mapping[str, list[str]], *, schema: str) -> None:
    """Drop the partitions that the run made, where they are empty."""
    for table, partitions in made.items():
        there = set(partitions_of(connection, table))
        for name in partitions:
            if name not in there:
                continue
            row = connection.execute(f"select exists (select from {name})").fetchone()
            if row is not None and not row[0]:
                drop_partition(connection, name, schema=schema)


def _drop_tables(connection: Connection, run: Run, *, is_forced: bool) -> None:
    """Drop the tables that a copy made, unless they hold more than it brought or are needed.

    Before a copy is finished they lie in its own schema, and tables of these names are others'.
    """
    rows = connection.execute(
        "select target_table, loaded from unify.table_result"
        " where run_id = %s and target_table is not null order by target_table",
        (run.id,),
    ).fetchall()
    names = []
    for table, loaded in rows:
        name = f"{name_sql(run.schema_name)}.{name_sql(table)}"
        found = connection.execute("select to_regclass(%s)", (name,)).fetchone()
        if found is None or found[0] is None:
            continue
        connection.execute(f"lock table {name} in access exclusive mode")
        count = connection.execute(f"select count(*) from {name}").fetchone()
        if count is not None and count[0] > loaded:
            raise TargetError(
                f"{table} holds {count[0] - loaded} rows that run {run.id} did not bring; "
                "move or delete them first"
            )
        names.append(name)
    if not names:
        return
    if not is_forced:
        refuse_edited(connection, run, [Written(name, "", PUBLISHED) for name in names])
    try:
        connection.execute(f"drop table {', '.join(names)}")
    except errors.DependentObjectsStillExist as error:
        needed = (error.diag.message_detail or "others need it").replace("\n", "; ")
        raise TargetError(
            f"run {run.id} cannot be taken back: {needed}; drop what came later first"
        ) from None
