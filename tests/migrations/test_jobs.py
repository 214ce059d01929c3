"""The job queue: closed to tenants but for what the view queue_job shows of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.migrations.people import become, new_agency, new_client, one

if TYPE_CHECKING:
    from uuid import UUID

    from tests.migrations.people import Connection

REFUSED = (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState)
ENQUEUE = """
insert into app.job (agency_id, client_id, app_context, queue, kind, payload)
values (%s, %s, %s, 'dms', 'send', '{"to": "ann"}') returning id
"""


def test_a_tenant_enqueues_for_itself_and_sees_its_jobs(connection: Connection) -> None:
    mine, other = new_agency(connection), new_agency(connection)
    connection.execute(ENQUEUE, (other.id, None, "both"))
    connection.execute(ENQUEUE, (None, None, "both"))
    become(connection, mine, app="revos")
    job: UUID = one(connection, ENQUEUE, mine.id, mine.client_id, "revos")
    rows = connection.execute("select id, queue_name, job_type, status from queue_job").fetchall()
    assert rows == [(job, "dms", "send", "pending")]
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        connection.execute(ENQUEUE, (other.id, None, "both"))


@pytest.mark.parametrize(
    "statement",
    [
        "select payload from app.job",
        "select result from app.job_archive",
        "update app.job set run_at = now()",
        "delete from app.job",
        "insert into app.job (queue, kind, status) values ('dms', 'send', 'leased')",
        "delete from queue_job",
    ],
)
def test_a_tenant_neither_reads_payloads_nor_changes_jobs(
    connection: Connection, statement: str
) -> None:
    become(connection, new_agency(connection), app="*")
    with pytest.raises(REFUSED):
        connection.execute(statement.encode())


def test_jobs_of_another_app_or_client_stay_out_of_sight(connection: Connection) -> None:
    agency = new_agency(connection)
    elsewhere = new_client(connection, agency.id)
    for client, app in ((elsewhere, "revos"), (agency.client_id, "mail"), (None, "both")):
        connection.execute(ENQUEUE, (agency.id, client, app))
    become(connection, agency, app="revos", role="member", clients=frozenset({agency.client_id}))
    query = "select client_id, app_context from queue_job"
    assert connection.execute(query).fetchall() == [(None, "both")]
    become(connection, agency, app="*")
    assert len(connection.execute(query).fetchall()) == 3


def test_a_finished_job_keeps_its_id_in_the_view(connection: Connection) -> None:
    agency = new_agency(connection)
    job = one(connection, ENQUEUE, agency.id, None, "both")
    connection.execute(
        "with done as (delete from app.job where id = %s returning *)"
        " insert into app.job_archive (job_id, agency_id, client_id, app_context, queue, kind,"
        " payload, status, attempt, attempts_max, run_at, created_at)"
        " select id, agency_id, client_id, app_context, queue, kind, payload, 'completed', 1,"
        " attempts_max, run_at, created_at from done",
        (job,),
    )
    become(connection, agency)
    row = connection.execute("select id, status, completed_at is null from queue_job").fetchone()
    assert row == (job, "completed", False)


def test_a_unique_job_is_enqueued_once(connection: Connection) -> None:
    agency = new_agency(connection)
    become(connection, agency)
    statement = (
        "insert into app.job (agency_id, queue, kind, unique_key)"
        " values (%s, 'mail', 'render', 'x')"
        " on conflict (agency_id, queue, unique_key) where unique_key is not null do nothing"
    )
    assert connection.execute(statement, (agency.id,)).rowcount == 1
    assert connection.execute(statement, (agency.id,)).rowcount == 0
