"""Transactions of core itself: as service_role, before it is known on whose behalf a request is.

Only what decides about access runs in them. As soon as the person is known they are named in the
claims, so that the trail says who changed what.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
from psycopg.rows import TupleRow

from mainstem.db.tenant import async_tenant_transaction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from psycopg_pool import AsyncConnectionPool

    from mainstem.db.tenant import Tenant

Connection = psycopg.AsyncConnection[TupleRow]

STATEMENT_LIMIT_S = 5
#: what follows a `begin`, or begins a message of several statements, which is a transaction too
OPENING = (
    "set local role service_role; "
    """set local "request.jwt.claims" = '{"role": "service_role"}'; """
    f"set local statement_timeout = '{STATEMENT_LIMIT_S}s'; set local lock_timeout = '2s'"
)
_BEGIN = f"begin; {OPENING}".encode()


@asynccontextmanager
async def service_transaction(
    pool: AsyncConnectionPool[Connection], actor: Tenant | None = None
) -> AsyncIterator[Connection]:
    """Run a block as service_role; commits when it ends well.

    Args:
        pool: of connections in autocommit mode.
        actor: who does it, for the trail; None while nobody is known.
    """
    if actor is not None:
        named = replace(actor, role="service_role")
        limit_s = STATEMENT_LIMIT_S
        async with async_tenant_transaction(pool, named, statement_limit_s=limit_s) as connection:
            yield connection
        return
    async with pool.connection() as connection:
        try:
            await connection.execute(_BEGIN, prepare=False)
            yield connection
            await connection.commit()
        except BaseException:
            with suppress(psycopg.OperationalError):
                await connection.rollback()
            raise
