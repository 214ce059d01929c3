"""Pools of connections for tenant transactions.

Connections are in autocommit mode: tenant_transaction begins and ends transactions itself, in one
batch with the claims.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, TypedDict

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from mainstem.db.timing import TimedCursor
from mainstem.pg.connect import CONNECT_TIMEOUT_S, connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

SIZE_MAX = 10
WAIT_S = 10
WAITING_MAX = 200


class _Limits(TypedDict):
    min_size: int
    max_size: int
    timeout: float
    max_waiting: int


def _limits(size_max: int, *, size_min: int = 1) -> _Limits:
    return {
        "min_size": size_min,
        "max_size": size_max,
        "timeout": WAIT_S,
        "max_waiting": WAITING_MAX,
    }


def _settings(application_name: str) -> dict[str, object]:
    return {
        "autocommit": True,
        "application_name": application_name,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "client_encoding": "utf8",
    }


@contextmanager
def open_pool(
    url: str, *, size_max: int = SIZE_MAX, application_name: str = "mainstem"
) -> Iterator[ConnectionPool[psycopg.Connection[TupleRow]]]:
    """Open a pool, after one connection has shown that the server can be used.

    Raises:
        ServerError: it cannot; said at once instead of after the pool's retries.
    """
    connect(url).close()
    with sync_pool(url, size_max=size_max, application_name=application_name) as pool:
        yield pool


def sync_pool(
    url: str,
    *,
    size_max: int = SIZE_MAX,
    size_min: int = 1,
    application_name: str = "mainstem",
) -> ConnectionPool[psycopg.Connection[TupleRow]]:
    """Make a pool that somebody opens later, of a server that may not be there yet.

    With a `size_min` of 0 it connects only when it is asked to.
    """
    return ConnectionPool(
        url,
        connection_class=psycopg.Connection[TupleRow],
        kwargs=_settings(application_name),
        check=ConnectionPool.check_connection,
        open=False,
        **_limits(size_max, size_min=size_min),
    )


@asynccontextmanager
async def open_async_pool(
    url: str, *, size_max: int = SIZE_MAX, application_name: str = "mainstem"
) -> AsyncIterator[AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]]]:
    """Open the same for an event loop."""
    connect(url).close()
    async with async_pool(url, size_max=size_max, application_name=application_name) as pool:
        yield pool


def async_pool(
    url: str, *, size_max: int = SIZE_MAX, application_name: str = "mainstem"
) -> AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]]:
    """Make a pool that somebody opens later, of a server that may not be there yet."""
    return AsyncConnectionPool(
        url,
        connection_class=psycopg.AsyncConnection[TupleRow],
        kwargs={**_settings(application_name), "cursor_factory": TimedCursor},
        check=AsyncConnectionPool.check_connection,
        open=False,
        **_limits(size_max),
    )
