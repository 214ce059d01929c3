"""One person at LinkedIn whom two agencies linked: one set of limits, and nobody is told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from psycopg import errors
from tests.migrations.people import insert, new_agency

from mainstem.jobs import service_transaction
from mainstem.pg.connect import connect
from mainstem.revos.accounts import READS_PER_DAY, NewCall, Route, health, store
from mainstem.revos.unipile import Fault, Kind

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow
    from tests.migrations.people import Agency

    Connection = psycopg.Connection[TupleRow]

CAP = 3


def linked(connection: Connection, agency: Agency, name: str, person: str) -> UUID:
    return insert(
        connection, "linkedin_account", agency_id=agency.id, client_id=agency.client_id,
        user_id=agency.user_id, account_name=name, unipile_account_id=f"{name} {agency.id}",
        provider_person_id=person, status="active", work_days=[1, 2, 3, 4, 5, 6, 7],
        work_starts_at="00:00", work_ends_at="23:59:59", daily_dm_cap=CAP,
    )  # fmt: skip


def call(agency: Agency, account_id: UUID, route: Route, at: datetime) -> NewCall:
    return NewCall(
        account_id=account_id, client_id=agency.client_id, route=route, sender="test",
        subject_id=account_id, called_at=at,
    )  # fmt: skip


def test_what_two_agencies_do_in_a_persons_name_counts_together(database_url: str) -> None:
    with (
        connect(database_url, autocommit=True) as one,
        connect(database_url, autocommit=True) as two,
    ):
        mine, theirs, third = (new_agency(one) for _ in range(3))
        own, other = (linked(one, agency, "Tom", "ACoTom") for agency in (mine, theirs))
        apart = linked(one, theirs, "Ann", "ACoAnn")
        elsewhere = linked(one, third, "Eve", "ACoEve")
        row = one.execute("select now()").fetchone()
        assert row is not None
        at: datetime = row[0]
        two.execute("set lock_timeout = '200ms'")
        with service_transaction(one):
            store.lock(one, mine.id)
            assert [free.left[Route.DM] for free in store.free(one, mine.id, at)] == [CAP]
            reserved = store.reserve(one, mine.id, [call(mine, own, Route.DM, at)])
            # What is decided at this moment for the same person is not decided beside it.
            with pytest.raises(errors.LockNotAvailable), service_transaction(two):
                store.lock(two, theirs.id)
            with service_transaction(two):
                store.lock(two, third.id)
                assert [free.id for free in store.free(two, third.id, at)] == [elsewhere]
        with service_transaction(two):
            assert [free.id for free in store.free(two, theirs.id, at)] == [apart]
        with service_transaction(one):
            store.finish(one, mine.id, reserved[own], status="done", at=at)
            reads = call(mine, own, Route.READ_COMMENTS, at)
            store.reserve(one, mine.id, [reads, reads])
        later = at + timedelta(minutes=10)
        with service_transaction(two):
            left = {free.id: free.left[Route.DM] for free in store.free(two, theirs.id, later)}
            assert left == {other: CAP - 1, apart: CAP}
            assert store.reads_left(
                two, theirs.id, later, route=Route.READ_COMMENTS, among=[other, apart]
            ) == {other: READS_PER_DAY - 2, apart: READS_PER_DAY}


def test_who_decides_has_all_people_or_none_so_that_two_never_wait_for_each_other(
    database_url: str,
) -> None:
    with (
        connect(database_url, autocommit=True) as one,
        connect(database_url, autocommit=True) as two,
    ):
        mine, theirs = new_agency(one), new_agency(one)
        people = ("ACoTom", "ACoAnn")
        own = [linked(one, mine, person, person) for person in people]
        others = [linked(one, theirs, person, person) for person in people]
        row = one.execute("select now()").fetchone()
        assert row is not None
        two.execute("set lock_timeout = '200ms'")
        with service_transaction(one):
            store.lock(one, mine.id)
            with pytest.raises(errors.LockNotAvailable), service_transaction(two):
                store.lock(two, theirs.id)
            # The one begins with Tom's, the other would have with Ann's; each goes on to both.
            assert store.free(one, mine.id, row[0], among=own[:1])
            assert len(store.free(one, mine.id, row[0])) == len(own)
        with service_transaction(two):
            store.lock(two, theirs.id)
            assert store.free(two, theirs.id, row[0], among=others[1:])
            assert len(store.free(two, theirs.id, row[0])) == len(others)


def test_a_call_that_waits_for_a_lost_account_holds_up_no_other_agency(
    connection: Connection,
) -> None:
    mine, theirs = new_agency(connection), new_agency(connection)
    own, other = (linked(connection, agency, "Tom", "ACoTom") for agency in (mine, theirs))
    row = connection.execute("select now()").fetchone()
    assert row is not None
    at: datetime = row[0]
    (waits,) = store.reserve(connection, mine.id, [call(mine, own, Route.DM, at)]).values()
    fault = Fault(Kind.DISCONNECTED, "disconnected_account", 401)
    health.note(connection, mine.id, own, fault, at=at)
    assert store.free(connection, theirs.id, at + timedelta(minutes=20)) == []
    later = at + timedelta(minutes=40)
    assert [free.id for free in store.free(connection, theirs.id, later)] == [other]
    (made,) = store.reserve(connection, theirs.id, [call(theirs, other, Route.DM, later)]).values()
    # Signed in again, it waits until the other agency's call is done and its person has rested.
    health.reconnected(connection, mine.id, own, at=later)
    assert store.begin(connection, theirs.id, {made: other}, at=later)[made].is_fresh
    assert store.begin(connection, mine.id, {waits: own}, at=later)[waits].has_to_wait
    store.finish(connection, theirs.id, made, status="done", at=later)
    soon, rested = later + timedelta(seconds=60), later + timedelta(minutes=3)
    assert store.begin(connection, mine.id, {waits: own}, at=soon)[waits].has_to_wait
    assert store.begin(connection, mine.id, {waits: own}, at=rested)[waits].is_fresh
    assert store.free(connection, theirs.id, rested) == []
