"""The queue as its users see it: enqueue, handlers, verdicts, keys, limits, pause; two tenants."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.jobs.handlers import registry

from mainstem.db.tenant import tenant_transaction
from mainstem.jobs import (
    NewJob,
    Options,
    Registry,
    Retry,
    Schedule,
    Worker,
    batch,
    cancel,
    each,
    enqueue,
    metrics,
    pause,
    resume,
    retry,
    run_inline,
    service_transaction,
    set_limit,
    set_schedule,
    store,
    upkeep,
)
from mainstem.jobs.model import LostLeaseError
from mainstem.jobs.schedules import enqueue_due, next_time
from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg.rows import TupleRow
    from tests.jobs.conftest import Place

    from mainstem.jobs import Job, Verdict


def work(place: Place, made: Registry | None = None) -> int:
    """Do what is due; how many jobs."""
    worker, count = Worker(place.url, made or registry()), 0
    while done := worker.do_next(place.connection):
        count += done
    return count


def claim(place: Place, queue: str = "default", jobs_max: int = 10) -> list[Job]:
    with service_transaction(place.connection) as open_:
        return store.claim(open_, queue, worker="test", jobs_max=jobs_max, lease_s=30)


def test_each_tenants_jobs_run_with_its_own_claims_and_stay_its_own(place: Place) -> None:
    mine = place.add(NewJob(kind="write"), NewJob(kind="decide"))
    theirs = place.add(NewJob(kind="write"), agency_id=place.other)
    assert work(place) == 3
    effects = dict(place.sql("select job_id, (agency_id, note)::text from app.effect"))
    assert effects == {
        **dict.fromkeys(mine, f'({place.mine},"authenticated ")'),
        **dict.fromkeys(theirs, f'({place.other},"authenticated ")'),
    }
    for agency, jobs in ((place.mine, mine), (place.other, theirs)):
        with tenant_transaction(place.connection, place.tenant(agency)) as open_:
            seen = open_.execute("select id, status from queue_job").fetchall()
        assert dict(seen) == dict.fromkeys(jobs, "completed")


def test_jobs_of_a_claim_are_found_by_their_ids_however_the_queue_was_when_that_was_planned(
    place: Place,
) -> None:
    """The plan of an empty queue stays for a while: by the index of leases it read all of them."""
    ids = place.add(*(NewJob(kind="write") for _ in range(3)))
    asked = {"ids": ids, "fence": 1, "ends": "[]", "jobs": "[]", "lease_s": 30}
    for name in ("finish", "renew", "put_back"):
        with service_transaction(place.connection) as open_:
            rows = open_.execute(b"explain " + store.QUERIES[name], asked).fetchall()
        plan = " ".join(line for (line,) in rows)
        assert "Scan using job_pkey on job" in plan, plan
        assert "job_lease_idx" not in plan, plan


def test_a_claim_alone_does_not_wait_for_the_disk(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.sql("set synchronous_commit = on")
    seen: dict[str, object] = {}

    def note(what: str, connection: psycopg.Connection[TupleRow]) -> None:
        (seen[what],) = connection.execute("show synchronous_commit").fetchone() or (None,)

    for name in ("claim", "finish"):
        real = getattr(store, name)

        def noting(*given: Any, name: str = name, real: Any = real, **named: Any) -> object:
            note(name, given[0])
            return real(*given, **named)

        monkeypatch.setattr(store, name, noting)
    made = Registry()
    made.add("look", lambda connection, _: note("effects", connection))
    place.add(NewJob(kind="look"))
    assert work(place, made) == 1
    assert seen == {"claim": "off", "effects": "on", "finish": "on"}


def test_no_tenant_enqueues_sees_cancels_retries_or_claims_for_another(place: Place) -> None:
    waiting, dead = place.add(NewJob(kind="write"), NewJob(kind="nobody knows", queue="other"))
    work(place, _only_queue("other"))
    other = place.tenant(place.other)
    with tenant_transaction(place.connection, other) as open_:
        assert open_.execute("select * from queue_job").fetchall() == []
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
        tenant_transaction(place.connection, other) as open_,
    ):
        enqueue(open_, [NewJob(kind="write", agency_id=place.mine)])
    for query in ("claim", "finish", "cancel", "retry", "release"):
        asked = {
            "queue": "default", "worker": "x", "jobs_max": 5, "lease_s": 1, "at": None,
            "ids": [waiting], "fence": 1, "ends": "[]", "agency_id": None,
        }  # fmt: skip
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            tenant_transaction(place.connection, other) as open_,
        ):
            open_.execute(store.QUERIES[query], asked)
    with service_transaction(place.connection) as open_:
        assert cancel(open_, [waiting], agency_id=place.other) == []
        assert retry(open_, [dead], agency_id=place.other) == []
        assert cancel(open_, [waiting], agency_id=place.mine) == [waiting]
        assert retry(open_, [dead], agency_id=place.mine) == [dead]


def _only_queue(queue: str) -> Registry:
    made = registry()
    made.entries = {"elsewhere": made.entries["write"].__class__(queue=queue)}
    return made


def test_jobs_exist_when_the_cause_commits_and_not_otherwise(place: Place) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        _enqueue_and_fail(place)
    assert work(place) == 0


def _enqueue_and_fail(place: Place) -> None:
    with tenant_transaction(place.connection, place.tenant(place.mine)) as open_:
        assert len(enqueue(open_, [NewJob(kind="write")])) == 1
        open_.execute("select 1/0")


def test_a_job_that_fails_takes_nothing_of_its_batch_with_it(place: Place) -> None:
    jobs = [NewJob(kind="write", payload={"poison": n == 7}, attempts_max=1) for n in range(20)]
    ids = place.add(*jobs)
    work(place)
    expected = {id_: "failed" if n == 7 else "completed" for n, id_ in enumerate(ids)}
    assert place.archive() == expected
    assert place.sql("select count(*) from app.effect") == [(19,)]
    assert place.sql("select last_error from app.job_archive where status = 'failed'") == [
        ("ValueError: poisoned",)
    ]


def test_why_a_job_failed_is_told_without_the_row_that_it_is_about(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    def keep(connection: psycopg.Connection[TupleRow], job: Job) -> None:
        connection.execute("insert into app.effect (job_id) values (%s)", (job.id,))

    made = Registry()
    made.add("keep", lambda connection, jobs: keep(connection, jobs[0]))
    made.add("keep one", each(keep), queue="other")
    place.sql("alter table app.effect alter agency_id set not null")
    (job,) = place.add(NewJob(kind="keep", attempts_max=1))
    (other,) = place.add(NewJob(kind="keep one", queue="other", attempts_max=1))
    work(place, made)
    said = dict(place.sql("select job_id, last_error from app.job_archive"))
    for id_ in (job, other):
        assert said[id_].startswith("NotNullViolation: null value in column")
        assert str(id_) not in said[id_], "the server's detail shows the row"
    assert "DETAIL" not in caplog.text


def test_a_call_gets_what_its_beginning_found(place: Place) -> None:
    mine = place.add(NewJob(kind="begun", payload={"n": 1}))
    place.add(NewJob(kind="begun", payload={"n": 2}), agency_id=place.other)
    work(place)
    assert place.sql("select result from app.job_archive where job_id = %s", mine[0]) == [
        ({"found": "{'n': 1}"},)
    ]
    assert place.sql("select count(distinct agency_id) from app.effect") == [(2,)]


def test_one_tenants_slow_call_holds_up_no_others(place: Place) -> None:
    settled = Event()

    async def wait_for_the_other(job: Job) -> Verdict | None:
        if job.agency_id == place.mine:
            assert await asyncio.to_thread(settled.wait, 10), "the other one was held up"
        return None

    def note(connection: Any, jobs: Any, verdicts: Any) -> None:
        del connection, verdicts
        if jobs[0].agency_id == place.other:
            settled.set()

    made = Registry()
    made.add_calls("slow", wait_for_the_other, settle=note)
    (first,) = place.add(NewJob(kind="slow", attempts_max=1))
    (second,) = place.add(NewJob(kind="slow", attempts_max=1), agency_id=place.other)
    assert Worker(place.url, made).do_next(place.connection) == 2, "of one claim"
    assert place.archive() == {first: "completed", second: "completed"}


@pytest.mark.parametrize("fails", ["a beginning that forgets it", "an end of its own"])
def test_whatever_comes_of_one_tenants_call_is_its_own(place: Place, fails: str) -> None:
    def begin(connection: Any, jobs: Any) -> dict[UUID, Any]:
        del connection
        if fails == "a beginning that forgets it" and jobs[0].agency_id == place.mine:
            return {}
        return {job.id: "fine" for job in jobs}

    async def call(job: Job, found: str) -> Verdict | None:
        del found
        if job.agency_id == place.mine:
            raise asyncio.CancelledError
        return None

    made = Registry()
    made.add_calls("odd", call, begin=begin)
    (first,) = place.add(NewJob(kind="odd", attempts_max=1))
    (second,) = place.add(NewJob(kind="odd", attempts_max=1), agency_id=place.other)
    assert Worker(place.url, made).do_next(place.connection) == 2, "of one claim"
    assert place.archive() == {first: "failed", second: "completed"}


@pytest.mark.parametrize("where", ["begin", "settle"])
def test_a_call_that_cannot_be_begun_or_settled_stops_no_other(place: Place, where: str) -> None:
    jobs = [
        NewJob(
            kind="settled", queue="settling", attempts_max=1,
            payload={"poison": where if n == 7 else "none"},
        )
        for n in range(20)
    ]  # fmt: skip
    ids = place.add(*jobs)
    work(place)
    assert place.archive() == {
        id_: "failed" if n == 7 else "completed" for n, id_ in enumerate(ids)
    }
    written = 20 if where == "begin" else 19  # a verdict of the beginning is settled as well
    assert place.sql("select count(*) from app.effect") == [(written,)]


@pytest.mark.parametrize("kind", ["decide", "call"])
def test_a_job_is_tried_again_until_its_attempts_are_spent(place: Place, kind: str) -> None:
    place.sql("alter table app.effect drop constraint effect_pkey")
    (job,) = place.add(NewJob(kind=kind, payload={"say": "retry"}, attempts_max=3))
    assert work(place) == 3
    assert place.sql("select job_id, status, attempt from app.job_archive") == [(job, "failed", 3)]
    with service_transaction(place.connection) as open_:
        assert retry(open_, [job], agency_id=None) == [job]
    assert place.sql("select id, attempt from app.job") == [(job, 0)]
    assert place.archive() == {}


def test_a_raising_job_waits_before_its_next_attempt_and_a_snoozed_one_spends_none(
    place: Place,
) -> None:
    raising, snoozing, late = place.add(
        NewJob(kind="decide", payload={"say": "raise"}),
        NewJob(kind="decide", payload={"say": "snooze"}),
        NewJob(kind="write", run_at=datetime.now(UTC) + timedelta(hours=1)),
    )
    assert work(place) == 2
    query = (
        "select id, attempt, run_at > now() + interval '2 s', last_error from app.job order by id"
    )
    assert place.sql(query) == [
        (raising, 1, True, "ValueError: as asked"),
        (snoozing, 0, True, None),
        (late, 0, True, None),
    ]
    assert place.sql("select job_id from app.effect") == [(snoozing,)]


@given(attempt=st.integers(1, 100))
def test_the_wait_doubles_and_has_a_limit(attempt: int) -> None:
    longest = min(batch.BACKOFF_MAX_S, batch.BACKOFF_S * 2 ** (attempt - 1))
    assert longest / 2 <= batch.backoff_s(attempt) <= longest


def test_urgent_jobs_go_first_and_equal_ones_in_order(place: Place) -> None:
    ids = place.add(*[NewJob(kind="write", priority=p) for p in (5, 0, 9, 5)])
    taken = [job.id for _ in range(4) for job in claim(place, jobs_max=1)]
    assert taken == [ids[2], ids[0], ids[3], ids[1]]


def test_a_unique_key_holds_within_its_tenant(place: Place) -> None:
    job = NewJob(kind="write", unique_key="once")
    assert len(place.add(job, job)) == 1
    assert place.add(job) == []
    assert len(place.add(job, agency_id=place.other)) == 1


def test_jobs_of_one_ordering_key_go_one_after_another(place: Place) -> None:
    first, second = place.add(*[NewJob(kind="write", ordering_key="k") for _ in range(2)])
    (theirs,) = place.add(NewJob(kind="write", ordering_key="k"), agency_id=place.other)
    held = claim(place)
    assert [job.id for job in held] == [first, theirs]
    assert claim(place) == []
    with service_transaction(place.connection) as open_:
        store.finish(open_, held)
    assert [job.id for job in claim(place)] == [second]


def test_a_claim_that_another_was_faster_than_leases_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def second(connection: psycopg.Connection[TupleRow], *_: object, **__: object) -> None:
        connection.execute("do $$ begin raise unique_violation; end $$")

    (job,) = place.add(NewJob(kind="write"))
    with monkeypatch.context() as patched:
        patched.setattr(store, "claim", second)
        assert work(place) == 0
    assert place.sql("select status, attempt from app.job") == [("ready", 0)]
    assert work(place) == 1
    assert place.archive() == {job: "completed"}


def test_a_bucket_lets_so_many_begin_and_puts_the_others_off(place: Place) -> None:
    with service_transaction(place.connection) as open_:
        set_limit(open_, "sends", agency_id=place.mine, tokens_per_s=0.01, tokens_max=2)
    ids = place.add(*[NewJob(kind="write", limit_key="sends") for _ in range(4)])
    theirs = place.add(NewJob(kind="write", limit_key="sends"), agency_id=place.other)
    assert [job.id for job in claim(place)] == [*ids[:2], *theirs]
    waits = place.sql("select round(extract(epoch from run_at - now())) from app.job"
                      " where status = 'ready' order by id")  # fmt: skip
    assert waits == [(100,), (200,)]


def test_a_paused_queue_rests_until_it_is_resumed(place: Place) -> None:
    place.add(NewJob(kind="write"))
    with service_transaction(place.connection) as open_:
        pause(open_, "default")
    assert work(place) == 0
    with service_transaction(place.connection) as open_:
        assert 'mainstem_jobs_paused{queue="default"} 1' in metrics(open_)
        resume(open_, "default")
    assert work(place) == 1


def test_a_claim_that_was_taken_over_finishes_and_puts_back_nothing(place: Place) -> None:
    place.add(NewJob(kind="write"))
    old = claim(place)
    place.sql("update app.job set lease_until = now() - interval '1 s'")
    with service_transaction(place.connection) as open_:
        assert store.release(open_) == 1
    new = claim(place)
    assert [job.attempt for job in new] == [2]
    verdicts: list[dict[UUID, Verdict]] = [{}, {old[0].id: Retry("late")}]
    for said in verdicts:
        with pytest.raises(LostLeaseError), service_transaction(place.connection) as open_:
            batch.complete(open_, old, said)
    with service_transaction(place.connection) as open_:
        assert store.renew(open_, old, lease_s=5) == 0
        store.finish(open_, new)


def test_the_keeper_waits_for_no_job_that_is_being_finished(place: Place) -> None:
    place.add(NewJob(kind="write"), NewJob(kind="write"))
    held = claim(place)
    with (
        connect(place.url, autocommit=True) as keeper,
        service_transaction(place.connection) as open_,
    ):
        store.finish(open_, held[:1])
        with service_transaction(keeper) as renewing:
            renewing.execute("set local lock_timeout = '100ms'")
            assert store.renew(renewing, held, lease_s=5) == 1
    assert place.sql("select id from app.job") == [(held[1].id,)]


def test_what_is_due_by_schedule_is_enqueued_once(place: Place) -> None:
    daily = Schedule(name="n", kind="decide", cron="0 9 * * *", agency_id=place.mine)
    with service_transaction(place.connection) as open_:
        set_schedule(open_, daily)
        assert enqueue_due(open_) == 0
    place.sql("update app.job_schedule set next_run_at = now() - interval '3 days'")
    with service_transaction(place.connection) as open_:
        assert enqueue_due(open_) == 1
        assert enqueue_due(open_) == 0
    assert place.sql("select next_run_at > now() from app.job_schedule") == [(True,)]
    assert work(place) == 1
    assert place.sql("select agency_id from app.effect") == [(place.mine,)]


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        ("30 2 * * *", "2026-03-28T12:00", "2026-03-29T01:00"),  # skipped: right after the gap
        ("30 2 * * *", "2026-10-24T12:00", "2026-10-25T00:30"),  # comes twice: the first time
        ("30 2 * * *", "2026-10-25T00:30", "2026-10-26T01:30"),  # and not a second time
        ("0 9 * * 1", "2026-11-26T00:00", "2026-11-30T08:00"),
    ],
)
def test_times_of_day_survive_daylight_saving(cron: str, after: str, expected: str) -> None:
    found = next_time(cron, "Europe/Berlin", after=datetime.fromisoformat(after + "+00:00"))
    assert found == datetime.fromisoformat(expected + "+00:00")


def test_the_platforms_own_job_keeps_partitions(place: Place) -> None:
    made = registry()
    upkeep.add_to(made)
    upkeep.schedule(place.connection)
    place.sql("update app.job_schedule set next_run_at = now()")
    with service_transaction(place.connection) as open_:
        enqueue_due(open_)
    assert work(place, made) == 1
    assert place.sql("select status, agency_id, result from app.job_archive") == [
        ("completed", None, {"made": [], "expired": {}})
    ]


def test_inline_does_due_jobs_within_the_tests_transaction(place: Place) -> None:
    with place.connection.transaction(force_rollback=True):
        place.sql(
            "insert into app.job (agency_id, queue, kind, run_at)"
            " values (%s, 'default', 'write', now() + interval '1 day')",
            place.mine,
        )
        assert run_inline(place.connection, registry()) == 0
        tomorrow = datetime.now(UTC) + timedelta(days=2)
        assert run_inline(place.connection, registry(), at=tomorrow) == 1
        assert place.sql("select agency_id from app.effect") == [(place.mine,)]
    assert place.sql("select count(*) from app.job_archive") == [(0,)]


def test_options_name_the_queues(place: Place) -> None:
    place.add(NewJob(kind="write"), NewJob(kind="die_once", queue="killing"))
    worker = Worker(place.url, registry(), Options(queues=("default",)))
    assert worker.do_next(place.connection) == 1
    assert place.sql("select queue from app.job") == [("killing",)]
