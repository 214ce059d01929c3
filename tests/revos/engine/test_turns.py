"""Which agencies are woken: those with something due, each in its turn."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.migrations.people import Agency, insert, new_agency

from mainstem.revos.sending.store import agencies_due

if TYPE_CHECKING:
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
DRAWS = 40


def with_post(connection: psycopg.Connection[TupleRow], *, at: datetime) -> UUID:
    agency: Agency = new_agency(connection)
    insert(
        connection, "post", agency_id=agency.id, client_id=agency.client_id, content="A post",
        status="scheduled", scheduled_for=at,
    )  # fmt: skip
    return agency.id


def test_each_agency_gets_its_turn_where_more_are_due_than_are_woken_at_once(
    connection: psycopg.Connection[TupleRow],
) -> None:
    due = {with_post(connection, at=AT) for _ in range(3)}
    with_post(connection, at=AT.replace(hour=9))
    connection.execute("select setseed(0.5)")
    drawn = [agencies_due(connection, AT, limit=1) for _ in range(DRAWS)]
    assert {id_ for (id_,) in drawn} == due
    assert set(agencies_due(connection, AT, limit=10)) == due
