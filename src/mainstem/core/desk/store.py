"""The only module of the desk that runs SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from psycopg.rows import class_row

from mainstem.db.queries import load_queries

if TYPE_CHECKING:
    from mainstem.core.transaction import Connection

QUERIES = load_queries("mainstem.core.desk")
Row = TypeVar("Row")


async def run(connection: Connection, query: str, /, **parameters: object) -> int:
    """Carry a query out; how many rows it touched."""
    return (await connection.execute(QUERIES[query], parameters)).rowcount


async def one(
    connection: Connection, row: type[Row], query: str, /, **parameters: object
) -> Row | None:
    """The first row of a query, or None."""
    async with connection.cursor(row_factory=class_row(row)) as cursor:
        await cursor.execute(QUERIES[query], parameters)
        return await cursor.fetchone()


async def many(
    connection: Connection, row: type[Row], query: str, /, **parameters: object
) -> list[Row]:
    """The rows of a query, which bounds them itself."""
    async with connection.cursor(row_factory=class_row(row)) as cursor:
        await cursor.execute(QUERIES[query], parameters)
        return await cursor.fetchall()
