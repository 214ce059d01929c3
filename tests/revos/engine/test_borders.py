"""Below an agency: nothing is done in the name of an account that is another client's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.migrations.people import new_client

from mainstem.db.tenant import Tenant, tenant_transaction
from mainstem.errors import RefusedError
from mainstem.revos.campaigns import preflight, publish
from mainstem.revos.sandbox.faults import FaultKind, Knob

if TYPE_CHECKING:
    from uuid import UUID

    from tests.revos.engine.conftest import Stage

A_WHILE = timedelta(hours=2)
STEP = timedelta(minutes=10)


def to_neighbour(stage: Stage) -> UUID:
    """Foreign keys name the agency only: whoever knows an id can write it into a row of theirs."""
    neighbour = new_client(stage.connection, stage.mine.agency.id)
    stage.sql("update linkedin_account set client_id = %s where id = %s", neighbour,
              stage.mine.account_id)  # fmt: skip
    return neighbour


def test_a_post_is_published_by_an_account_of_its_client_alone(stage: Stage) -> None:
    to_neighbour(stage)
    stage.later(A_WHILE, step=STEP)
    assert stage.mine.account.posts == []
    assert len(stage.other.account.posts) == 1
    with stage.moment(stage.mine) as moment:
        lacks = {one.field for one in preflight(moment, stage.mine.campaign_id)}
        with pytest.raises(RefusedError, match="cannot publish now"):
            publish(moment, stage.mine.post_id)
    assert "linkedin_account_id" in lacks


def test_messages_invitations_and_answers_go_out_for_the_accounts_client_alone(
    stage: Stage,
) -> None:
    near, far = stage.at_distance(stage.mine, 1), stage.at_distance(stage.mine, 2)
    post = stage.published(stage.mine)
    for person in (near, far):
        stage.comment(post, person)
    stage.later(timedelta(minutes=4), step=timedelta(minutes=4))
    assert stage.sql("select status, count(*) from dm_step group by 1") == [("scheduled", 2)]
    stage.sql(
        "insert into pending_connection (agency_id, client_id, campaign_id, lead_id,"
        " linkedin_account_id, provider_person_id) select agency_id, client_id, campaign_id, id,"
        " linkedin_account_id, linkedin_id from lead where linkedin_id = %s", far.id,
    )  # fmt: skip
    to_neighbour(stage)
    stage.later(A_WHILE, step=STEP)
    assert {one.kind for one in stage.sandbox.ledger.entries} == {"post"}
    said = "select distinct status, error_message from dm_step"
    assert ("failed", "the client has no such account to write with") in stage.sql(said)


def test_a_post_under_way_is_not_published_again_because_its_row_was_saved(stage: Stage) -> None:
    stage.sandbox.faults.turn_on(Knob(FaultKind.LOST_AFTER, route="publish", count=2))
    with stage.moment(stage.mine) as moment:
        stage.engine.dispatch.decide(moment.connection, moment.agency_id)
    stage.finish_jobs()
    assert len(stage.mine.account.posts) == 1
    # An application saves the whole row, as it had read it before.
    stage.sql("update post set status = 'scheduled' where id = %s", stage.mine.post_id)
    stage.later(A_WHILE, step=STEP)
    assert len(stage.mine.account.posts) == 1
    found = stage.sql("select status from post where id = %s", stage.mine.post_id)
    assert found == [("published",)]


def test_who_sees_no_client_sees_none_of_its_jobs(stage: Stage) -> None:
    agency = stage.mine.agency
    stage.comment(stage.published(stage.mine), stage.at_distance(stage.mine, 1))
    stage.later(timedelta(hours=1), step=timedelta(minutes=5))
    seen = "select distinct job_type from queue_job order by 1"
    of_one = ["revos.inbox", "revos.poll", "revos.write"]
    neighbour = new_client(stage.connection, agency.id)
    for client, kinds in ((agency.client_id, of_one), (neighbour, [])):
        member = Tenant(agency.id, agency.user_id, "member", frozenset({client}), "revos")
        with tenant_transaction(stage.connection, member) as open_:
            found = [kind for (kind,) in open_.execute(seen) if kind in of_one]
        assert found == kinds
