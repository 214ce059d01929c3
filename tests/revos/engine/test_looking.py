"""Looks at comments that end half-way: what was read is kept, nobody who asked is missed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import cycle
from typing import TYPE_CHECKING

from mainstem.revos.capture.reading import Request, read
from mainstem.revos.inbox import looking
from mainstem.revos.sandbox.faults import FaultKind, Knob
from mainstem.revos.unipile import PAGE_MAX, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from tests.revos.engine.conftest import Stage

SOON = timedelta(minutes=20)
OUTCOMES = "select outcome, count(*) from processed_comment group by 1 order by 1"


def test_who_asks_while_a_campaign_comes_to_rest_is_found_once_it_goes_on(stage: Stage) -> None:
    # A zone that only the server knows by that name stops nobody's reading.
    stage.sql("update linkedin_account set timezone = 'PST'")
    person = stage.at_distance(stage.mine, 1, style="silent")
    post = stage.published(stage.mine)
    stage.later(timedelta(minutes=2))
    stage.comment(post, person)
    stage.world.clock.move(stage.world.now() + timedelta(minutes=6))
    with stage.moment(stage.mine) as moment:
        stage.engine.dispatch.decide(moment.connection, moment.agency_id)
    mine = "select status from scrape_job where agency_id = %s"
    assert stage.sql(mine, stage.mine.agency.id) == [("running",)]
    state = "update campaign set status = %s where id = %s"
    stage.sql(state, "paused", stage.mine.campaign_id)  # not by the desk: by a row, as apps do
    stage.later(timedelta(hours=1), step=timedelta(minutes=10))
    assert stage.sql(OUTCOMES) == []
    stage.sql(state, "active", stage.mine.campaign_id)
    stage.later(timedelta(hours=1), step=timedelta(minutes=5))
    assert stage.sql(OUTCOMES) == [("matched", 1)]
    assert len(stage.texts_to(person)) == 1


def test_what_was_read_before_the_time_was_over_is_kept(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    post = stage.published(stage.mine)
    people = cycle(stage.world.people)
    for _ in range(PAGE_MAX + 20):
        stage.comment(post, next(people), "nice")
    request = Request(
        account=stage.mine.account.id, post_id=post.id, social_id=post.social_id,  # type: ignore[arg-type]
        known=frozenset(), pages_max=30, reads_to_end=True, measures=False,
    )  # fmt: skip
    provider = stage.engine.provider
    faults = stage.sandbox.faults
    for delay_s in (0.0, 3.0):  # of the first page, and of the second
        faults.turn_on(Knob(FaultKind.SLOW, route="comments", delay_s=delay_s, count=1))
    found = asyncio.run(read(provider, request, limit_s=1.0))
    assert (len(found.comments), found.pages, found.reached_end) == (PAGE_MAX, 2, False)
    assert found.fault is None
    nothing = asyncio.run(read(provider, request, limit_s=0.0))
    assert (nothing.pages, nothing.fault and nothing.fault.kind) == (1, Kind.TIMEOUT)
    whole = asyncio.run(read(provider, request))
    assert (len(whole.comments), whole.reached_end) == (PAGE_MAX + 20, True)


def test_an_inbox_longer_than_a_look_is_read_to_its_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "PAGES_MAX", 2)
    monkeypatch.setattr(looking, "PAGE_MAX", 3)
    person = stage.at_distance(stage.mine, 1, style="silent")
    stage.comment(stage.published(stage.mine), person)
    stage.later(timedelta(minutes=30), step=timedelta(minutes=5))
    assert len(stage.texts_to(person)) == 1
    read_to = "select inbox_cursor, inbox_read_to from linkedin_account where id = %s"
    ((_, before),) = stage.sql(read_to, stage.mine.account_id)
    # The answer came first, then more than several looks read: each begins with the newest.
    account, people = stage.mine.account, stage.world.people[:40]
    stage.world.add_message(stage.world.chat_with(account, person), "ann@acme.io", is_own=False)
    for other in people:
        stage.world.clock.move(stage.world.now() + timedelta(seconds=1))
        if other is not person:
            stage.world.add_message(stage.world.chat_with(account, other), "hi", is_own=False)
    last = account.messages[-1].at
    stage.world.clock.move(stage.world.now() + timedelta(minutes=10))
    stage.work()
    ((cursor, read),) = stage.sql(read_to, stage.mine.account_id)
    assert cursor is not None
    assert read == before
    stage.work()
    # A cursor that the provider forgot costs a beginning anew, not the rest of the inbox.
    stage.sql("update linkedin_account set inbox_cursor = 'gone' where id = %s",
              stage.mine.account_id)  # fmt: skip
    stage.later(timedelta(minutes=40))
    ((cursor, read),) = stage.sql(read_to, stage.mine.account_id)
    assert cursor is None
    assert read >= last
    assert stage.sql("select email from lead") == [("ann@acme.io",)]
    assert stage.sql("select count(*) from linkedin_account where inbox_cursor is null") == [(2,)]


def test_an_account_whose_reconnection_nobody_told_goes_on(stage: Stage) -> None:
    near = stage.at_distance(stage.mine, 1, style="silent")
    post = stage.published(stage.mine)
    stage.world.set_status(stage.mine.account, "CREDENTIALS")
    stage.comment(post, near)
    stage.later(timedelta(minutes=30), step=timedelta(minutes=5))
    status = "select status from linkedin_account where id = %s"
    assert stage.sql(status, stage.mine.account_id) == [("expired",)]
    stage.later(timedelta(hours=2), step=timedelta(minutes=20))
    assert stage.sql(status, stage.mine.account_id) == [("expired",)]
    told = "select count(*) from notification where kind = 'account_expired'"
    assert stage.sql(told) == [(1,)]
    stage.world.set_status(stage.mine.account, "OK")  # and its webhook is lost
    stage.later(timedelta(hours=3), step=timedelta(minutes=20))
    assert stage.sql(status, stage.mine.account_id) == [("active",)]
    assert len(stage.texts_to(near)) == 1
    stage.sql("update linkedin_account set status = 'restricted', inbox_read_at = null")
    stage.later(timedelta(hours=2), step=timedelta(minutes=20))
    assert stage.sql("select distinct status from linkedin_account") == [("restricted",)]
