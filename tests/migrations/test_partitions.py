"""Partitions: made ahead of time, locked down, dropped when their time is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, LiteralString

import psycopg
import pytest
from tests.migrations.people import become, insert, new_agency, one

from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from uuid import UUID

    from tests.migrations.people import Agency, Connection

LONG_AGO = datetime(2019, 3, 15, tzinfo=UTC)


def partitions(connection: Connection, table: str) -> list[str]:
    rows = connection.execute(
        "select inhrelid::regclass::text from pg_inherits"
        " where inhparent = %s::regclass order by 1",
        (table,),
    ).fetchall()
    return [row[0] for row in rows]


def age_partition(connection: Connection, name: LiteralString) -> None:
    """Let the registry say that a partition ended a year ago, which is what retention reads."""
    connection.execute(
        "update app.partition set starts_at = starts_at - interval '1 year',"
        " ends_at = ends_at - interval '1 year' where name = %s",
        (name,),
    )


def send_webhook(connection: Connection, agency: Agency) -> UUID:
    owner = {"agency_id": agency.id, "client_id": agency.client_id}
    hook = insert(connection, "webhook_config", name="crm", url="https://x.test/h", **owner)
    return insert(
        connection,
        "webhook_delivery",
        webhook_config_id=hook,
        event_type="lead.captured",
        payload="{}",
        **owner,
    )


def test_a_partition_is_dropped_with_its_row_in_the_registry(connection: Connection) -> None:
    connection.execute(
        "select app.ensure_partitions('2019-03-15Z', '2019-03-15Z', 'tracking_event')"
    )
    name = "tracking_event_2019_03"
    assert name in partitions(connection, "tracking_event")
    connection.execute("select app.drop_partition(%s::regclass)", (name,))
    assert name not in partitions(connection, "tracking_event")
    assert one(connection, "select count(*) from app.partition where name = %s", name) == 0
    with pytest.raises(psycopg.errors.WrongObjectType, match="client is no partition"):
        connection.execute("select app.drop_partition('client')")


def test_a_migrated_database_lacks_no_partition(connection: Connection) -> None:
    assert connection.execute("select * from app.missing_partitions()").fetchall() == []
    assert connection.execute("select app.ensure_partitions()").fetchall() == []


def test_the_registry_holds_the_promised_retentions(connection: Connection) -> None:
    rows = connection.execute(
        "select table_name, period, retention from app.partition_policy"
    ).fetchall()
    assert {name: (period, kept.days if kept else None) for name, period, kept in rows} == {
        "audit_log": ("month", 90),
        "dm_message": ("month", None),
        "job_archive": ("week", 30),
        "pod_activity": ("week", None),
        "provider_call": ("week", 90),
        "skill_execution": ("month", 90),
        "stray_event": ("week", 30),
        "tracking_event": ("month", None),
        "unipile_webhook_log": ("month", 90),
        "webhook_delivery": ("month", 60),
        "webhook_log": ("month", 90),
    }


def test_partitions_are_named_by_their_month_or_iso_week(connection: Connection) -> None:
    name = "select app.partition_name('t', %s, %s)"
    assert one(connection, name, "month", datetime(2026, 11, 1)) == "t_2026_11"  # noqa: DTZ001 - the function takes UTC without a zone
    assert one(connection, name, "week", datetime(2026, 11, 16)) == "t_2026_w47"  # noqa: DTZ001 - the same
    assert one(connection, name, "week", datetime(2024, 12, 30)) == "t_2025_w01"  # noqa: DTZ001 - the same


def test_past_months_are_made_when_asked_for_and_take_rows(connection: Connection) -> None:
    agency = new_agency(connection)
    made = connection.execute(
        "select app.ensure_partitions(%s, %s, 'tracking_event')",
        (LONG_AGO, LONG_AGO + timedelta(days=20)),
    ).fetchall()
    assert made == [("tracking_event_2019_03",), ("tracking_event_2019_04",)]
    campaign = insert(
        connection, "mail_campaign", agency_id=agency.id, name="old", is_imported=True
    )
    connection.execute(
        "insert into tracking_event (agency_id, id, mail_campaign_id, tracking_code, event_type)"
        " values (%s, app.uuid7_minted(%s, 'legacy/events/1'), %s, 'abc', 'qr_scan')",
        (agency.id, LONG_AGO, campaign),
    )
    where = one(connection, "select tableoid::regclass::text from tracking_event")
    assert where == "tracking_event_2019_03"
    pruned = connection.execute(
        "explain (costs off) select * from tracking_event"
        " where id >= app.uuid7_floor('2019-03-01 00:00+00')"
        " and id < app.uuid7_floor('2019-04-01 00:00+00')"
    ).fetchall()
    text = "\n".join(row[0] for row in pruned)
    assert "tracking_event_2019_03" in text
    assert "tracking_event_2019_04" not in text


def test_a_row_without_a_partition_is_refused(connection: Connection) -> None:
    agency = new_agency(connection)
    with pytest.raises(psycopg.errors.CheckViolation, match="no partition"):
        connection.execute(
            "insert into audit_log (agency_id, id, actor_role, table_name, row_id, action)"
            " values (%s, app.uuid7_floor('2001-01-01'), 'x', 'x', %s, 'insert')",
            (agency.id, agency.id),
        )


def test_a_range_too_long_is_refused_before_it_fills_the_catalog(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.ProgramLimitExceeded, match="at most 300"):
        connection.execute(
            "select app.ensure_partitions('1971-01-01', '2026-01-01', 'pod_activity')"
        )


def test_partitions_are_locked_down(connection: Connection) -> None:
    connection.execute("select app.ensure_partitions('2019-03-01', '2019-03-02')")
    rows = connection.execute(
        "select c.oid::regclass::text, c.relrowsecurity and c.relforcerowsecurity,"
        " has_table_privilege('authenticated', c.oid, 'select'),"
        " has_table_privilege('service_role', c.oid, 'select')"
        " from pg_class as c where c.relispartition and c.relkind = 'r'"
    ).fetchall()
    assert len(rows) > 40
    assert [row for row in rows if row[1:] != (True, False, False)] == []


@pytest.mark.parametrize("role", ["authenticated", "anon"])
def test_maintenance_is_for_the_service_alone(connection: Connection, role: LiteralString) -> None:
    connection.execute("set local role service_role")
    connection.execute("select app.ensure_partitions('2019-03-01', '2019-03-02')")
    connection.execute("select * from app.drop_expired_partitions()")
    connection.execute("set local role " + role)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select app.ensure_partitions()")


def test_retention_drops_what_is_over_and_nothing_else(connection: Connection) -> None:
    before = partitions(connection, "webhook_delivery")
    later = "select * from app.drop_expired_partitions(now() + %s * interval '1 day')"
    assert connection.execute(later, (30,)).fetchall() == []
    first_end = one(
        connection,
        "select min(ends_at) from app.partition where table_name = 'webhook_delivery'",
    )
    days = (first_end - datetime.now(UTC)).days + 61
    dropped: dict[str, str] = dict(connection.execute(later, (days,)).fetchall())
    assert dropped[before[0]] == "dropped"
    assert partitions(connection, "webhook_delivery") == before[1:]
    assert not any(name.startswith(("tracking_event", "dm_message")) for name in dropped)
    assert not any(name.startswith("audit_log") for name in dropped), "logs stay 30 days longer"


def test_retention_spares_what_an_import_filled_unless_told_otherwise(
    connection: Connection,
) -> None:
    connection.execute("select app.ensure_partitions(%s, %s, 'webhook_log')", (LONG_AGO, LONG_AGO))
    drop = "select partition_name from app.drop_expired_partitions()"
    assert connection.execute(drop).fetchall() == []
    connection.execute(
        "update app.partition_policy set keep_imported = false where table_name = 'webhook_log'"
    )
    assert connection.execute(drop).fetchall() == [("webhook_log_2019_03",)]


def test_rows_that_point_into_a_dropped_partition_go_first(connection: Connection) -> None:
    agency = new_agency(connection)
    delivery = send_webhook(connection, agency)
    connection.execute(
        "create table follow_up (agency_id uuid, webhook_delivery_id uuid, constraint f"
        " foreign key (agency_id, webhook_delivery_id)"
        " references webhook_delivery (agency_id, id))"
    )
    connection.execute("insert into follow_up values (%s, %s)", (agency.id, delivery))
    name = one(connection, "select tableoid::regclass::text from webhook_delivery")
    age_partition(connection, name)
    found = connection.execute("select * from app.drop_expired_partitions()").fetchall()
    assert found == [(name, "dropped")]
    assert one(connection, "select count(*) from follow_up") == 0
    assert one(connection, "select count(*) from webhook_delivery") == 0


def test_a_busy_table_is_left_for_the_next_time(database_url: str) -> None:
    with connect(database_url) as connection, connect(database_url) as busy:
        name = partitions(connection, "webhook_delivery")[0]
        log = partitions(connection, "webhook_log")[0]
        for each in (name, log):
            age_partition(connection, each)
        connection.commit()
        busy.execute("select count(*) from webhook_delivery")
        found = connection.execute("select * from app.drop_expired_partitions()").fetchall()
        assert sorted(found) == [(name, "busy"), (log, "dropped")]
        connection.commit()
        busy.rollback()
        found = connection.execute("select * from app.drop_expired_partitions()").fetchall()
        assert found == [(name, "dropped")]


def test_a_detached_partition_is_reported_and_not_taken_for_one(connection: Connection) -> None:
    name = partitions(connection, "webhook_log")[0]
    connection.execute(f"alter table webhook_log detach partition {name}".encode())
    missing = connection.execute("select name from app.missing_partitions()").fetchall()
    assert missing == [(name,)]
    with pytest.raises(psycopg.errors.DuplicateTable, match=name):
        connection.execute("select app.ensure_partitions()")


def test_two_may_ensure_at_once(database_url: str) -> None:
    query = "select app.ensure_partitions('2019-03-01', '2019-05-31', 'tracking_event')"
    with connect(database_url) as first, connect(database_url) as second:
        made = first.execute(query).fetchall()
        with second.pipeline():
            waiting = second.execute(query)
            first.commit()
        assert len(made) == 3
        assert waiting.fetchall() == []


def test_a_tenant_reads_partitioned_rows_through_the_parent_only(connection: Connection) -> None:
    agency = new_agency(connection)
    send_webhook(connection, agency)
    name = one(connection, "select tableoid::regclass::text from webhook_delivery")
    become(connection, agency, app="revos")
    assert one(connection, "select count(*) from webhook_delivery") == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select count(*) from " + name)
