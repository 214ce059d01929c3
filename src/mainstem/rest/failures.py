"""What a client is told when the server refuses a statement: never another row's values.

Statuses are PostgREST's (docs.postgrest.org/en/stable/references/errors.html), save two: a
statement that takes too long is 504 and says the limit, one that must be tried again is 503.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, TypeVar

from mainstem.rest.problem import RequestError

if TYPE_CHECKING:
    import psycopg

    from mainstem.rest.catalog import Exposed
    from mainstem.rest.model import Limits

LOG = logging.getLogger(__name__)
_Found = TypeVar("_Found")

#: SQLSTATE, or its first characters -> status; longer ones count first
_STATUS: Final = {
    "08": 503,
    "0L": 403,
    "0P": 403,
    "21000": 400,
    "22": 400,
    "23": 400,
    "23503": 409,
    "23505": 409,
    "25006": 405,
    "28": 403,
    "40": 503,
    "42": 400,
    "42501": 403,
    "42883": 404,
    "42P01": 404,
    "44": 400,
    "53": 503,
    "55P03": 503,
    "57P": 503,
    "P0001": 400,
    "P0002": 400,
    "P0003": 400,
    "0A000": 400,
    "54": 400,
}
#: messages that speak of the caller's own values, names and rows only
_TOLD: Final = ("22", "23502", "23503", "23505", "23514", "23000", "42501", "P0001", "44000")
_WORDS: Final = {
    "40": "the statement collided with another one; try again",
    "08": "the database cannot be reached; try again",
    "53": "the database has no room for more requests; try again",
    "55P03": "another request holds these rows; try again",
    "57P": "the database is shutting down or starting; try again",
    "42883": "that operator or function does not take values of these types",
    "42804": "these types cannot be compared or converted",
    "42846": "a value of this type cannot be cast to that one",
    "42803": "every column must be grouped or aggregated",
    "42702": "a name means two columns; give one an alias",
    "42P01": "the table does not exist any more; the catalog is read again",
    "42703": "the column does not exist any more; the catalog is read again",
    "42P10": "there is no unique or exclusion constraint matching the ON CONFLICT specification",
    "21000": "two rows of the body have the same key, or a query gave more than one row",
    "0A000": "the table or view does not take this operation",
    "54": "the statement is too complex",
    "42": "the request does not fit the types of these columns",
}
#: after which the catalog may be out of date
STALE: Final = frozenset({"42P01", "42703", "42883", "0A000"})


def problem_of(error: psycopg.Error, exposed: Exposed, limits: Limits) -> RequestError:
    """The refusal that a client sees; what is no fault of the request is logged."""
    state = error.sqlstate or "08000"
    if state == "57014":
        return RequestError(
            504,
            state,
            f"the statement took longer than the limit of {limits.statement_s} s",
            details=f"limit statement_s = {limits.statement_s}",
            hint="ask for fewer rows, or filter by a column with an index",
        )
    status = _longest(_STATUS, state)
    if status is None:
        LOG.error("SQLSTATE %s: %s", state, error.diag.message_primary or error)
        return RequestError(500, state, "the database failed; the operator's log says why")
    told = state.startswith(_TOLD)
    message = error.diag.message_primary if told else _longest(_WORDS, state)
    raised = state == "P0001"
    return RequestError(
        status,
        state,
        message or "the database refused the request",
        details=error.diag.message_detail if raised else _details(error, exposed),
        hint=error.diag.message_hint if raised or state == "23000" else None,
    )


def _longest(table: dict[str, _Found], state: str) -> _Found | None:
    for length in range(len(state), 1, -1):
        if state[:length] in table:
            return table[state[:length]]
    return None


def _details(error: psycopg.Error, exposed: Exposed) -> str | None:
    """Which columns a key is about; the values stay out, they may be another's."""
    name, table = error.diag.constraint_name, error.diag.table_name
    if name is None or table is None:
        return None
    for key in exposed.from_table.get(table, ()):
        if key.name == name:
            columns = ", ".join(key.columns)
            return f"Key ({columns}): the row in {key.target} is not there, or is still used."
    return f"Constraint {name} of {table}."
