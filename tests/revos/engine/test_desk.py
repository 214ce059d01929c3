"""What people decide: campaigns, comments, sends; and that nobody decides for another agency."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.migrations.people import insert, new_client

from mainstem.db.pool import open_pool
from mainstem.db.tenant import Tenant
from mainstem.errors import RefusedError
from mainstem.revos.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator
    from uuid import UUID

    from tests.kept import Kept
    from tests.revos.engine.conftest import Stage

    from mainstem.revos.sending import Moment

SOON = timedelta(minutes=20)


@pytest.fixture
def desk(stage: Stage, kept: Kept) -> Iterator[Desk]:
    with open_pool(kept.url, size_max=2) as pool:
        yield Desk(pool, stage.engine.keys, _nobody, stage.engine.clock)


def _nobody(moment: Moment, lead_id: UUID) -> None:
    del moment, lead_id


def person(stage: Stage, number: int = 0, **change: object) -> Tenant:
    agency = stage.tenants[number].agency
    tenant = Tenant(agency.id, agency.user_id, "owner", None, "revos")
    return replace(tenant, **change)  # type: ignore[arg-type]


def refused(deed: Awaitable[object]) -> RefusedError:
    async def await_it() -> None:
        await deed

    with pytest.raises(RefusedError) as caught:
        asyncio.run(await_it())
    return caught.value


def decisions(desk: Desk, tenant: Tenant, ids: dict[str, UUID]) -> list[Awaitable[object]]:
    campaign = ids["campaign"]
    return [
        desk.preflight(tenant, campaign),
        desk.activate(tenant, campaign),
        desk.pause(tenant, campaign),
        desk.complete(tenant, campaign),
        desk.publish(tenant, ids["post"], when=None),
        desk.decide_comment(tenant, ids["trigger"], asks=True),
        desk.decide_email(tenant, ids["review"], email="a@acme.com"),
        desk.resolve_send(tenant, ids["step"], was_sent=True),
        desk.resume_account(tenant, ids["account"]),
    ]


@pytest.fixture
def ids(stage: Stage) -> dict[str, UUID]:
    """One row of everything that is decided about, of the first agency."""
    stage.comment(stage.published(stage.mine), stage.at_distance(stage.mine, 1), "No guide for me?")
    stage.comment(stage.mine.account.posts[0], stage.at_distance(stage.mine, 1, style="silent"))
    stage.later(SOON)
    ((lead, sequence, client),) = stage.sql("select id, dm_sequence_id, client_id from lead")
    review = insert(
        stage.connection, "email_extraction_review", agency_id=stage.mine.agency.id,
        client_id=client, lead_id=lead, dm_sequence_id=sequence, message_text="x", confidence=0.5,
    )  # fmt: skip
    found = {
        "trigger": "select id from triggered_comment where status = 'review'",
        "step": "select id from dm_step",
    }
    return {
        "campaign": stage.mine.campaign_id,
        "post": stage.mine.post_id,
        "account": stage.mine.account_id,
        "review": review,
    } | {name: stage.sql(query)[0][0] for name, query in found.items()}


@pytest.mark.parametrize("who", ["other agency", "other client", "other app"])
def test_nobody_decides_about_what_they_do_not_see(
    stage: Stage, desk: Desk, ids: dict[str, UUID], who: str
) -> None:
    client = new_client(stage.connection, stage.mine.agency.id)
    tenant = {
        "other agency": person(stage, 1),
        "other client": person(stage, user_role="client", client_ids=frozenset({client})),
        "other app": person(stage, app_context="mail"),
    }[who]
    before = snapshot(stage)
    for deed in decisions(desk, tenant, ids):
        assert refused(deed).status == 404
    assert snapshot(stage) == before


def test_who_may_only_read_a_client_decides_nothing_for_it(
    stage: Stage, desk: Desk, ids: dict[str, UUID]
) -> None:
    client = stage.mine.agency.client_id
    tenant = person(
        stage,
        user_role="member",
        client_ids=frozenset({client}),
        read_only_client_ids=frozenset({client}),
    )
    before = snapshot(stage)
    for deed in decisions(desk, tenant, ids):
        assert refused(deed).status == 403
    assert snapshot(stage) == before


def snapshot(stage: Stage) -> list[tuple[object, ...]]:
    return [
        row
        for table in ("campaign", "post", "triggered_comment", "email_extraction_review", "dm_step")
        for row in stage.sql(f"select id, status, updated_at from {table} order by id")
    ]


def test_a_campaign_runs_when_nothing_is_missing(stage: Stage, desk: Desk) -> None:
    me, campaign = person(stage), stage.mine.campaign_id
    stage.sql(
        "update campaign set status = 'draft', dm_template_step1 = 'Hi {{nickname}}',"
        " lead_magnet_id = null where id = %s",
        campaign,
    )
    before = snapshot(stage)
    missing = asyncio.run(desk.preflight(me, campaign))
    assert snapshot(stage) == before  # whoever looks changes nothing
    assert [one.field for one in missing if one.is_error] == [
        "lead_magnet_id",
        "dm_template_step1",
    ]
    said = refused(desk.activate(me, campaign))
    assert (said.status, said.code) == (409, "preflight")
    assert "no variable 'nickname'" in str(said)
    magnet = stage.sql("select id from lead_magnet where agency_id = %s", me.agency_id)[0][0]
    stage.sql(
        "update campaign set dm_template_step1 = 'Hi', lead_magnet_id = %s where id = %s",
        magnet,
        campaign,
    )
    asyncio.run(desk.activate(me, campaign))
    assert refused(desk.activate(me, campaign)).code == "campaign_state"
    asyncio.run(desk.pause(me, campaign))
    assert stage.sql("select status from campaign where id = %s", campaign) == [("paused",)]


def test_a_completed_campaign_keeps_its_numbers(
    stage: Stage, desk: Desk, ids: dict[str, UUID]
) -> None:
    me, campaign = person(stage), ids["campaign"]
    before = asyncio.run(desk.funnel(me, campaign))
    assert (before.comments, before.leads, before.messaged) == (2, 1, 1)
    asyncio.run(desk.complete(me, campaign))
    stage.sql("update lead set email = 'later@acme.com' where campaign_id = %s", campaign)
    assert asyncio.run(desk.funnel(me, campaign)) == before
    assert refused(desk.funnel(person(stage, 1), campaign)).status == 404
    assert stage.sql("select distinct status from scrape_job where campaign_id = %s", campaign) == [
        ("completed",)
    ]


def test_numbers_that_an_older_system_left_are_not_taken_for_ours(
    stage: Stage, desk: Desk, ids: dict[str, UUID]
) -> None:
    stage.sql(
        "update campaign set status = 'completed', metrics = %s where id = %s",
        '{"funnel": {"leads": 3}}',
        ids["campaign"],
    )
    assert asyncio.run(desk.funnel(person(stage), ids["campaign"])).leads == 1


def test_a_doubtful_comment_becomes_a_lead_when_a_person_says_so(
    stage: Stage, desk: Desk, ids: dict[str, UUID]
) -> None:
    asyncio.run(desk.decide_comment(person(stage), ids["trigger"], asks=True))
    stage.later(SOON)
    assert len(stage.texts_to(stage.at_distance(stage.mine, 1))) == 1
    assert refused(desk.decide_comment(person(stage), ids["trigger"], asks=True)).status == 409


def test_a_post_is_published_at_its_time(stage: Stage, desk: Desk) -> None:
    stage.published(stage.mine)
    post = insert(
        stage.connection, "post", agency_id=stage.mine.agency.id,
        client_id=stage.mine.agency.client_id, campaign_id=stage.mine.campaign_id,
        linkedin_account_id=stage.mine.account_id, content="Later",
    )  # fmt: skip
    when = stage.world.now() + timedelta(hours=2)
    asyncio.run(desk.publish(person(stage), post, when=when))
    stage.later(timedelta(hours=1), step=SOON)
    assert len(stage.mine.account.posts) == 1
    stage.later(timedelta(hours=2), step=SOON)
    assert [one.text for one in stage.mine.account.posts][1:] == ["Later"]
    assert refused(desk.publish(person(stage), post, when=None)).code == "post_state"
