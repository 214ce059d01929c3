"""The only module of the data API that speaks to the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import AsyncRawCursor
from psycopg.rows import dict_row

from mainstem.db.queries import load_queries
from mainstem.rest.model import PROFILES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.AsyncConnection[TupleRow]

QUERIES = load_queries("mainstem.rest")
CATALOG_QUERIES = ("relations", "columns", "unique_keys", "foreign_keys", "functions")
#: PostgREST's channel: migrations written for it notify it already
CHANNEL = "pgrst"
#: without a path every type is named with its schema
_PLAIN_NAMES = b"select set_config('search_path', '', true)"


async def read_catalog(connection: Connection) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The rows of each query over the catalog, all of one moment."""
    answers: dict[str, list[dict[str, Any]]] = {}
    async with connection.transaction():
        await connection.execute(b"set transaction isolation level repeatable read, read only")
        await connection.execute(_PLAIN_NAMES)
        async with connection.cursor(row_factory=dict_row) as cursor:
            for name in CATALOG_QUERIES:
                await cursor.execute(QUERIES[name], {"schemas": list(PROFILES)})
                answers[name] = await cursor.fetchall()
    return answers


async def newest_migration(connection: Connection) -> str:
    """What changes when a migration is applied."""
    async with connection.transaction():
        await connection.execute(b"set local role service_role")
        cursor = await connection.execute(QUERIES["newest_migration"])
        row = await cursor.fetchone()
    assert row is not None, "an aggregate has one row"
    return str(row[0])


async def listen(connection: Connection) -> None:
    """Ask to be told of changes; what is told is fetched with `announced`."""
    await connection.execute(f"listen {CHANNEL}".encode())


async def announced(connection: Connection, *, waiting_s: float) -> bool:
    """Wait until a change is announced, or for that long; whether one was."""
    return bool([one async for one in connection.notifies(timeout=waiting_s, stop_after=1)])


async def run(
    connection: Connection, statement: bytes, values: Sequence[str | None]
) -> tuple[list[bytes | None], int]:
    """The one row of a statement as it came over the wire, and how many rows it was about."""
    cursor = AsyncRawCursor(connection)
    await cursor.execute(statement, values, prepare=True)
    result = cursor.pgresult
    assert result is not None, "a statement that ran has a result"
    fields = range(result.nfields) if result.ntuples else ()
    return [result.get_value(0, place) for place in fields], cursor.rowcount


async def planned_rows(
    connection: Connection, statement: bytes, values: Sequence[str | None]
) -> int:
    """How many rows the planner expects of a SELECT."""
    cursor = AsyncRawCursor(connection)
    await cursor.execute(b"explain (format json) " + statement, values, prepare=False)
    row = await cursor.fetchone()
    assert row is not None, "a plan has one row"
    return int(row[0][0]["Plan"]["Plan Rows"])
