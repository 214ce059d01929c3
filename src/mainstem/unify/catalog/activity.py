"""How many rows each table holds and when one was last written, found out in bounded time.

Small tables are counted, in batches; of large ones, and of those that the role may not read whole,
the server's estimate is told as such. The last write is the newest `updated_at` or the like, or
the time of the newest commit where the server keeps it, or when the server last tidied up.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from psycopg import sql

from mainstem.kit.naming import column_meaning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.database import Relation

    Connection: TypeAlias = psycopg.Connection[TupleRow]

Row: TypeAlias = "dict[str, Any]"

#: a larger table is estimated, whatever it holds
COUNTED_BYTES_MAX = 256 * 1024 * 1024
BATCH_TABLES = 40
#: for all tables of a database together; what is left then is estimated
BUDGET_S = 20.0
BATCH_TIMEOUT_S = 5
NAMED_MAX = 5

_WRITE_TIMES = frozenset({"created_at", "updated_at", "recorded_at", "logged_at", "occurred_at"})
_TIME_TYPES = ("timestamp", "date")


@dataclass(frozen=True)
class Activity:
    """What is known of one table."""

    row_count: int | None = None
    is_estimated: bool = False
    last_write: str | None = None


def read_activity(
    connection: Connection,
    tables: Mapping[int, Relation],
    known: Iterable[Row],
    *,
    unread: list[str],
) -> dict[int, Activity]:
    """What is known of each table, by oid; what could not be counted is added to `unread`.

    Args:
        connection: in a transaction that only reads.
        tables: by oid.
        known: rows of the query `activity`.
        unread: sentences for people.
    """
    stated = {row["oid"]: row for row in known}
    found = {oid: _estimate(row) for oid, row in stated.items()}
    counted = [oid for oid, row in stated.items() if _is_countable(row)]
    deadline = time.monotonic() + BUDGET_S
    for batch in _batches(counted):
        for oid, activity in _count(connection, tables, stated, batch, deadline=deadline):
            last_write = activity.last_write or found[oid].last_write
            found[oid] = replace(activity, last_write=last_write)
    _tell(tables, stated, found, unread)
    return found


def _is_countable(row: Row) -> bool:
    is_small = row["size_bytes"] <= COUNTED_BYTES_MAX
    return bool(is_small and row["is_readable"] and not row["is_filtered"])


def _estimate(row: Row) -> Activity:
    seen_at = row["seen_at"]
    return Activity(
        row_count=row["rows_estimated"] if row["is_estimated"] else None,
        is_estimated=bool(row["is_estimated"]),
        last_write=seen_at.strftime("%Y-%m-%dT%H:%M:%SZ") if seen_at is not None else None,
    )


def _batches(oids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(oids), BATCH_TABLES):
        yield oids[start : start + BATCH_TABLES]


def _count(
    connection: Connection,
    tables: Mapping[int, Relation],
    stated: Mapping[int, Row],
    batch: Sequence[int],
    *,
    deadline: float,
) -> Iterator[tuple[int, Activity]]:
    """The tables of a batch in one statement; in halves where one of them cannot be counted."""
    if time.monotonic() > deadline:
        return
    parts = [
        _counting(oid, tables[oid], has_commit_times=stated[oid]["has_commit_times"])
        for oid in batch
    ]
    try:
        with connection.transaction():
            connection.execute(f"set local statement_timeout = '{BATCH_TIMEOUT_S}s'")
            rows = connection.execute(sql.SQL(" union all ").join(parts)).fetchall()
    except psycopg.DatabaseError:
        # Whatever it is (a timeout, a lock, a partition on a server that is away), it is one
        # table's; a lost connection shows at the next statement.
        if len(batch) > 1:
            middle = len(batch) // 2
            for half in (batch[:middle], batch[middle:]):
                yield from _count(connection, tables, stated, half, deadline=deadline)
        return
    for oid, count, last_write in rows:
        yield oid, Activity(row_count=count, last_write=last_write)


def _counting(oid: int, table: Relation, *, has_commit_times: bool) -> sql.Composed:
    times: list[sql.Composable] = [
        sql.SQL("max({0}::timestamptz) filter (where isfinite({0}) and {0} <= now())").format(
            sql.Identifier(column.name)
        )
        for column in table.columns
        if column.type.startswith(_TIME_TYPES) and column_meaning(column.name) in _WRITE_TIMES
    ]
    if not times and has_commit_times:
        times = [sql.SQL("max(pg_xact_commit_timestamp(xmin))")]
    newest = sql.SQL(", ").join(times) if times else sql.SQL("null::timestamptz")
    return sql.SQL(
        "select {}::oid, count(*), "
        """to_char(greatest({}), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') from {}"""
    ).format(sql.Literal(oid), newest, sql.Identifier(table.name.schema, table.name.name))


def _tell(
    tables: Mapping[int, Relation],
    stated: Mapping[int, Row],
    found: Mapping[int, Activity],
    unread: list[str],
) -> None:
    """Say which row counts are estimates or missing, and why."""
    closed = [oid for oid, row in stated.items() if not row["is_readable"]]
    filtered = [oid for oid, row in stated.items() if row["is_readable"] and row["is_filtered"]]
    rest = set(closed) | set(filtered)
    slow = [
        oid
        for oid, activity in found.items()
        if oid not in rest and (activity.is_estimated or activity.row_count is None)
    ]
    reasons = (
        (closed, "the role may not read them"),
        (filtered, "row-level security hides some from the role"),
        (slow, "they could not be counted in time; the server's estimate stands for them"),
    )
    for oids, reason in reasons:
        if oids:
            unread.append(f"the rows of {_named(tables, oids)}: {reason}")


def _named(tables: Mapping[int, Relation], oids: Sequence[int]) -> str:
    names = sorted(str(tables[oid].name) for oid in oids)
    more = len(names) - NAMED_MAX
    return ", ".join(names[:NAMED_MAX]) + (f" and {more} more tables" if more > 0 else "")
