"""How long each named query takes: counted for whoever asks, and logged with its plan when slow.

A query is known by its text, which `load_queries` read from a file; what has no name is not timed.
The log holds a plan without any value: what was bound may be a secret.
"""

from __future__ import annotations

import logging
import os
import re
import time
from bisect import bisect_left
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from mainstem.db.queries import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg.abc import Params

LOG = logging.getLogger(__name__)
#: upper ends of the histogram's buckets
BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
SLOW_VARIABLE = "MAINSTEM_SLOW_QUERY_S"
SLOW_S = 0.5
PLAN_LINES_MAX = 60
NAMES_MAX = 5_000
_VALUE = re.compile(r"'(?:[^']|'')*'|(?<=[=<>] )-?\d[\d.]*|(?<=\()-?\d[\d.]*(?=\))")


@dataclass
class Histogram:
    """How many took how long, and all of them together."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    sum_s: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.sum_s += seconds


_histograms: dict[str, Histogram] = {}


def observe(name: str, seconds: float) -> None:
    """Count a query by its name."""
    found = _histograms.get(name)
    if found is None:
        if len(_histograms) >= NAMES_MAX:
            return
        found = _histograms[name] = Histogram()
    found.add(seconds)


def observed() -> Mapping[str, Histogram]:
    """What was counted in this process."""
    return dict(sorted(_histograms.items()))


def slow_after_s() -> float:
    """From how many seconds on a query is slow."""
    with suppress(ValueError):
        return float(os.environ.get(SLOW_VARIABLE, SLOW_S))
    return SLOW_S


class TimedCursor(psycopg.AsyncCursor[Any]):
    """A cursor that counts what it runs, where that has a name."""

    async def execute(
        self,
        query: Any,  # noqa: ANN401 - whatever psycopg takes
        params: Params | None = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> TimedCursor:
        """Run a statement, as psycopg does."""
        name = name_of(query) if isinstance(query, bytes) else None
        if name is None:
            return await super().execute(query, params, prepare=prepare, binary=binary)
        started_s = time.perf_counter()
        try:
            return await super().execute(query, params, prepare=prepare, binary=binary)
        finally:
            took_s = time.perf_counter() - started_s
            observe(name, took_s)
            if took_s >= slow_after_s():
                await _tell(self.connection, name, query, params, took_s)


async def _tell(
    connection: psycopg.AsyncConnection[Any],
    name: str,
    query: bytes,
    params: Params | None,
    took_s: float,
) -> None:
    """Log a slow query with its plan, as the same role with the same claims sees it."""
    plan = "no plan: the transaction has ended or failed"
    if connection.info.transaction_status is TransactionStatus.INTRANS:
        assert isinstance(query, bytes), "named queries are bytes"
        try:
            async with connection.transaction():
                cursor = psycopg.AsyncCursor[TupleRow](connection)
                await cursor.execute(b"explain " + _without_comment(query), params, prepare=False)
                plan = plan_of([str(row[0]) for row in await cursor.fetchall()])
        except psycopg.Error as error:
            plan = f"no plan: {error.__class__.__name__}"
    LOG.warning("the query %s took %.3f s\n%s", name, took_s, plan)


def plan_of(lines: list[str]) -> str:
    """A plan in which a mark stands for each value."""
    return "\n".join(_VALUE.sub("?", line) for line in lines[:PLAN_LINES_MAX])


def _without_comment(query: bytes) -> bytes:
    lines = query.split(b"\n")
    while lines and lines[0].startswith(b"--"):
        lines.pop(0)
    return b"\n".join(lines)
