"""What runs as the owner means the same, whatever the caller put into its own temporary schema.

PostgreSQL looks there first for types and tables unless a function's path names `pg_temp` later: a
domain called jsonb, with a check of the caller's making, would run that check as the owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.migrations.people import become, insert, new_agency

if TYPE_CHECKING:
    from tests.migrations.people import Agency, Connection

SPY = """
create function pg_temp.spy() returns pg_catalog.bool language plpgsql as $$
begin
  if current_user not in ('authenticated', 'service_role') then
    raise exception 'a stranger''s code runs as %', current_user;
  end if;
  return true;
end
$$
"""
TYPES = ("jsonb", "uuid", "text", "timestamptz", "int4", "int8", "bool", "regclass", "name")


@pytest.fixture
def hijacker(connection: Connection) -> Agency:
    """A person whose session means something else by the names of the common types."""
    agency = new_agency(connection)
    become(connection, agency, app="audience")
    connection.execute(SPY)
    for name in TYPES:
        made = f"create domain pg_temp.{name} as pg_catalog.{name} check (pg_temp.spy())"
        connection.execute(made.encode())
    return agency


def test_no_trigger_runs_a_type_of_the_caller(connection: Connection, hijacker: Agency) -> None:
    mine = {"agency_id": hijacker.id, "client_id": hijacker.client_id}
    task = insert(connection, "task", title="one", **mine)
    insert(connection, "ticket", title="one", **mine)
    connection.execute("update task set title = 'two' where id = %s", (task,))
    connection.execute("update client set stage = 'Live' where id = %s", (hijacker.client_id,))
    connection.execute("delete from task where id = %s", (task,))
    connection.execute("reset role")
    trail = connection.execute(
        "select action from audit_log where row_id = %s order by action", (task,)
    ).fetchall()
    assert trail == [("delete",), ("insert",), ("update",)]


def test_no_maintenance_runs_a_type_of_the_session(
    connection: Connection, hijacker: Agency
) -> None:
    del hijacker
    connection.execute("set local role service_role")
    connection.execute("select app.ensure_partitions(now() - interval '2 months', now())")
    connection.execute("select * from app.drop_expired_partitions(now() + interval '5 years')")
    behind = connection.execute("select * from app.missing_partitions()").fetchall()
    assert "audit_log" in {row[1] for row in behind}, "seen from five years on, all had expired"
    connection.execute("select app.ensure_partitions()")
    assert connection.execute("select * from app.missing_partitions()").fetchall() == []
