"""The catalog that requests are answered by: read once, and again when the schema changed."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import psycopg
from psycopg.rows import TupleRow

from mainstem.rest import store
from mainstem.rest.compiling import Cache
from mainstem.rest.reading import catalog_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from psycopg_pool import AsyncConnectionPool

    from mainstem.rest.catalog import Catalog

LOG = logging.getLogger(__name__)
#: how often migrations are looked for whose NOTIFY was missed, and a lost connection made anew
LOOK_S = 15.0


class Current:
    """Holds the catalog and the statements that were made from it."""

    def __init__(self, pool: AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]]) -> None:
        self._pool = pool
        self._lock = asyncio.Lock()
        self._catalog: Catalog | None = None
        self._version = 0
        self.cache = Cache()

    async def catalog(self) -> Catalog:
        """The catalog; the first to ask reads it.

        Raises:
            psycopg.Error: the database cannot be reached.
        """
        return self._catalog or await self.read()

    async def read(self) -> Catalog:
        """Read it anew, once for all who ask at the same time."""
        seen = self._version
        async with self._lock:
            if self._catalog is not None and self._version != seen:
                return self._catalog
            async with self._pool.connection() as connection:
                answers = await store.read_catalog(connection)
            self._version += 1
            self._catalog = catalog_of(answers, version=self._version)
            self.cache = Cache()
            return self._catalog

    def forget(self) -> None:
        """Something that the catalog names is gone: the next to ask reads it anew."""
        self._catalog = None

    @asynccontextmanager
    async def kept_fresh(self) -> AsyncIterator[None]:
        """Follow changes of the schema for as long as the block runs."""
        task = asyncio.create_task(self._follow(), name="follow the catalog")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _follow(self) -> None:
        while True:
            try:
                await self._listen()
            except psycopg.Error as error:
                LOG.warning("changes of the schema cannot be followed for now: %s", error)
                await asyncio.sleep(LOOK_S)

    async def _listen(self) -> None:
        """Until the connection breaks."""
        url = self._pool.conninfo
        assert isinstance(url, str), "pools of mainstem.db have one address"
        connection = await psycopg.AsyncConnection[TupleRow].connect(
            url, autocommit=True, application_name="mainstem catalog"
        )
        async with connection:
            await store.listen(connection)
            known, is_announced = None, False
            while True:
                newest = await store.newest_migration(connection)
                if is_announced or newest != known:
                    known = newest
                    await self.read()
                is_announced = await store.announced(connection, waiting_s=LOOK_S)
