"""Version-7 ids: their order, their time, and that minted ones never change."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.migrations.people import one

if TYPE_CHECKING:
    from tests.migrations.people import Connection

times = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis wants bounds without a zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001 - and adds this one itself
    timezones=st.just(UTC),
)
# A source key may hold anything but NUL, which the text type refuses.
seeds = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
# Nothing is written, so the examples may share the connection.
shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def test_new_ids_are_of_version_7_distinct_and_in_order(connection: Connection) -> None:
    rows = connection.execute("select app.uuid7() from generate_series(1, 5000)").fetchall()
    ids: list[UUID] = [row[0] for row in rows]
    assert {(each.version, each.variant) for each in ids} == {(7, "specified in RFC 4122")}
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)


def test_a_new_id_carries_the_present(connection: Connection) -> None:
    assert one(
        connection,
        "select abs(extract(epoch from clock_timestamp() - app.uuid7_time(app.uuid7()))) < 5",
    )


@shared
@given(at=times)
def test_the_time_in_an_id_is_exact_to_the_microsecond(
    connection: Connection, at: datetime
) -> None:
    assert one(connection, "select app.uuid7_time(app.uuid7_floor(%s))", at) == at
    assert one(connection, "select app.uuid7_time(app.uuid7_minted(%s, 'x'))", at) == at


@shared
@given(early=times, late=times, seed=seeds)
def test_ids_sort_as_their_times_do(
    connection: Connection, early: datetime, late: datetime, seed: str
) -> None:
    early, late = sorted((early, late))
    floor_early, minted_early, floor_late, minted_late = connection.execute(
        "select app.uuid7_floor(%s), app.uuid7_minted(%s, %s),"
        " app.uuid7_floor(%s), app.uuid7_minted(%s, %s)",
        (early, early, seed, late, late, seed),
    ).fetchall()[0]
    assert floor_early <= minted_early
    assert floor_early <= floor_late
    if early < late:
        assert minted_early < floor_late <= minted_late


@shared
@given(at=times, seed=seeds)
def test_a_minted_id_depends_on_time_and_seed_alone(
    connection: Connection, at: datetime, seed: str
) -> None:
    query = "select app.uuid7_minted(%s, %s)"
    minted = one(connection, query, at, seed)
    connection.execute("set local timezone = 'Asia/Kathmandu'")
    assert one(connection, query, at, seed) == minted
    assert one(connection, query, at, seed + "x") != minted
    assert (minted.version, minted.variant) == (7, "specified in RFC 4122")


@shared
@given(at=times, seed=seeds)
def test_a_minted_id_is_laid_out_as_documented(
    connection: Connection, at: datetime, seed: str
) -> None:
    """Written a second time, from RFC 9562: what is stored under these ids must stay findable."""
    since_1970 = at - datetime(1970, 1, 1, tzinfo=UTC)
    microseconds = since_1970 // timedelta(microseconds=1)
    milliseconds, rest = divmod(microseconds, 1000)
    tail = int(hashlib.md5(seed.encode()).hexdigest(), 16) & (2**62 - 1)
    expected = milliseconds << 80 | 7 << 76 | rest * 4096 // 1000 << 64 | 0b10 << 62 | tail
    assert one(connection, "select app.uuid7_minted(%s, %s)", at, seed).int == expected


def test_a_minted_id_is_the_same_in_every_release(connection: Connection) -> None:
    minted = one(
        connection,
        "select app.uuid7_minted('2025-11-06 12:34:56.789012+00', 'droplab/events/42')",
    )
    assert minted == UUID("019a5929-b495-7031-ab7e-f8a272b95f2e")


def test_times_before_1970_count_as_1970(connection: Connection) -> None:
    floor = one(connection, "select app.uuid7_floor('1969-12-31 23:59:59.5+00')")
    assert floor == UUID("00000000-0000-7000-8000-000000000000")


def test_null_gives_null(connection: Connection) -> None:
    row = connection.execute(
        "select app.uuid7_floor(null), app.uuid7_minted(null, 'x'),"
        " app.uuid7_minted(now(), null), app.uuid7_time(null)"
    ).fetchone()
    assert row == (None, None, None, None)


def test_other_versions_carry_no_time(connection: Connection) -> None:
    assert one(connection, "select app.uuid7_time(gen_random_uuid())") is None


def test_the_portable_id_keeps_order_within_a_millisecond(connection: Connection) -> None:
    """What servers before 18 use, tried on this one: microseconds stand in the id."""
    rows = connection.execute(
        "select app.uuid7_prefix(timestamptz '2026-01-01 00:00:00+00' + i * interval '1 us')"
        " from generate_series(0, 3000) as i order by i"
    ).fetchall()
    prefixes = [row[0] for row in rows]
    assert prefixes == sorted(prefixes)
    assert len(set(prefixes)) == len(prefixes)
