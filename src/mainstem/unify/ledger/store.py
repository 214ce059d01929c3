"""Reading and writing the ledger. Nothing here commits: the step does, once."""

from __future__ import annotations

import json
from dataclasses import astuple
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING

from psycopg import sql
from psycopg.types.json import Jsonb

from mainstem.errors import UsageError
from mainstem.unify.ledger.rows import (
    Account,
    Decision,
    LedgerRow,
    LegacyMap,
    QuarantineRow,
    Run,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

#: one session at a time makes or renews the ledger's schema
_SCHEMA_LOCK = 7_301_186_001
_READ_ROWS = 5_000
#: says what a map is attached for, so that attaching it reads none of its rows
_MAP_CHECK = "map_id_check"

#: the tables that say something of a run, but for its maps
_OF_A_RUN = (
    "range_hash",
    "file",
    "quarantine",
    "ledger",
    "decision",
    "also_result",
    "table_result",
    "step",
)

_STEP_COLUMNS = "name, position, state = 'done', row_count, last_key, detail"

_RUN_COLUMNS = "id, kind, name, plan_sha256, source, schema_name, state, started_at, finished_at"


def ensure_schema(connection: Connection) -> None:
    """Make the ledger's tables and functions where those of this version are missing."""
    text = resources.files("mainstem.unify.ledger").joinpath("schema.sql").read_text("utf-8")
    made = f"The toolkit's ledger, {sha256(text.encode()).hexdigest()[:16]}."
    if _made(connection) == made:
        return
    connection.execute("select pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
    connection.execute("set local client_min_messages = warning")
    connection.execute(text)
    connection.execute(sql.SQL("comment on schema unify is {}").format(sql.Literal(made)))


def _made(connection: Connection) -> str | None:
    """What the schema's comment says was made."""
    row = connection.execute(
        "select obj_description(to_regnamespace('unify'), 'pg_namespace')"
    ).fetchone()
    return row[0] if row else None


def has_schema(connection: Connection) -> bool:
    """Whether the database has a ledger."""
    row = connection.execute("select to_regclass('unify.run') is not null").fetchone()
    return bool(row and row[0])


# Runs


def create_run(
    connection: Connection,
    *,
    kind: str,
    name: str,
    plan_sha256: str,
    source: Mapping[str, object],
    schema_name: str,
) -> Run:
    """Record a new run, in state `staging`."""
    row = connection.execute(
        "insert into unify.run (kind, name, plan_sha256, source, schema_name)"
        f" values (%s, %s, %s, %s, %s) returning {_RUN_COLUMNS}",
        (kind, name, plan_sha256, Jsonb(source), schema_name),
    ).fetchone()
    assert row is not None
    return Run(*row)


def create_look(connection: Connection, schema_name: str) -> Run:
    """A run for a transaction that is rolled back: it takes none of the numbers of runs."""
    row = connection.execute(
        "insert into unify.run (id, kind, name, plan_sha256, source, schema_name)"
        f" values (-pg_backend_pid(), 'catch-up', 'look', '', '{{}}', %s) returning {_RUN_COLUMNS}",
        (schema_name,),
    ).fetchone()
    assert row is not None
    return Run(*row)


def find_run(connection: Connection, run_id: int) -> Run:
    """Return the run of that number.

    Raises UsageError when there is none.
    """
    query = f"select {_RUN_COLUMNS} from unify.run where id = %s"
    row = connection.execute(query, (run_id,)).fetchone() if has_schema(connection) else None
    if row is None:
        raise UsageError(f"there is no run {run_id} in this database")
    return Run(*row)


def runs_named(connection: Connection, name: str, *, kind: str = "run") -> list[Run]:
    """Every run of that name, the latest first."""
    if not has_schema(connection):
        return []
    rows = connection.execute(
        f"select {_RUN_COLUMNS} from unify.run where name = %s and kind = %s order by id desc",
        (name, kind),
    )
    return [Run(*row) for row in rows]


def set_state(connection: Connection, run_id: int, state: str) -> None:
    """Move a run to another state, and note when it ended."""
    moment = {"finished": "finished_at", "failed": "finished_at", "undone": "undone_at"}.get(state)
    note = sql.SQL(", {} = clock_timestamp()").format(sql.Identifier(moment)) if moment else None
    connection.execute(
        sql.SQL("update unify.run set state = %s{} where id = %s").format(note or sql.SQL("")),
        (state, run_id),
    )


def set_source(connection: Connection, run_id: int, source: Mapping[str, object]) -> None:
    """Note in which state the sources were read last."""
    connection.execute("update unify.run set source = %s where id = %s", (Jsonb(source), run_id))


def forget_run(connection: Connection, run_id: int) -> None:
    """Remove a run from the ledger, with all that stands with it; it must have no maps."""
    for table in _OF_A_RUN:
        connection.execute(
            sql.SQL("delete from unify.{} where run_id = %s").format(sql.Identifier(table)),
            (run_id,),
        )
    connection.execute("delete from unify.run where id = %s", (run_id,))


# Steps


def read_steps(
    connection: Connection, run_id: int, names: Iterable[str] | None = None
) -> dict[str, Step]:
    """The run's steps by name, in their order; `names`: only these, where they have begun."""
    rows = connection.execute(
        f"select {_STEP_COLUMNS} from unify.step where run_id = %s"
        f"{'' if names is None else ' and name = any(%s)'} order by position, name",
        (run_id,) if names is None else (run_id, list(names)),
    )
    return {row[0]: Step(*row) for row in rows}


def step_names(connection: Connection, run_id: int) -> set[str]:
    """The names of the run's steps that have begun."""
    rows = connection.execute("select name from unify.step where run_id = %s", (run_id,))
    return {name for (name,) in rows}


def read_step(connection: Connection, run_id: int, name: str) -> Step | None:
    """One step of a run; None where it has not begun."""
    return read_steps(connection, run_id, [name]).get(name)


def save_step(
    connection: Connection,
    run_id: int,
    *,
    name: str,
    position: int = 0,
    is_done: bool = True,
    row_count: int | None = None,
    last_key: object = None,
    detail: object = None,
) -> None:
    """Write how far a step is, in the transaction that did the work."""
    connection.execute(
        "insert into unify.step as s (run_id, name, position, state, row_count, last_key, detail,"
        " started_at, finished_at) values (%(run_id)s, %(name)s, %(position)s, %(state)s,"
        " %(row_count)s, %(last_key)s, %(detail)s, now(),"
        " case when %(state)s = 'done' then clock_timestamp() end)"
        " on conflict on constraint step_pkey do update set state = excluded.state,"
        " row_count = excluded.row_count, last_key = excluded.last_key,"
        " detail = coalesce(excluded.detail, s.detail), finished_at = excluded.finished_at",
        {
            "run_id": run_id,
            "name": name,
            "position": position,
            "state": "done" if is_done else "waiting",
            "row_count": row_count,
            "last_key": None if last_key is None else Jsonb(last_key),
            "detail": None if detail is None else Jsonb(detail),
        },
    )


def add_detail(
    connection: Connection, run_id: int, names: Sequence[str], detail: Mapping[str, object]
) -> None:
    """Note something more of steps that are done."""
    connection.execute(
        "update unify.step set detail = coalesce(detail, '{}') || %s"
        " where run_id = %s and name = any(%s)",
        (Jsonb(detail), run_id, list(names)),
    )


def forget_steps(connection: Connection, run_id: int, names: Sequence[str]) -> None:
    """Make steps undone, as if they never ran."""
    connection.execute(
        "delete from unify.step where run_id = %s and name = any(%s)", (run_id, list(names))
    )


# What happened to rows and values


def add_ledger_rows(connection: Connection, run_id: int, rows: Iterable[LedgerRow]) -> int:
    """Append to the ledger; the number of rows."""
    count = 0
    copy_in = (
        "copy unify.ledger (run_id, source_table, key, column_name, before, after, rule) from stdin"
    )
    with connection.cursor() as cursor, cursor.copy(copy_in) as copy:
        for row in rows:
            copy.write_row(
                (
                    run_id,
                    row.source_table,
                    row.key,
                    row.column_name,
                    row.before,
                    row.after,
                    row.rule,
                )
            )
            count += 1
    return count


def add_quarantine_rows(connection: Connection, run_id: int, rows: Iterable[QuarantineRow]) -> int:
    """Append to the quarantine; the number of rows."""
    count = 0
    copy_in = (
        "copy unify.quarantine (run_id, source_table, key, column_name, reason, original)"
        " from stdin"
    )
    with connection.cursor() as cursor, cursor.copy(copy_in) as copy:
        for row in rows:
            copy.write_row(
                (run_id, row.source_table, row.key, row.column_name, row.reason, row.original)
            )
            count += 1
    return count


def read_ledger(connection: Connection, run_id: int) -> Iterator[LedgerRow]:
    """Every change of a run, a few at a time: a ledger can be larger than memory."""
    with connection.cursor(name=f"ledger_{run_id}") as cursor:
        cursor.itersize = _READ_ROWS
        cursor.execute(
            "select source_table, key, column_name, before, after, rule from unify.ledger"
            " where run_id = %s order by source_table, key, column_name",
            (run_id,),
        )
        for row in cursor:
            yield LedgerRow(*row)


def read_quarantine(connection: Connection, run_id: int) -> Iterator[QuarantineRow]:
    """Every row of a run that waits for a person, a few at a time."""
    with connection.cursor(name=f"quarantine_{run_id}") as cursor:
        cursor.itersize = _READ_ROWS
        cursor.execute(
            "select source_table, key, column_name, reason, original::text from unify.quarantine"
            " where run_id = %s order by source_table, key",
            (run_id,),
        )
        for row in cursor:
            yield QuarantineRow(*row)


def read_waiting(connection: Connection, run_id: int) -> set[str]:
    """The source tables of which rows of a run wait for a person."""
    rows = connection.execute(
        "select distinct source_table from unify.quarantine where run_id = %s", (run_id,)
    )
    return {table for (table,) in rows}


def set_original(
    connection: Connection, run_id: int, source_table: str, *, key: str, original: str
) -> None:
    """Give a quarantined row the whole row of its source (JSON text)."""
    connection.execute(
        "update unify.quarantine set original = %s::jsonb"
        " where run_id = %s and source_table = %s and key = %s",
        (original, run_id, source_table, key),
    )


def set_originals(
    connection: Connection, run_id: int, source_table: str, originals: Mapping[str, str]
) -> None:
    """Give quarantined rows of a table, by key, the whole rows of their source (JSON texts)."""
    connection.execute(
        "update unify.quarantine as q set original = g.original::jsonb"
        " from unnest(%b::text[], %b::text[]) as g (key, original)"
        " where q.run_id = %s and q.source_table = %s and q.key = g.key",
        (list(originals), list(originals.values()), run_id, source_table),
    )


def forget_table(connection: Connection, run_id: int, source_table: str) -> None:
    """Remove what the ledger says about one source table of a run, before it is read again."""
    for table in ("ledger", "quarantine", "table_result"):
        connection.execute(
            sql.SQL("delete from unify.{} where run_id = %s and source_table = %s").format(
                sql.Identifier(table)
            ),
            (run_id, source_table),
        )


def set_decisions(connection: Connection, run_id: int, decisions: Iterable[Decision]) -> None:
    """Write the run's decisions, replacing what was there."""
    connection.execute("delete from unify.decision where run_id = %s", (run_id,))
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into unify.decision (run_id, name, source_table, column_name, action, reason,"
            " affected, decided_by, decided_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [(run_id, *astuple(decision)) for decision in decisions],
        )


def set_accounts(
    connection: Connection, run_id: int, accounts: Iterable[tuple[str, Account]]
) -> None:
    """Write the row accounts of source tables, by their sources, replacing what was there."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into unify.table_result (run_id, source_name, source_table, target_table,"
            " source_rows, loaded, merged, quarantined, dropped, conversions)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " on conflict on constraint table_result_pkey do update set"
            " target_table = excluded.target_table, source_rows = excluded.source_rows,"
            " loaded = excluded.loaded, merged = excluded.merged,"
            " quarantined = excluded.quarantined, dropped = excluded.dropped,"
            " conversions = excluded.conversions",
            [(run_id, source_name, *astuple(account)) for source_name, account in accounts],
        )


def read_accounts(connection: Connection, run_id: int) -> list[Account]:
    """The row account of every source table of a run."""
    rows = connection.execute(
        "select source_table, target_table, source_rows, loaded, merged, quarantined, dropped,"
        " conversions from unify.table_result where run_id = %s order by source_table",
        (run_id,),
    )
    return [Account(*row) for row in rows]


# Where rows went


def create_map(
    connection: Connection,
    run_id: int,
    *,
    source_name: str,
    source_table: str,
    target: tuple[str, str],
    key_columns: tuple[str, ...],
    role: str = "main",
    is_hashed: bool = False,
) -> LegacyMap:
    """Make the table that says where the rows of one source table went; attached by `attach_maps`.

    Making a partition would lock `unify.legacy_id` until the end of the transaction, and with it
    every other load.
    """
    row = connection.execute(
        "insert into unify.legacy_map"
        " (run_id, source_name, source_table, target_schema, target_table, role, key_columns,"
        " is_hashed) values (%s, %s, %s, %s, %s, %s, %s, %s) returning map_id",
        (run_id, source_name, source_table, *target, role, list(key_columns), is_hashed),
    ).fetchone()
    assert row is not None
    found = LegacyMap(row[0], source_table, *target, role, key_columns, is_hashed)
    connection.execute(
        sql.SQL("create table unify.{} (like unify.legacy_id, constraint {} check ({}))").format(
            sql.Identifier(found.partition),
            sql.Identifier(_MAP_CHECK),
            sql.SQL("map_id = {}").format(sql.Literal(found.map_id)),
        )
    )
    return found


def attach_maps(connection: Connection, run_id: int) -> None:
    """Make the run's maps partitions of `unify.legacy_id`, those that are not yet."""
    rows = connection.execute(
        "select m.map_id from unify.legacy_map m"
        " join pg_class c on c.oid = to_regclass('unify.legacy_id_' || m.map_id)"
        " where m.run_id = %s and not c.relispartition order by m.map_id",
        (run_id,),
    ).fetchall()
    attach = sql.SQL(
        "alter table unify.legacy_id attach partition {table} for values in ({map_id});"
        " alter table {table} drop constraint if exists {check}"
    )
    statements = [
        attach.format(
            table=sql.Identifier("unify", f"legacy_id_{map_id}"),
            map_id=sql.Literal(map_id),
            check=sql.Identifier(_MAP_CHECK),
        )
        for (map_id,) in rows
    ]
    if statements:
        connection.execute(sql.SQL("; ").join(statements))


def analyze_run(connection: Connection, run_id: int) -> None:
    """Give the server statistics of what a run wrote: without them, reading it back is slow."""
    connection.execute("analyze unify.ledger, unify.quarantine")
    for found in read_maps(connection, run_id):
        connection.execute(sql.SQL("analyze unify.{}").format(sql.Identifier(found.partition)))


def read_maps(connection: Connection, run_id: int) -> list[LegacyMap]:
    """The run's maps, in the order in which they were made."""
    rows = connection.execute(
        "select map_id, source_table, target_schema, target_table, role, key_columns, is_hashed"
        " from unify.legacy_map where run_id = %s order by map_id",
        (run_id,),
    )
    return [
        LegacyMap(
            map_id=map_id,
            source_table=source_table,
            target_schema=schema,
            target_table=target_table,
            role=role,
            key_columns=tuple(key_columns),
            is_hashed=is_hashed,
        )
        for map_id, source_table, schema, target_table, role, key_columns, is_hashed in rows
    ]


def drop_map(connection: Connection, found: LegacyMap) -> None:
    """Forget where the rows of one source table went."""
    connection.execute(
        sql.SQL("drop table if exists unify.{}").format(sql.Identifier(found.partition))
    )
    connection.execute("delete from unify.legacy_map where map_id = %s", (found.map_id,))


def as_json(value: object) -> str:
    """The JSON text of a value the ledger keeps."""
    return json.dumps(value, ensure_ascii=False, default=str)
