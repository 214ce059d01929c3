"""Whose transaction a job runs in: its tenant's, or, for the platform's own, the service's."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg

from mainstem.db.tenant import Tenant, opening_batch, tenant_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

STATEMENT_LIMIT_S = 30
_SERVICE = (
    "set local role service_role; "
    """set local "request.jwt.claims" = '{"role": "service_role"}'; """
    "set local app.client_ids = ''"
)
_SERVICE_LIMITS = (
    f"set local statement_timeout = '{STATEMENT_LIMIT_S}s'; set local lock_timeout = '5s'"
)
#: a queue is empty or full by turns, so what the planner knows of its size is often wrong
BY_INDEX = "set local enable_seqscan = off; set local enable_bitmapscan = off"


@contextmanager
def service_transaction(
    connection: Connection, *, waits_for_disk: bool = True
) -> Iterator[Connection]:
    """Run a block as service_role, on an idle connection in autocommit mode; commits at its end.

    Without waiting for the disk, a crash of the server may forget what it did; what a later
    transaction writes durably is never kept without it.
    """
    try:
        opening = f"begin; {_SERVICE}; {_SERVICE_LIMITS}; {BY_INDEX}"
        if not waits_for_disk:
            opening += "; set local synchronous_commit = off"
        connection.execute(opening.encode(), prepare=False)
        yield connection
        connection.commit()
    except BaseException:
        with suppress(psycopg.OperationalError):
            connection.rollback()
        raise


@contextmanager
def job_transaction(
    connection: Connection, agency_id: UUID | None, app_context: str, role: str
) -> Iterator[Connection]:
    """Run a block in the transaction of a job's tenant; without an agency, as the service."""
    if agency_id is None:
        with service_transaction(connection):
            yield connection
    else:
        with tenant_transaction(connection, tenant_of(agency_id, app_context, role)):
            yield connection


@contextmanager
def job_savepoint(
    connection: Connection, agency_id: UUID | None, app_context: str, role: str
) -> Iterator[Connection]:
    """Do the same within a transaction that is open already; for tests."""
    with connection.transaction():
        if agency_id is None:
            become_service(connection)
        else:
            tenant = tenant_of(agency_id, app_context, role)
            opening = opening_batch(tenant, STATEMENT_LIMIT_S, begins=False)
            connection.execute(opening, prepare=False)
        yield connection
    connection.execute(b"reset role")


def become_service(connection: Connection) -> None:
    """Go on as service_role in the open transaction: what follows is the queue's own."""
    connection.execute(f"{_SERVICE}; {BY_INDEX}".encode(), prepare=False)


def tenant_of(agency_id: UUID, app_context: str, role: str) -> Tenant:
    """Return on whose behalf a job runs: its agency, in its app, nobody in person.

    Whoever enqueued the job had to satisfy the policy of app.job with both.
    """
    return Tenant(agency_id, None, "owner", None, app_context, role)
