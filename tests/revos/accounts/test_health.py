"""Calls that were reserved, and what happens to the account before they are made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from psycopg.errors import CheckViolation
from tests.migrations.people import Agency, insert, new_agency, one

from mainstem.revos.accounts import READS_PER_DAY, NewCall, Route, health, store
from mainstem.revos.unipile import Fault, Kind

if TYPE_CHECKING:
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

MONDAY = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def account(connection: Connection, agency: Agency, **values: object) -> UUID:
    usual: dict[str, object] = {
        "account_name": "Tom", "unipile_account_id": "a1", "status": "active",
        "work_ends_at": "13:00",
    }  # fmt: skip
    return insert(
        connection, "linkedin_account", agency_id=agency.id, client_id=agency.client_id,
        user_id=agency.user_id, **(usual | values),
    )  # fmt: skip


def reserve(connection: Connection, agency: Agency, account_id: UUID, route: Route) -> UUID:
    call = NewCall(
        account_id=account_id, client_id=agency.client_id, route=route, sender="test",
        subject_id=account_id, called_at=MONDAY,
    )  # fmt: skip
    store.reserve(connection, agency.id, [call])
    found: UUID = one(
        connection,
        "select id from provider_call where linkedin_account_id = %s order by id desc limit 1",
        account_id,
    )
    return found


def test_a_call_whose_day_ended_waits_for_the_next(connection: Connection) -> None:
    agency = new_agency(connection)
    id_ = account(connection, agency)
    call = reserve(connection, agency, id_, Route.DM)
    late = MONDAY + timedelta(hours=2)
    assert store.begin(connection, agency.id, {call: id_}, at=late)[call].has_to_wait
    morning = MONDAY + timedelta(hours=22)
    begun = store.begin(connection, agency.id, {call: id_}, at=morning)[call]
    assert (begun.is_fresh, begun.has_to_wait, begun.called_at) == (True, False, morning)
    again = store.begin(connection, agency.id, {call: id_}, at=late)[call]
    assert (again.is_fresh, again.has_to_wait) == (False, False), "it may have been made: look"
    assert store.free(connection, agency.id, morning) == [], "one write at a time"
    assert store.finish(connection, agency.id, call, status="done", at=morning)
    assert store.free(connection, agency.id, morning + timedelta(seconds=89)) == []
    assert store.free(connection, agency.id, morning + timedelta(seconds=151))


@pytest.mark.parametrize(
    ("kind", "status"), [(Kind.DISCONNECTED, "expired"), (Kind.RESTRICTED, "restricted")]
)
def test_a_fault_of_the_account_freezes_it_and_tells_its_person(
    connection: Connection, kind: Kind, status: str
) -> None:
    agency, other = new_agency(connection), new_agency(connection)
    id_ = account(connection, agency)
    spared = account(connection, other)
    call = reserve(connection, agency, id_, Route.COMMENT)
    for _ in range(2):
        health.note(connection, agency.id, id_, Fault(kind, kind.value, 401), at=MONDAY)
    found = connection.execute(
        "select agency_id, user_id, kind from notification where kind like 'account_%%'"
    ).fetchall()
    assert found == [(agency.id, agency.user_id, f"account_{status}")], "once, and nobody else"
    assert store.begin(connection, agency.id, {call: id_}, at=MONDAY)[call].has_to_wait
    assert store.free(connection, agency.id, MONDAY + timedelta(days=1)) == []
    assert [each.id for each in store.free(connection, other.id, MONDAY)] == [spared]
    health.note(connection, other.id, id_, Fault(kind, kind.value, 401), at=MONDAY)
    assert [each.id for each in store.free(connection, other.id, MONDAY)] == [spared]


def test_a_throttled_account_rests_and_a_longer_rest_stays(connection: Connection) -> None:
    agency = new_agency(connection)
    id_ = account(connection, agency)
    long = Fault(Kind.THROTTLED, "too_many_requests", 429, retry_after_s=1_800)
    health.note(connection, agency.id, id_, long, at=MONDAY)
    short = Fault(Kind.UNAVAILABLE, "no_channel", 503, retry_after_s=10)
    health.note(connection, agency.id, id_, short, at=MONDAY)
    assert store.free(connection, agency.id, MONDAY + timedelta(minutes=29)) == []
    assert store.free(connection, agency.id, MONDAY + timedelta(minutes=31))


def test_reads_never_exceed_the_routes_day(connection: Connection) -> None:
    agency, other = new_agency(connection), new_agency(connection)
    id_, theirs = account(connection, agency), account(connection, other)

    def left(at: datetime) -> dict[UUID, int]:
        among = [id_, theirs]
        return store.reads_left(connection, agency.id, at, route=Route.READ_COMMENTS, among=among)

    assert left(MONDAY) == {id_: READS_PER_DAY}
    for _ in range(3):
        reserve(connection, agency, id_, Route.READ_COMMENTS)
    assert left(MONDAY) == {id_: READS_PER_DAY - 3}
    assert left(MONDAY + timedelta(days=1)) == {id_: READS_PER_DAY}
    assert store.free(connection, agency.id, MONDAY), "reads do not stand in the way of writes"


def test_a_time_zone_that_is_none_is_refused(connection: Connection) -> None:
    agency = new_agency(connection)
    for zone in ("Mars/Olympus", "XYZ+3", "Foo/Bar+3", "europe/berlin; drop", ""):
        with pytest.raises(CheckViolation), connection.transaction():
            account(connection, agency, timezone=zone)
    for zone in ("UTC", "America/Port-au-Prince", "Etc/GMT+3"):
        account(connection, agency, timezone=zone, account_name=zone, unipile_account_id=zone)
