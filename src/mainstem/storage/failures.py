"""What a client is told when the database refuses a statement: never another row's values."""

from __future__ import annotations

import logging

import psycopg

from mainstem.storage.problem import StorageError, denied, duplicate, invalid

LOG = logging.getLogger(__name__)
_PLAIN = {
    psycopg.errors.UniqueViolation: duplicate(),
    psycopg.errors.ForeignKeyViolation: StorageError(
        409, "ResourceReferenced", "the bucket or the client is not there any more"
    ),
    psycopg.errors.QueryCanceled: StorageError(
        504, "DatabaseTimeout", "the database took too long; ask for less"
    ),
    psycopg.DataError: invalid("the database does not take a value of the request"),
    psycopg.errors.CheckViolation: invalid("the database does not take a value of the request"),
    psycopg.OperationalError: StorageError(
        503, "SlowDown", "the database cannot be reached; try again"
    ),
}


def problem_of(error: psycopg.Error) -> StorageError:
    """The refusal that a client sees; what is no fault of the request is logged."""
    said = error.diag.message_primary or ""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return denied(said or "the policy of files forbids it")
    if isinstance(error, psycopg.errors.CardinalityViolation):
        return invalid(f"{said}; {error.diag.message_hint}")
    for kind, problem in _PLAIN.items():
        if isinstance(error, kind):
            return problem
    LOG.error("SQLSTATE %s: %s", error.sqlstate, said or error)
    return StorageError(500, "InternalError", "the database failed; the operator's log says why")
