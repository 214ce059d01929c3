"""Calls of which nobody knows what they came to, and workers whose clocks or hands stand still."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.migrations.people import insert

from mainstem.jobs import Worker
from mainstem.revos.accounts import SPACING
from mainstem.revos.clock import Clock
from mainstem.revos.sandbox.faults import FaultKind, Knob
from mainstem.revos.sending import pipeline as pipelines

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.revos.engine.conftest import Stage

DELIVERIES = "select c.name, d.status from dm_delivery d join campaign c on c.id = d.campaign_id"


def second_campaign(stage: Stage) -> None:
    """Another campaign of the same account, in the same words, with a post of its own."""
    mine = stage.mine
    stage.sql(
        "insert into campaign (agency_id, client_id, linkedin_account_id, lead_magnet_id, name,"
        " trigger_word, status, dm_template_step1) select agency_id, client_id,"
        " linkedin_account_id, lead_magnet_id, 'Summer', trigger_word, status, dm_template_step1"
        " from campaign where id = %s", mine.campaign_id,
    )  # fmt: skip
    stage.sql(
        "insert into post (agency_id, client_id, campaign_id, linkedin_account_id, content, status,"
        " scheduled_for) select agency_id, client_id, id, linkedin_account_id, 'Again: GUIDE',"
        " 'scheduled', %s from campaign where name = 'Summer'", stage.world.now(),
    )  # fmt: skip


@pytest.mark.parametrize("is_named", [True, False], ids=["named", "without-id"])
def test_another_campaigns_message_in_the_same_words_is_not_taken_for_ones_own(
    stage: Stage, *, is_named: bool
) -> None:
    second_campaign(stage)
    person = stage.at_distance(stage.mine, 1, style="silent")
    stage.later(timedelta(minutes=6))
    for post in stage.mine.account.posts:
        stage.comment(post, person)
    while stage.sql("select count(*) from dm_step") != [(2,)]:
        stage.later(timedelta(minutes=1), step=timedelta(minutes=1))
    stage.sql("update dm_step set scheduled_for = %s where status = 'scheduled'", stage.world.now())
    while not stage.texts_to(person):
        stage.later(timedelta(minutes=1), step=timedelta(minutes=1))
    if not is_named:  # a new chat may be answered without the id of its message
        stage.sql("update dm_delivery set unipile_message_id = null")
    stage.sql("update provider_call set next_write_at = %s", stage.world.now())
    stage.sandbox.faults.turn_on(Knob(FaultKind.LOST_BEFORE, route="message", count=1))
    stage.later(timedelta(seconds=30), step=timedelta(seconds=10))
    stage.later(timedelta(minutes=20))
    assert len(stage.texts_to(person)) == 1
    assert sorted(status for _, status in stage.sql(DELIVERIES)) == ["sent", "unknown"]


def test_a_message_in_the_same_words_that_did_arrive_is_found(stage: Stage) -> None:
    second_campaign(stage)
    person = stage.at_distance(stage.mine, 1, style="silent")
    stage.later(timedelta(minutes=6))
    for post in stage.mine.account.posts:
        stage.comment(post, person)
    stage.sandbox.faults.turn_on(Knob(FaultKind.LOST_AFTER, route="message", count=2))
    stage.later(timedelta(hours=1))
    assert len(stage.texts_to(person)) == 2
    assert [status for _, status in stage.sql(DELIVERIES)] == ["sent", "sent"]


def test_another_post_in_the_same_words_is_not_taken_for_ones_own(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    mine = stage.mine
    stage.published(mine)
    stage.sql(
        "insert into post (agency_id, client_id, linkedin_account_id, content, status,"
        " scheduled_for) select agency_id, client_id, linkedin_account_id, content, 'scheduled',"
        " scheduled_for from post where id = %s", mine.post_id,
    )  # fmt: skip
    stage.sandbox.faults.turn_on(Knob(FaultKind.LOST_BEFORE, route="publish", count=1))
    stage.later(timedelta(minutes=20))
    assert len(mine.account.posts) == 1
    said = "select status, failure_reason like '%%whether the post is there%%' from post"
    assert stage.sql(f"{said} where agency_id = %s order by created_at", mine.agency.id) == [
        ("published", None), ("failed", True),
    ]  # fmt: skip
    assert not caplog.records, "it could be written down"


@dataclass(frozen=True)
class SkewedClock(Clock):
    """What a worker's own machine shows that goes wrong by so much."""

    by: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


@pytest.mark.parametrize(("first", "second"), [(-10, 10), (10, -10)])
def test_workers_whose_clocks_differ_keep_an_accounts_distance(
    stage: Stage, first: int, second: int
) -> None:
    mine = stage.mine
    insert(
        stage.connection, "post", agency_id=mine.agency.id, client_id=mine.agency.client_id,
        linkedin_account_id=mine.account_id, content="One more", status="scheduled",
        scheduled_for=stage.world.now(),
    )  # fmt: skip
    one, two = (
        replace(stage.engine, clock=SkewedClock(by=timedelta(minutes=by))) for by in (first, second)
    )
    with stage.moment(mine) as moment:
        assert len(one.dispatch.decide(moment.connection, mine.agency.id)) == 1
    stage.worker = Worker(stage.worker.url, one.registry())
    stage.finish_jobs()
    assert len(mine.account.posts) == 1
    with stage.moment(mine) as moment:
        assert two.dispatch.decide(moment.connection, mine.agency.id) == []
    rests = "select next_write_at - clock_timestamp() from provider_call where route = 'post'"
    ((rest,),) = stage.sql(rests)
    assert SPACING - timedelta(seconds=30) < rest < 2 * SPACING


def test_a_worker_that_stood_still_makes_no_call_that_it_began_before(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stage.moment(stage.mine) as moment:
        stage.engine.dispatch.decide(moment.connection, moment.agency_id)
    monkeypatch.setattr(pipelines, "CALL_WITHIN_S", -1.0)
    stage.finish_jobs()
    assert stage.mine.account.posts == []
    assert stage.sql("select error_slug from provider_call where route = 'post'") == [
        ("withdrawn",)
    ]
    monkeypatch.undo()
    stage.later(timedelta(minutes=20))
    assert len(stage.mine.account.posts) == 1


@pytest.mark.parametrize(
    ("lost", "status"), [(FaultKind.LOST_BEFORE, "unclear"), (FaultKind.LOST_AFTER, "done")]
)
def test_an_answer_of_somebody_else_in_the_same_words_is_not_taken_for_ones_own(
    make_stage: Callable[..., Stage], lost: FaultKind, status: str
) -> None:
    stage = make_stage(public_reply_template="Thanks!")
    person, bystander = (
        next(
            one for one in stage.world.people if stage.world.distance(stage.mine.account, one) == n
        )
        for n in (2, 1)
    )
    comment = stage.comment(stage.published(stage.mine), person)
    stage.world.add_comment(comment.post, bystander, "Thanks!", parent=comment)
    stage.sandbox.faults.turn_on(Knob(lost, route="comment", count=1))
    stage.later(timedelta(hours=1))
    assert len(comment.replies) == (1 if lost is FaultKind.LOST_BEFORE else 2)
    assert stage.sql("select status from provider_call where route = 'comment'") == [(status,)]
