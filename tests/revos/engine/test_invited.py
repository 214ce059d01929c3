"""Messages that wait for an invitation: whichever campaign sent it, and whatever became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.migrations.people import insert

from mainstem.revos.accounts.model import RELATIONS_PER_DAY
from mainstem.revos.sandbox.faults import FaultKind, Knob

if TYPE_CHECKING:
    from tests.revos.engine.conftest import Stage

SOON = timedelta(minutes=30)
FIRST = "select status, count(*) from dm_step where step = 1 group by 1 order by 1"


def test_who_is_invited_by_one_campaign_is_written_to_by_both_once_accepted(stage: Stage) -> None:
    common = {"agency_id": stage.mine.agency.id, "client_id": stage.mine.agency.client_id}
    second = insert(
        stage.connection, "campaign", **common, name="Summer", trigger_word="GUIDE",
        status="active", linkedin_account_id=stage.mine.account_id,
        dm_template_step1="Of the summer: where may I send it?",
    )  # fmt: skip
    insert(
        stage.connection, "post", **common, campaign_id=second, content="GUIDE again",
        linkedin_account_id=stage.mine.account_id, status="scheduled",
        scheduled_for=stage.world.now(),
    )  # fmt: skip
    person = next(
        one for one in stage.world.people
        if one.style == "silent" and stage.world.distance(stage.mine.account, one) == 2
    )  # fmt: skip
    stage.later(SOON, step=timedelta(minutes=5))
    stage.world.scenario = replace(stage.world.scenario, accept_share=0.0)
    for post in stage.mine.account.posts:
        stage.comment(post, person)
        stage.later(timedelta(hours=1), step=timedelta(minutes=10))
    assert stage.sql(FIRST) == [("waiting", 2)]
    assert stage.sql("select count(*) from pending_connection") == [(1,)]
    ((account_id, person_id),) = stage.sql(
        "select linkedin_account_id, provider_person_id from pending_connection"
    )
    stage.mine.account.distances[person.id] = 1
    with stage.moment(stage.mine) as moment:
        stage.engine.accepted(moment, account_id, person_id)
    stage.later(timedelta(hours=1), step=timedelta(minutes=5))
    assert stage.sql(FIRST) == [("sent", 2)]
    assert len([text for text in stage.texts_to(person) if "where may I send" in text]) == 2


def test_an_invitation_of_which_nobody_knows_is_waited_for_like_any_other(stage: Stage) -> None:
    person = stage.at_distance(stage.mine, 3, style=None)
    stage.sandbox.faults.turn_on(Knob(FaultKind.LOST_BEFORE, route="invite", count=1))
    stage.comment(stage.published(stage.mine), person)
    stage.later(SOON)
    state = "select status, expires_at is not null from pending_connection"
    assert stage.sql(state) == [("unknown", True)]
    assert stage.sql(FIRST) == [("waiting", 1)]
    stage.later(timedelta(days=16), step=timedelta(hours=12))
    assert stage.sql(state) == [("expired", True)]
    assert stage.sql("select status from lead") == [("failed",)]


def test_who_was_a_contact_and_is_none_any_more_is_not_waited_for_without_end(
    stage: Stage,
) -> None:
    person = stage.at_distance(stage.mine, 1)
    stage.comment(stage.published(stage.mine), person)
    stage.later(timedelta(minutes=4), step=timedelta(minutes=4))
    stage.sql(
        "insert into pending_connection (agency_id, client_id, linkedin_account_id,"
        " provider_person_id, status) select agency_id, client_id, linkedin_account_id,"
        " linkedin_id, 'accepted' from lead",
    )
    stage.mine.account.distances[person.id] = 2
    stage.later(SOON)
    found = stage.sql("select s.status, l.status from dm_step as s, lead as l")
    assert found == [("failed", "failed")]


def test_contacts_that_cannot_be_looked_at_are_not_asked_for_all_day(stage: Stage) -> None:
    person = stage.at_distance(stage.mine, 3, style=None)
    stage.world.scenario = replace(stage.world.scenario, accept_share=0.0)
    stage.sandbox.faults.turn_on(Knob(FaultKind.UNKNOWN_SLUG, route="relations"))
    stage.comment(stage.published(stage.mine), person)
    stage.later(timedelta(hours=6), step=timedelta(minutes=10))
    asked = "select count(*) from provider_call where route = 'read_relations'"
    assert stage.sql(asked) == [(RELATIONS_PER_DAY,)]
    later = "select count(*) from linkedin_account where inbox_read_to > %s"
    assert stage.sql(later, stage.world.now()) == [(0,)]
