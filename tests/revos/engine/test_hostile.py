"""What people may write into a campaign: nothing of it stops another campaign's work."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.revos.engine.conftest import WILLING, new_tenant

from mainstem.revos.campaigns import preflight
from mainstem.revos.templates_text import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.revos.engine.conftest import Stage, Tenant

    from mainstem.revos.sandbox.people import Person

SOON = timedelta(minutes=20)
A_WHILE = timedelta(hours=5)
STEP = timedelta(minutes=30)
HOSTILE = [
    [],
    "text",
    5,
    {"reminder_template": 5, "remind_after_hours": "soon", "backup_after_minutes": {}},
    {"reminder_template": "Hi", "remind_after_hours": [1e300], "backup_after_minutes": -1},
    {"reminder_template": "Hi {{nobody}}", "remind_after_hours": [True, None]},
]


def test_settings_of_any_kind_stop_nobody(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(
        replace(WILLING, accounts=2 + len(HOSTILE), people=600, first_degree_share=0.2)
    )
    accounts = stage.sandbox.linked()[2:]
    stage.tenants[:] = [
        new_tenant(stage, account, settings=json.dumps(settings))
        for account, settings in zip(accounts, HOSTILE, strict=True)
    ]
    stage.work()
    asked: list[tuple[Tenant, Person, int]] = []
    for tenant in stage.tenants:
        (post,) = tenant.account.posts
        for style, texts in (("plain", 3), ("silent", 1)):
            person = only_theirs(stage, tenant, style)
            stage.comment(post, person)
            asked.append((tenant, person, texts))
    stage.later(A_WHILE, step=STEP)
    for tenant, person, texts in asked:
        assert len(stage.texts_to(person)) == texts, tenant.campaign_id
    for tenant in stage.tenants:
        with stage.moment(tenant) as moment:
            found = [one.field for one in preflight(moment, tenant.campaign_id)]
        assert any(field.startswith("settings") for field in found)


def only_theirs(stage: Stage, tenant: Tenant, style: str) -> Person:
    """A contact of this tenant's account, and of no other tenant's."""
    return next(
        person
        for person in stage.world.people
        if person.style == style
        and [one for one in stage.tenants if stage.world.distance(one.account, person) == 1]
        == [tenant]
    )


def test_a_template_of_every_sure_variable_is_sent(make_stage: Callable[..., Stage]) -> None:
    sure = [name for name, variable in VARIABLES.items() if variable.is_sure]
    text = " ".join(f"{name}={{{{{name}}}}}" for name in sure)
    stage = make_stage(dm_template_step1=text, public_reply_template=text)
    contact, other = stage.at_distance(stage.mine, 1), stage.at_distance(stage.mine, 2)
    post = stage.published(stage.mine)
    for one in (contact, other):
        stage.comment(post, one)
    stage.later(SOON)
    expected = "magnet_name=The guide campaign_name=Spring trigger_word=GUIDE sender_name=Tom Ray"
    assert stage.texts_to(contact)[0] == expected
    replies = [one.text for one in stage.sandbox.ledger.entries if one.kind == "reply"]
    assert replies == [expected]


def test_what_can_never_be_written_down_is_left_to_a_person_and_its_account_goes_on(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage()
    poison = stage.at_distance(stage.mine, 1)
    other = stage.at_distance(stage.mine, 1, style="silent")
    stage.sql(
        "alter table dm_message add constraint poison check (message not like 'Hi "
        + poison.first_name
        + "%%')"
    )
    post = stage.published(stage.mine)
    for person in (poison, other):
        stage.comment(post, person)
    stage.later(SOON, step=timedelta(minutes=2))
    assert len(stage.texts_to(poison)) == 1
    assert len(stage.texts_to(other)) == 1, "it is not held up"
    calls = "select status, count(*) from provider_call where route = 'dm' group by 1 order by 1"
    assert stage.sql(calls) == [("done", 1), ("unclear", 1)]
    found = stage.sql(
        "select s.status, s.error_message from dm_step as s join dm_sequence as q"
        " on q.id = s.dm_sequence_id join lead as l on l.id = q.lead_id where l.linkedin_id = %s",
        poison.id,
    )
    assert [status for status, _ in found] == ["unknown"]
    assert "could not be settled: CheckViolation" in found[0][1]
    assert stage.sql("select kind, user_id from notification") == [
        ("send_unknown", stage.mine.agency.user_id)
    ]


def test_a_message_whose_words_are_mended_goes_out(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(dm_template_step1="Hi, how is {{company}}?")
    person = stage.at_distance(stage.mine, 1, style="silent")
    stage.comment(stage.published(stage.mine), person)
    stage.later(timedelta(hours=1), step=STEP)
    assert stage.texts_to(person) == []
    ((status, why),) = stage.sql("select status, error_message from dm_step")
    assert status == "scheduled"
    assert "company" in why
    mended = "update campaign set dm_template_step1 = 'Hi, where may I send it?'"
    stage.sql(f"{mended} where id = %s", stage.mine.campaign_id)
    stage.later(timedelta(hours=1), step=STEP)
    assert stage.texts_to(person) == ["Hi, where may I send it?"]
