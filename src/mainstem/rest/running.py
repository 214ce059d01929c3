"""Runs a statement for a tenant, and undoes it where its outcome is not what was asked."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mainstem.db.tenant import async_tenant_transaction
from mainstem.db.timing import observe
from mainstem.rest import store
from mainstem.rest.binding import Mark, Statement
from mainstem.rest.problem import RequestError, too_much
from mainstem.rest.reply import not_single

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import TupleRow
    from psycopg_pool import AsyncConnectionPool

    from mainstem.db.tenant import Grounds, Tenant
    from mainstem.rest.compiling import Compiled
    from mainstem.rest.model import Limits
    from mainstem.rest.preferences import Preferences
    from mainstem.rest.reply import Shape

    Connection = AsyncConnection[TupleRow]


@dataclass(frozen=True)
class Run:
    """What came back: the body, how many rows it is about, and of how many where that was asked."""

    body: bytes
    count: int
    total: int | None


class _UndoneError(Exception):
    """Ends a transaction without keeping what it did; not seen outside."""


@dataclass(frozen=True)
class Work:
    """One statement with what its request expects of it."""

    compiled: Compiled
    preferences: Preferences
    shape: Shape
    limits: Limits
    is_read: bool

    async def run(
        self,
        pool: AsyncConnectionPool[Connection],
        tenant: Tenant,
        body: str | None,
        *,
        grounds: Grounds | None = None,
    ) -> Run:
        """Run it.

        Raises:
            GroundsError: who asks is not known any more; nothing was done.
            RequestError: the outcome is not what was asked; nothing of it was kept.
            psycopg.Error: the server refused.
        """
        known = {**_known(tenant), Mark.BODY: body}
        outcome: Run | None = None
        try:
            async with async_tenant_transaction(
                pool, tenant, statement_limit_s=self.limits.statement_s, grounds=grounds
            ) as connection:
                outcome = await self._outcome(connection, known)
                _end(is_kept=not self.preferences.rolls_back)
        except _UndoneError:
            pass
        assert outcome is not None, "a block that ended has an outcome"
        return outcome

    async def _outcome(self, connection: Connection, known: dict[Mark, str | None]) -> Run:
        statement = self.compiled.statement
        started_s = time.perf_counter()
        fields, affected = await store.run(connection, statement.sql, statement.filled(known))
        observe("rest.read" if self.is_read else "rest.write", time.perf_counter() - started_s)
        if self.compiled.is_bare:
            outcome = Run(b"", affected, None)
        else:
            total = int(fields[2] or 0) if len(fields) > 2 else None  # noqa: PLR2004 - body, count
            outcome = Run(fields[0] or b"", int(fields[1] or 0), total)
        self._require(outcome)
        if self.compiled.counted is not None:
            total = await self._estimate(connection, self.compiled.counted, known)
            outcome = Run(outcome.body, outcome.count, max(total, outcome.count))
        return outcome

    def _require(self, outcome: Run) -> None:
        """Raise, inside the transaction, what must undo it."""
        if self.shape.is_single and outcome.count != 1:
            raise not_single(outcome.count)
        if self.is_read:
            return
        most = self.preferences.affected_max
        if most is not None and outcome.count > most:
            raise RequestError(
                400,
                "PGRST124",
                "Query result exceeds max-affected preference constraint",
                details=f"The query affects {outcome.count} rows",
            )
        if outcome.count > self.limits.written_rows_max:
            raise too_much(
                f"the request writes {outcome.count} rows",
                limit=self.limits.written_rows_max,
                setting="written_rows_max",
            )

    async def _estimate(
        self, connection: Connection, counted: Statement, known: dict[Mark, str | None]
    ) -> int:
        """About how many rows there are; up to a page's limit exactly, when that was asked."""
        values = counted.filled(known)
        if self.preferences.count == "estimated":
            most = self.limits.rows_max + 1
            text = f"select null, count(*) from ({counted.sql.decode()} limit {most}) as counted"
            fields, _ = await store.run(connection, text.encode(), values)
            found = int(fields[1] or 0)
            if found < most:
                return found
        return await store.planned_rows(connection, counted.sql, values)


def _end(*, is_kept: bool) -> None:
    if not is_kept:
        raise _UndoneError


@lru_cache(maxsize=10_000)
def _known(tenant: Tenant) -> dict[Mark, str | None]:
    person = str(tenant.user_id) if tenant.user_id is not None else None
    return {Mark.AGENCY: str(tenant.agency_id), Mark.PERSON: person}
