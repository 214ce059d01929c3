"""From a comment to a captured lead, held against the sandbox's own log of what was written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mainstem.revos.accounts import health
from mainstem.revos.sandbox.faults import FaultKind, Knob
from mainstem.revos.sequence import reviews, unknown
from mainstem.revos.unipile import ChatId, Message, PersonId
from mainstem.revos.unipile.model import MessageId

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.revos.engine.conftest import Stage

SOON = timedelta(minutes=20)
A_WHILE = timedelta(hours=3)
STEP = timedelta(minutes=20)


def test_a_contact_who_asks_is_asked_for_the_address_and_gets_the_link(stage: Stage) -> None:
    person = stage.at_distance(stage.mine, 1)
    stage.comment(stage.published(stage.mine), person)
    stage.later(SOON)
    first = f"Hi {person.first_name}, where may I send The guide?"
    assert stage.texts_to(person) == [first]
    stage.later(A_WHILE, step=STEP)
    asked, confirmed, link = stage.texts_to(person)
    assert asked == first
    assert confirmed == f"Thanks! It is on its way to {person.email}."
    assert link.startswith("And here is your own link: https://links.example/d/")
    assert stage.sql("select email, status, agency_id from lead") == [
        (person.email, "backup_sent", stage.mine.agency.id)
    ]
    assert stage.sql("select status, count(*) from dm_delivery group by 1") == [("sent", 3)]
    assert stage.sql("select status from dm_sequence") == [("completed",)]
    assert stage.sql(
        "select count(*) from app.token_route where kind = 'download' and agency_id = %s",
        stage.mine.agency.id,
    ) == [(1,)]


def test_who_comments_twice_and_under_two_posts_is_written_to_once(stage: Stage) -> None:
    person = stage.at_distance(stage.mine, 1, style="silent")
    post = stage.published(stage.mine)
    stage.comment(post, person)
    stage.later(SOON)
    stage.comment(post, person, "guide please")
    stage.later(A_WHILE, step=STEP)
    assert len(stage.texts_to(person)) == 1
    assert stage.sql("select outcome, count(*) from processed_comment group by 1 order by 1") == [
        ("duplicate", 1),
        ("matched", 1),
    ]


def test_each_agency_writes_to_a_person_for_itself(stage: Stage) -> None:
    person = next(
        one
        for one in stage.world.people
        if one.style == "plain"
        and all(stage.world.distance(tenant.account, one) == 1 for tenant in stage.tenants)
    )
    stage.work()
    for tenant in stage.tenants:
        (post,) = tenant.account.posts
        stage.comment(post, person)
    stage.later(A_WHILE, step=STEP)
    log = [one for one in stage.sandbox.ledger.entries if one.target == person.id]
    assert sorted(one.account for one in log) == sorted(
        [tenant.account.id for tenant in stage.tenants] * 3
    )
    assert sorted(stage.sql("select agency_id from lead")) == sorted(
        (tenant.agency.id,) for tenant in stage.tenants
    )
    links = {one.text for one in log if "https://" in one.text}
    assert len(links) == 2


def test_who_is_no_contact_is_answered_invited_and_written_to_once_accepted(stage: Stage) -> None:
    person = stage.at_distance(stage.mine, 2)
    stage.comment(stage.published(stage.mine), person)
    stage.later(SOON)
    kinds = [one.kind for one in stage.sandbox.ledger.entries if one.kind != "post"]
    assert kinds == ["reply", "invitation"]
    assert stage.sql("select status from dm_step") == [("waiting",)]
    stage.later(timedelta(days=4), step=timedelta(hours=3))
    assert len([one for one in stage.texts_to(person) if one]) == 3
    assert stage.sql("select status from lead") == [("backup_sent",)]


def test_an_invitation_that_nobody_answers_ends_after_fifteen_days(stage: Stage) -> None:
    person = stage.at_distance(stage.mine, 3, style=None)
    stage.world.scenario = replace(stage.world.scenario, accept_share=0.0)
    stage.comment(stage.published(stage.mine), person)
    stage.later(SOON)
    stage.later(timedelta(days=16), step=timedelta(days=4))
    assert stage.sql("select status from pending_connection") == [("expired",)]
    assert stage.sql("select status from lead") == [("failed",)]


def test_who_asks_to_stop_is_never_written_to_again(stage: Stage) -> None:
    person = stage.at_distance(stage.mine, 1, style="opt_out")
    post = stage.published(stage.mine)
    stage.comment(post, person)
    stage.later(A_WHILE, step=STEP)
    assert len(stage.texts_to(person)) == 1
    assert stage.sql("select status, failure_reason from dm_sequence") == [
        ("abandoned", "the person opted out")
    ]
    assert stage.sql("select agency_id, reason, value_hint from suppression") == [
        (stage.mine.agency.id, "opt_out", None)
    ]
    late = Message(
        id=MessageId("late"), chat_id=ChatId("c"), sender_id=PersonId(person.id),
        text="though you know me: ann@acme.io", sent_at=stage.world.now(), is_own=False,
    )  # fmt: skip
    with stage.moment(stage.mine) as moment:
        stage.engine.replies.take_in(moment, stage.mine.account_id, late)
    assert stage.sql("select email from lead") == [(None,)], "nobody is told of them any more"
    stage.sql("delete from dm_step")
    stage.sql("update lead set dm_sequence_id = null")
    stage.sql("delete from dm_delivery")
    stage.sql("delete from dm_sequence")
    stage.sql("delete from lead")
    stage.comment(post, person, "guide!")
    stage.later(A_WHILE, step=STEP)
    assert len(stage.texts_to(person)) == 1
    assert stage.sql("select outcome from processed_comment order by id") == [
        ("matched",),
        ("suppressed",),
    ]
    assert stage.sql("select count(*) from lead") == [(0,)]


def test_a_reply_without_an_address_stops_the_reminders(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage(settings=REMINDING)
    asking = stage.at_distance(stage.mine, 1, style="question")
    silent = stage.at_distance(stage.mine, 1, style="silent")
    post = stage.published(stage.mine)
    for person in (asking, silent):
        stage.comment(post, person)
    stage.later(timedelta(hours=4), step=STEP)
    assert len(stage.texts_to(asking)) == 1
    assert stage.texts_to(silent)[1:] == ["Still interested?"]


def test_a_doubtful_address_waits_for_a_person(stage: Stage) -> None:
    person = stage.at_distance(stage.mine, 1, style="silent")
    stage.comment(stage.published(stage.mine), person)
    stage.later(SOON)
    chat = stage.world.chat_with(stage.mine.account, person)
    stage.world.add_message(chat, "wrong@acme,com", is_own=False)
    stage.later(A_WHILE, step=STEP)
    assert len(stage.texts_to(person)) == 1
    ((review_id, agency_id),) = stage.sql("select id, agency_id from email_extraction_review")
    assert agency_id == stage.mine.agency.id
    with stage.moment(stage.mine) as moment:
        reviews.decide(
            stage.engine.replies,
            moment,
            review_id,
            email="right@acme.com",
            user_id=stage.mine.agency.user_id,
        )
    stage.later(timedelta(hours=1), step=STEP)
    assert stage.texts_to(person)[1] == "Thanks! It is on its way to right@acme.com."
    assert stage.sql("select status, confirmed_email from email_extraction_review") == [
        ("corrected", "right@acme.com")
    ]


@pytest.mark.parametrize("landed", [True, False])
def test_a_send_without_an_answer_is_looked_up_and_never_repeated(
    stage: Stage, *, landed: bool
) -> None:
    person = stage.at_distance(stage.mine, 1, style="silent")
    stage.comment(stage.published(stage.mine), person)
    kind = FaultKind.TIMEOUT_AFTER if landed else FaultKind.TIMEOUT_BEFORE
    stage.sandbox.faults.turn_on(Knob(kind, route="message", count=1))
    stage.later(timedelta(hours=1))
    assert len(stage.texts_to(person)) == landed
    ((step_id, status),) = stage.sql("select id, status from dm_step")
    assert status == ("sent" if landed else "unknown")
    assert stage.sql("select status from dm_delivery") == [(status,)]
    if landed:
        return
    assert stage.sql("select user_id, kind from notification") == [
        (stage.mine.agency.user_id, "send_unknown")
    ]
    with stage.moment(stage.mine) as moment:
        unknown.resolve(moment, step_id, was_sent=False)
    stage.later(timedelta(hours=1))
    assert len(stage.texts_to(person)) == 1
    assert stage.sql("select status from dm_delivery") == [("sent",)]


def test_a_disconnected_account_loses_nothing_and_goes_on(stage: Stage) -> None:
    person = stage.at_distance(stage.mine, 1)
    stage.comment(stage.published(stage.mine), person)
    stage.later(timedelta(minutes=6), step=timedelta(minutes=6))
    stage.world.set_status(stage.mine.account, "CREDENTIALS")
    stage.later(A_WHILE, step=STEP)
    assert stage.texts_to(person) == []
    assert stage.sql(
        "select status from linkedin_account where id = %s", stage.mine.account_id
    ) == [("expired",)]
    stage.world.set_status(stage.mine.account, "OK")
    with stage.moment(stage.mine) as moment:
        health.reconnected(moment.connection, moment.agency_id, stage.mine.account_id, at=moment.at)
    stage.later(A_WHILE, step=STEP)
    assert len(stage.texts_to(person)) == 3


REMINDING = '{"reminder_template": "Still interested?", "remind_after_hours": [2]}'
