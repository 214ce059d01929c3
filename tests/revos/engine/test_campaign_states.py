"""What a campaign's state means holds whoever wrote it: the desk, a row, or its own end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.migrations.people import insert

from mainstem.revos import campaigns
from mainstem.revos.sending.store import agencies_due

if TYPE_CHECKING:
    from tests.revos.engine.conftest import Stage

STATE = "update campaign set status = %s where id = %s"


def pause(stage: Stage) -> None:
    with stage.moment(stage.mine) as moment:
        campaigns.pause(moment, stage.mine.campaign_id)


def test_an_answer_that_a_pause_withdrew_is_given_once_the_campaign_goes_on(stage: Stage) -> None:
    far = stage.at_distance(stage.mine, 2)
    stage.comment(stage.published(stage.mine), far)
    for _ in range(60):
        to = stage.world.now() + timedelta(minutes=1)
        stage.world.clock.move(to)
        with stage.moment(stage.mine) as moment:
            taken = stage.engine.dispatch.decide(moment.connection, moment.agency_id)
        if any(one.route == "comment" for one in taken):
            break
        stage.sql("update app.job set run_at = now() where run_at > now()")
        stage.finish_jobs()
    pause(stage)
    stage.later(timedelta(minutes=30), step=timedelta(minutes=20))
    assert [one for one in stage.sandbox.ledger.entries if one.kind == "reply"] == []
    stage.sql(STATE, "active", stage.mine.campaign_id)
    stage.later(timedelta(hours=1), step=timedelta(minutes=20))
    (answer,) = [one for one in stage.sandbox.ledger.entries if one.kind == "reply"]
    assert answer.account == stage.mine.account.id


def test_comments_are_read_of_a_campaign_that_runs_whoever_let_it_run(stage: Stage) -> None:
    mine = stage.mine
    post = stage.published(mine)
    pause(stage)
    near = stage.at_distance(mine, 1)
    stage.comment(post, near)
    stage.later(timedelta(hours=1), step=timedelta(minutes=20))
    assert stage.sql("select count(*) from lead") == [(0,)]
    stage.sql(STATE, "active", mine.campaign_id)  # by a row, as applications do
    stage.later(timedelta(hours=1), step=timedelta(minutes=20))
    assert stage.sql("select distinct linkedin_id from lead") == [(near.id,)]
    # A post that was out before, and got into a campaign by its row.
    stage.sql("delete from scrape_job where agency_id = %s", mine.agency.id)
    with stage.moment(mine) as moment:
        due = agencies_due(moment.connection, moment.at - timedelta(days=400), limit=10)
    assert due == [mine.agency.id]
    stage.work()
    assert stage.sql(
        "select agency_id, count(*) from scrape_job group by 1 order by count(*), agency_id = %s",
        mine.agency.id,
    ) == [(stage.other.agency.id, 1), (mine.agency.id, 1)]


def test_a_campaign_ends_at_its_end_with_its_numbers_kept(stage: Stage) -> None:
    mine, end = stage.mine, stage.world.now() + timedelta(hours=3)
    (owner,) = stage.sql('select id from "user" where agency_id = %s limit 1', mine.agency.id)[0]
    stage.sql("update campaign set starts_at = %s, ends_at = %s, created_by = %s where id = %s",
              stage.world.now() - timedelta(days=1), end, owner, mine.campaign_id)  # fmt: skip
    draft = insert(
        stage.connection, "campaign", agency_id=mine.agency.id, client_id=mine.agency.client_id,
        name="Never run", trigger_word="GUIDE", ends_at=end,
    )  # fmt: skip
    post, near = stage.published(mine), stage.at_distance(mine, 1)
    stage.comment(post, near)
    stage.later(timedelta(hours=2), step=timedelta(minutes=20))
    stage.later(timedelta(hours=2), step=timedelta(minutes=20))
    late = next(
        one
        for one in stage.world.people
        if one is not near and stage.world.distance(mine.account, one) == 1
    )
    stage.comment(post, late)
    stage.later(timedelta(hours=2), step=timedelta(minutes=20))
    states = dict(stage.sql("select id, status from campaign"))
    assert states == {
        mine.campaign_id: "completed", draft: "draft", stage.other.campaign_id: "active",
    }  # fmt: skip
    ((kept,),) = stage.sql("select metrics from campaign where id = %s", mine.campaign_id)
    assert kept["funnel"]["messaged"] == 1
    assert stage.sql("select status from scrape_job where campaign_id = %s", mine.campaign_id) == [
        ("completed",)
    ]
    assert stage.texts_to(late) == []
    told = "select user_id, title from notification where kind = 'campaign_completed'"
    assert stage.sql(told) == [(owner, "Spring has come to its end")]
