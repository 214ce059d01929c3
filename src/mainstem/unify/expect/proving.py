"""Holds a file's expectations against a database, in one transaction that is rolled back."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, assert_never

from mainstem.pg.connect import clear_errors, connect
from mainstem.unify.expect.cases import case_reason
from mainstem.unify.expect.model import Case, Count, Existence, Outcome, Reason
from mainstem.unify.expect.tables import Sources, count_reason, existence_reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.expect.model import Expectation, Expectations

STATEMENT_LIMIT_S = 60
LOCK_LIMIT_S = 5


def prove(expectations: Expectations, url: str) -> Iterator[Outcome]:
    """Yield an outcome for each expectation, in the order of the file.

    Args:
        expectations: what a file expects.
        url: the database, as a role that sees all rows and may act as the callers.

    Raises:
        ServerError: the database cannot be reached, or refuses what the connected role needs.
        SourceError, ConfigError: a source that rows are compared with cannot be read.
    """
    with (
        closing(connect(url, application_name="mainstem verify expect")) as connection,
        Sources(expectations) as sources,
    ):
        connection.execute(
            f"set local statement_timeout = '{STATEMENT_LIMIT_S}s';"
            f"set local lock_timeout = '{LOCK_LIMIT_S}s'"
        )
        for entry in expectations.entries:
            yield Outcome(entry, _reason(connection, entry, sources))
        connection.rollback()


def _reason(
    connection: psycopg.Connection[TupleRow], entry: Expectation, sources: Sources
) -> Reason | None:
    match entry:
        case Existence():
            return _told(existence_reason(connection, entry))
        case Count():
            # an error rather than a number that a policy made smaller
            connection.execute("set local row_security = off")
            reason = count_reason(connection, entry, sources)
            connection.execute("set local row_security = on")
            return _told(reason)
        case Case():
            with clear_errors(f"try {entry.title!r}"):
                return case_reason(connection, entry)
    assert_never(entry)


def _told(reason: str | None) -> Reason | None:
    """Names and numbers of rows hold no value: they may be kept as they are."""
    return Reason(reason, reason) if reason is not None else None
