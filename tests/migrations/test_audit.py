"""The audit trail: one row for each changed row, names of columns, never values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.migrations.people import become, insert, new_agency, one

if TYPE_CHECKING:
    from uuid import UUID

    from tests.migrations.people import Connection

TRAIL = """
select action, changed_columns, actor_id, actor_role, actor_app from audit_log
where agency_id = %s and table_name = %s and row_id = %s order by id
"""


def trail(connection: Connection, agency: UUID, table: str, row: UUID) -> list[tuple[object, ...]]:
    connection.execute("reset role")
    return connection.execute(TRAIL, (agency, table, row)).fetchall()


def test_insert_update_and_delete_leave_one_row_each(connection: Connection) -> None:
    agency = new_agency(connection)
    become(connection, agency, app="audience")
    task = insert(
        connection, "task", agency_id=agency.id, client_id=agency.client_id, title="call them"
    )
    connection.execute("update task set title = 'write', priority = 'high' where id = %s", (task,))
    connection.execute("delete from task where id = %s", (task,))
    actor = (agency.user_id, "owner", "audience")
    assert trail(connection, agency.id, "task", task) == [
        ("insert", None, *actor),
        ("update", ["priority", "title"], *actor),
        ("delete", None, *actor),
    ]


def test_a_statement_over_many_rows_leaves_one_row_for_each(connection: Connection) -> None:
    agency = new_agency(connection)
    become(connection, agency, app="audience")
    connection.execute(
        "insert into task (agency_id, client_id, title)"
        " select %s, %s, 'task ' || i from generate_series(1, 7) as i",
        (agency.id, agency.client_id),
    )
    connection.execute("update task set status = 'done' where title <> 'task 1'")
    connection.execute("reset role")
    query = "select count(*) from audit_log where agency_id = %s and table_name = 'task' and {}"
    assert one(connection, query.replace("{}", "action = 'insert'"), agency.id) == 7
    assert one(connection, query.replace("{}", "action = 'update'"), agency.id) == 6


def test_no_value_is_written(connection: Connection) -> None:
    agency = new_agency(connection)
    become(connection, agency, app="audience")
    secret = "correct horse battery staple"
    row = insert(connection, "integration", agency_id=agency.id, provider="slack")
    connection.execute(
        "update integration set access_token_encrypted = %s, display_name = %s where id = %s",
        (secret.encode(), secret, row),
    )
    found = trail(connection, agency.id, "integration", row)[-1]
    assert found[1] == ["access_token_encrypted", "display_name"]
    text = one(connection, "select string_agg(to_jsonb(l)::text, '') from audit_log as l")
    assert secret not in text


def test_an_update_that_changes_nothing_leaves_no_row(connection: Connection) -> None:
    agency = new_agency(connection)
    become(connection, agency)
    connection.execute("update client set name = name where id = %s", (agency.client_id,))
    assert [row[0] for row in trail(connection, agency.id, "client", agency.client_id)] == [
        "insert"
    ]


def test_counters_leave_no_row_but_what_changes_beside_them_does(connection: Connection) -> None:
    agency = new_agency(connection)
    account = insert(
        connection,
        "linkedin_account",
        agency_id=agency.id,
        client_id=agency.client_id,
        user_id=agency.user_id,
        account_name="main",
    )
    change = "update linkedin_account set daily_dm_count = daily_dm_count + 1"
    connection.execute(change)
    connection.execute(change + ", account_name = 'second'")
    rows = trail(connection, agency.id, "linkedin_account", account)
    assert [row[:2] for row in rows] == [("insert", None), ("update", ["account_name"])]


def test_agencies_and_people_are_audited_too(connection: Connection) -> None:
    agency = new_agency(connection)
    connection.execute("update agency set name = 'new' where id = %s", (agency.id,))
    connection.execute("update \"user\" set role = 'owner' where id = %s", (agency.user_id,))
    connection.execute('update "user" set last_login_at = now() where id = %s', (agency.user_id,))
    assert trail(connection, agency.id, "agency", agency.id)[1][:2] == ("update", ["name"])
    assert [row[1] for row in trail(connection, agency.id, "user", agency.user_id)] == [
        None,
        ["role"],
    ]


def test_the_trail_outlives_the_agency(connection: Connection) -> None:
    agency = insert(connection, "agency", name="short-lived", slug="short-lived")
    connection.execute("delete from agency where id = %s", (agency,))
    rows = trail(connection, agency, "agency", agency)
    assert [row[0] for row in rows] == ["insert", "delete"]


@pytest.mark.parametrize(
    "statement",
    [
        (
            "insert into audit_log (agency_id, actor_role, table_name, row_id, action)"
            " values (app.agency_id(), 'owner', 'client', app.agency_id(), 'delete')"
        ),
        "update audit_log set actor_id = null",
        "delete from audit_log",
    ],
)
def test_no_tenant_writes_the_trail(connection: Connection, statement: str) -> None:
    become(connection, new_agency(connection), app="*")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def test_no_tenant_hangs_the_audit_on_a_table_of_its_own(connection: Connection) -> None:
    become(connection, new_agency(connection), app="*")
    connection.execute("create temp table forged (agency_id uuid, id uuid)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(
            "create trigger forge after insert on forged referencing new table as new_rows"
            " for each statement execute function app.audit('client', '{}')"
        )


def test_updated_at_is_set_and_not_chosen_by_tenants(connection: Connection) -> None:
    agency = new_agency(connection)
    query = "update client set notes = 'x', updated_at = '2001-01-01' returning updated_at = now()"
    become(connection, agency)
    assert one(connection, query) is True
    connection.execute("reset role")
    assert one(connection, query) is False, "a load or an undo restores what was there"


def test_nothing_moves_to_another_agency(connection: Connection) -> None:
    mine, other = new_agency(connection), new_agency(connection)
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="never change"):
        connection.execute(
            "update client set agency_id = %s where id = %s", (other.id, mine.client_id)
        )
