"""Below an agency: nothing is done in the name of an account that is another client's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from psycopg import errors
from tests.migrations.people import new_client

from mainstem.db.tenant import Tenant, tenant_transaction
from mainstem.revos.sandbox.faults import FaultKind, Knob

if TYPE_CHECKING:
    from tests.revos.engine.conftest import Stage

A_WHILE = timedelta(hours=2)
STEP = timedelta(minutes=20)


def test_an_account_never_writes_for_another_client(stage: Stage) -> None:
    neighbour = new_client(stage.connection, stage.mine.agency.id)
    stage.comment(stage.published(stage.mine), stage.at_distance(stage.mine, 1))
    stage.later(timedelta(minutes=4), step=timedelta(minutes=4))
    for table in ("linkedin_account", "campaign", "post", "lead", "dm_sequence"):
        with pytest.raises(errors.ForeignKeyViolation):
            stage.sql(f"update {table} set client_id = %s", neighbour)
    stage.later(A_WHILE, step=STEP)
    assert len([one for one in stage.sandbox.ledger.entries if one.kind == "message"]) == 3


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
    # And once more, now that it is known to be out.
    stage.sql("update post set status = 'scheduled', published_at = null where id = %s",
              stage.mine.post_id)  # fmt: skip
    stage.later(A_WHILE, step=STEP)
    assert len(stage.mine.account.posts) == 1
    found = stage.sql("select status, published_at is null from post where id = %s",
                      stage.mine.post_id)  # fmt: skip
    assert found == [("published", False)]


def test_a_comment_is_answered_once_though_its_row_is_saved_as_it_was(stage: Stage) -> None:
    person = stage.at_distance(stage.mine, 2)
    stage.comment(stage.published(stage.mine), person)
    stage.later(A_WHILE, step=STEP)
    stage.sql("update pending_connection set status = 'queued', replied_at = null")
    stage.later(A_WHILE, step=STEP)
    kinds = [one.kind for one in stage.sandbox.ledger.entries]
    assert (kinds.count("reply"), kinds.count("invitation")) == (1, 1)


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
