"""Minted ids: version 7, in time order, the same for the same seed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstem.unify.ledger import ensure_schema

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(1960, 1, 1), datetime(2106, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001

RELAXED = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def mint(connection: psycopg.Connection[TupleRow], moment: datetime, seed: str) -> UUID:
    row = connection.execute("select unify.minted(%s, %s)", (moment, seed)).fetchone()
    assert row is not None
    found = row[0]
    assert isinstance(found, UUID)
    return found


@RELAXED
@given(moment=MOMENTS, seed=st.text(st.characters(exclude_characters="\0", codec="utf-8")))
def test_an_id_carries_its_time(
    connection: psycopg.Connection[TupleRow], moment: datetime, seed: str
) -> None:
    ensure_schema(connection)
    found = mint(connection, moment, seed)
    assert found == mint(connection, moment, seed)
    assert (found.version, found.variant) == (7, "specified in RFC 4122")
    microseconds = max(0, (moment - EPOCH) // timedelta(microseconds=1))
    assert found.int >> 80 == microseconds // 1000
    assert (found.int >> 64) & 0xFFF == microseconds % 1000 * 4096 // 1000
    assert found != mint(connection, moment, seed + "x")


@RELAXED
@given(one=MOMENTS, other=MOMENTS)
def test_ids_are_in_time_order(
    connection: psycopg.Connection[TupleRow], one: datetime, other: datetime
) -> None:
    ensure_schema(connection)
    first, second = (mint(connection, moment, "s").int >> 64 for moment in (one, other))
    if max(one, EPOCH) < max(other, EPOCH):
        assert first < second
