"""What happens by itself around a client: stages, ticket numbers, and its removal."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from tests.migrations.people import Agency, become, insert, new_agency, new_client, one

from mainstem.db.tenant import Tenant, tenant_transaction
from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from uuid import UUID

    from tests.migrations.people import Connection


@pytest.mark.parametrize("app", ["both", "audience", "revos"])
def test_a_change_of_stage_is_recorded_from_every_app(connection: Connection, app: str) -> None:
    agency = new_agency(connection)
    become(connection, agency, app=app)
    connection.execute("update client set stage = 'Live' where id = %s", (agency.client_id,))
    connection.execute("update client set notes = 'same stage' where id = %s", (agency.client_id,))
    connection.execute("reset role")
    rows = connection.execute(
        "select client_id, from_stage, to_stage, moved_by from stage_event where agency_id = %s",
        (agency.id,),
    ).fetchall()
    assert rows == [(agency.client_id, "Onboarding", "Live", agency.user_id)]


def test_a_run_of_a_workflow_is_seen_by_those_who_see_its_client(connection: Connection) -> None:
    agency = new_agency(connection)
    workflow = insert(
        connection,
        "workflow",
        agency_id=agency.id,
        name="Late replies",
        trigger_type="inactivity",
        created_by=agency.user_id,
    )
    about = {
        client: insert(
            connection,
            "workflow_run",
            agency_id=agency.id,
            workflow_id=workflow,
            client_id=client,
        )
        for client in (agency.client_id, new_client(connection, agency.id), None)
    }
    become(connection, agency, app="audience", role="client", clients=frozenset({agency.client_id}))
    seen = "select id from workflow_run where agency_id = %s"
    assert connection.execute(seen, (agency.id,)).fetchall() == [(about[agency.client_id],)]
    become(connection, agency, app="audience")
    assert len(connection.execute(seen, (agency.id,)).fetchall()) == 3


def test_days_in_stage_are_derived(connection: Connection) -> None:
    agency = new_agency(connection)
    query = "select days_in_stage from client_stage where client_id = %s"
    connection.execute(
        "update client set stage_entered_at = now() - interval '9 days 5 hours' where id = %s",
        (agency.client_id,),
    )
    become(connection, agency)
    assert one(connection, query, agency.client_id) == 9
    connection.execute("update client set stage = 'Audit' where id = %s", (agency.client_id,))
    assert one(connection, query, agency.client_id) == 0


def test_a_tenant_does_not_choose_when_the_stage_began(connection: Connection) -> None:
    become(connection, new_agency(connection))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("update client set stage_entered_at = now()")


def open_tickets(url: str, agency: Agency, starting: Barrier, kept: bool) -> list[int]:
    """Open three tickets in a transaction of their own; roll it back unless it is to be kept."""
    numbers: list[int] = []
    tenant = Tenant(agency.id, agency.user_id, "client", frozenset({agency.client_id}), "audience")
    with connect(url) as connection:
        starting.wait(timeout=30)
        try:
            with tenant_transaction(connection, tenant) as opened:
                for _ in range(3):
                    row = opened.execute(
                        "insert into ticket (agency_id, client_id, title)"
                        " values (%s, %s, 'help') returning number",
                        (agency.id, agency.client_id),
                    ).fetchone()
                    assert row is not None
                    numbers.append(row[0])
                if not kept:
                    opened.execute("select 1 / 0")
        except psycopg.errors.DivisionByZero:
            return []
    return numbers


def test_ticket_numbers_have_no_gaps_under_concurrency(database_url: str) -> None:
    with connect(database_url) as connection:
        agency = new_agency(connection)
        elsewhere = new_client(connection, agency.id)
        insert(connection, "ticket", agency_id=agency.id, client_id=elsewhere, title="unseen")
        connection.commit()
    workers = 8
    starting = Barrier(workers)
    with ThreadPoolExecutor(workers) as pool:
        futures = [
            pool.submit(open_tickets, database_url, agency, starting, i % 4 != 3)
            for i in range(workers)
        ]
        numbers = sorted(number for future in futures for number in future.result())
    assert numbers == list(range(2, 2 + len(numbers)))
    assert len(numbers) == 3 * 6


def test_each_agency_counts_its_own_tickets(connection: Connection) -> None:
    for _ in range(2):
        agency = new_agency(connection)
        connection.execute(
            "insert into ticket (agency_id, client_id, title)"
            " select %s, %s, 'ticket ' || i from generate_series(1, 3) as i",
            (agency.id, agency.client_id),
        )
        rows = connection.execute(
            "select number from ticket where agency_id = %s order by 1", (agency.id,)
        ).fetchall()
        assert rows == [(1,), (2,), (3,)]


def test_a_ticket_keeps_the_number_that_an_import_gives_it(connection: Connection) -> None:
    agency = new_agency(connection)
    common = {"agency_id": agency.id, "client_id": agency.client_id, "title": "old"}
    insert(connection, "ticket", number=41, **common)
    insert(connection, "ticket", **common)
    assert one(connection, "select max(number) from ticket where agency_id = %s", agency.id) == 42


@pytest.mark.parametrize(
    "statement",
    [
        "delete from ticket",
        "update ticket set number = 7",
        (
            "insert into ticket (agency_id, client_id, title, number)"
            " values (app.agency_id(), app.agency_id(), 'x', 7)"
        ),
    ],
)
def test_tenants_neither_delete_nor_number_tickets(connection: Connection, statement: str) -> None:
    become(connection, new_agency(connection), app="audience")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def fill_revos(connection: Connection, agency: Agency) -> UUID:
    """One row of everything that hangs together in RevOS; returns the campaign."""
    owner = {"agency_id": agency.id, "client_id": agency.client_id}
    account = insert(
        connection, "linkedin_account", user_id=agency.user_id, account_name="main", **owner
    )
    magnet = insert(connection, "lead_magnet", name="guide", url="https://x.test/g", **owner)
    hook = insert(connection, "webhook_config", name="crm", url="https://x.test/h", **owner)
    campaign = insert(
        connection,
        "campaign",
        name="autumn",
        trigger_word="guide",
        lead_magnet_id=magnet,
        webhook_config_id=hook,
        linkedin_account_id=account,
        **owner,
    )
    post = insert(
        connection,
        "post",
        campaign_id=campaign,
        linkedin_account_id=account,
        content="comment guide",
        **owner,
    )
    comment = insert(
        connection,
        "comment",
        post_id=post,
        linkedin_account_id=account,
        author_name="Ann",
        author_linkedin_id="ACoAnn",
        content="guide!",
        **owner,
    )
    lead = insert(
        connection,
        "lead",
        campaign_id=campaign,
        comment_id=comment,
        linkedin_account_id=account,
        linkedin_id="ACoAnn",
        **owner,
    )
    sequence = insert(
        connection,
        "dm_sequence",
        campaign_id=campaign,
        lead_id=lead,
        linkedin_account_id=account,
        **owner,
    )
    connection.execute("update lead set dm_sequence_id = %s where id = %s", (sequence, lead))
    insert(connection, "dm_step", dm_sequence_id=sequence, step=1, **owner)
    insert(
        connection,
        "dm_message",
        dm_sequence_id=sequence,
        lead_id=lead,
        direction="inbound",
        message="ann@x.test",
        **owner,
    )
    insert(
        connection,
        "webhook_delivery",
        webhook_config_id=hook,
        lead_id=lead,
        event_type="lead.captured",
        payload="{}",
        **owner,
    )
    return campaign


def test_deleting_a_client_removes_all_that_is_its_own(connection: Connection) -> None:
    agency = new_agency(connection)
    campaign = fill_revos(connection, agency)
    owner = {"agency_id": agency.id, "client_id": agency.client_id}
    insert(
        connection,
        "dm_delivery",
        campaign_id=campaign,
        provider_person_id="ACoAnn",
        step=1,
        **owner,
    )
    insert(connection, "ticket", title="help", **owner)
    become(connection, agency, app="*")
    connection.execute("delete from client where id = %s", (agency.client_id,))
    connection.execute("reset role")
    left = [
        table
        for (table,) in connection.execute(
            "select table_name from app.table_class"
            " where scope = 'client' and table_name <> 'client'"
        ).fetchall()
        if connection.execute(
            sql.SQL("select from {} where agency_id = %s and client_id = %s limit 1").format(
                sql.Identifier(table)
            ),
            (agency.id, agency.client_id),
        ).fetchone()
    ]
    assert left == []


def test_a_campaign_that_sent_keeps_its_ledger(connection: Connection) -> None:
    agency = new_agency(connection)
    campaign = fill_revos(connection, agency)
    send = {
        "agency_id": agency.id,
        "client_id": agency.client_id,
        "campaign_id": campaign,
        "provider_person_id": "ACoAnn",
    }
    insert(connection, "dm_delivery", step=1, **send)
    insert(connection, "dm_delivery", step=2, **send)
    with pytest.raises(psycopg.errors.ForeignKeyViolation), connection.transaction():
        connection.execute("delete from campaign where id = %s", (campaign,))
    with pytest.raises(psycopg.errors.UniqueViolation, match="dm_delivery_once_key"):
        insert(connection, "dm_delivery", step=1, **send)
