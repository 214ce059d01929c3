"""The door of these pages, and what stands around them."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import psycopg

from mainstem.core import operators
from mainstem.errors import RefusedError
from mainstem.server.deadline import brief_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Concatenate, ParamSpec

    from psycopg.rows import TupleRow

    from mainstem.web import Visit

    Parameters = ParamSpec("Parameters")
    Connection = psycopg.Connection[TupleRow]

Found = TypeVar("Found")
LIMIT_S = 8.0
#: where these pages begin, for the way back
HOME = ("Unify", "/unify")


def require_operator(visit: Visit) -> None:
    """Refuse whoever is no operator, in words that tell nothing of what there is.

    Raises:
        RefusedError: they are none.
    """
    if not visit.is_operator:
        raise operators.unknown()


async def read_frame(visit: Visit) -> None:
    """Read what stands around the page, where it needs nothing else of the tenant's."""
    async with visit.reading():
        pass


async def read(
    url: str,
    reader: Callable[Concatenate[Connection, Parameters], Found],
    *arguments: Parameters.args,
    **named: Parameters.kwargs,
) -> Found:
    """What a reader of the ledger finds, as the owner of the database sees it.

    Raises:
        RefusedError: it takes longer than a page may.
    """

    def call() -> Found:
        with in_time(), brief_connection(url, limit_s=LIMIT_S) as connection:
            return reader(connection, *arguments, **named)

    return await asyncio.to_thread(call)


@contextmanager
def in_time() -> Iterator[None]:
    """Say in a sentence that reading took too long."""
    try:
        yield
    except psycopg.errors.QueryCanceled as error:
        raise RefusedError(
            "too_slow",
            f"Reading took longer than {LIMIT_S:.0f} s; narrow it to a table, or to a whole key.",
            status=503,
        ) from error


def missing(what: str) -> RefusedError:
    """What an address names is not there."""
    return RefusedError("not_found", f"There is no such {what}.", status=404)
