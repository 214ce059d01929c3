"""A few members are asked, at their own times; nothing is done that nobody agreed to."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from psycopg import errors
from tests.migrations.people import insert, new_user
from tests.revos.engine.conftest import WILLING

from mainstem.db.tenant import Tenant, tenant_transaction
from mainstem.errors import RefusedError
from mainstem.revos import pods

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tests.revos.engine.conftest import Stage

MEMBERS = 12
WINDOW = timedelta(minutes=40)


@pytest.fixture
def podded(make_stage: Callable[..., Stage]) -> Callable[..., Stage]:
    """A stage where the first agency has a pod of twelve: the author and eleven others."""

    def make(**pod: object) -> Stage:
        stage = make_stage(replace(WILLING, accounts=MEMBERS + 2))
        tenant, linked = stage.mine, stage.sandbox.linked()
        common = {"agency_id": tenant.agency.id, "client_id": tenant.agency.client_id}
        pod_id = insert(stage.connection, "pod", **common, name="Friends", **pod)
        accounts = [tenant.account_id]
        for account in linked[2 : MEMBERS + 1]:
            user = new_user(stage.connection, tenant.agency.id)
            accounts.append(
                insert(
                    stage.connection, "linkedin_account", **common, user_id=user,
                    account_name=account.person.name, unipile_account_id=account.id,
                    provider_person_id=account.person.id, status="active",
                    work_days=[1, 2, 3, 4, 5, 6, 7], work_starts_at="00:00",
                    work_ends_at="23:59:59",
                )
            )  # fmt: skip
        for account_id in accounts:
            ((user,),) = stage.sql("select user_id from linkedin_account where id = %s", account_id)
            insert(
                stage.connection, "pod_member", **common, pod_id=pod_id, user_id=user,
                linkedin_account_id=account_id, consented_at=stage.world.now(),
            )  # fmt: skip
        stage.published(stage.mine)
        return stage

    return make


def activities(stage: Stage, kind: str) -> list[tuple[UUID, UUID]]:
    return [
        (id_, user)
        for id_, user in stage.sql(
            "select a.id, m.user_id from pod_activity a join pod_member m on m.id = a.member_id"
            " where engagement_type = %s order by scheduled_for",
            kind,
        )
    ]


def written(stage: Stage, kind: str) -> list[str]:
    return [one.account for one in stage.sandbox.ledger.entries if one.kind == kind]


def test_a_pod_that_engages_itself_likes_by_eight_others_within_its_window(
    podded: Callable[..., Stage],
) -> None:
    stage = podded(mode="auto")
    stage.later(WINDOW)
    likes = written(stage, "reaction")
    assert len(likes) == len(set(likes)) == 8
    assert stage.mine.account.id not in likes
    assert written(stage, "comment") == []
    late = "select bool_and(executed_at <= expires_at) from pod_activity where status = 'completed'"
    assert stage.sql(late) == [(True,)]
    assert stage.sql("select distinct agency_id from pod_activity") == [(stage.mine.agency.id,)]


def test_in_a_pod_that_assists_nothing_is_done_before_the_member_agrees(
    podded: Callable[..., Stage],
) -> None:
    stage = podded()
    stage.later(timedelta(minutes=12))
    assert written(stage, "reaction") == []
    (agreed, user), (refused, other), *rest = activities(stage, "like")
    with stage.moment(stage.mine) as moment:
        pods.agree(moment, agreed, user_id=user)
        pods.decline(moment, refused, user_id=other)
        with pytest.raises(RefusedError, match="nothing of that id"):
            pods.agree(moment, rest[0][0], user_id=user)
    with stage.moment(stage.other) as moment, pytest.raises(RefusedError):
        pods.agree(moment, rest[0][0], user_id=rest[0][1])
    stage.later(WINDOW)
    assert len(written(stage, "reaction")) == 1
    said = Counter(
        stage.sql("select status, error_message from pod_activity where engagement_type = 'like'")
    )
    assert said == {("completed", None): 1, ("skipped", "declined"): 1, ("skipped", "ignored"): 6}
    assert stage.sql("select sum(missed_engagements) from pod_member") == [(6,)]


def test_comments_are_in_words_of_ones_own_and_no_two_alike(podded: Callable[..., Stage]) -> None:
    stage = podded(mode="auto")
    stage.later(timedelta(minutes=12))
    (first, one), (second, two), _ = activities(stage, "comment")
    with stage.moment(stage.mine) as moment:
        pods.agree(moment, first, user_id=one, text="So true, thanks!")
        with pytest.raises(RefusedError, match="same words"):
            pods.agree(moment, second, user_id=two, text="so TRUE... thanks")
        with pytest.raises(RefusedError, match="needs words"):
            pods.agree(moment, second, user_id=two, text=" !! ")
        pods.agree(moment, second, user_id=two, text="We saw the same.")
    stage.later(timedelta(hours=3), step=timedelta(minutes=10))
    texts = [one.text for one in stage.sandbox.ledger.entries if one.kind == "comment"]
    assert sorted(texts) == ["So true, thanks!", "We saw the same."]


def test_a_pod_with_too_few_members_asks_nobody(podded: Callable[..., Stage]) -> None:
    stage = podded(mode="auto", min_members=13)
    stage.later(WINDOW)
    assert stage.sql("select count(*) from pod_activity") == [(0,)]


def test_nobody_speaks_for_a_member_by_a_row(podded: Callable[..., Stage]) -> None:
    stage = podded()
    stage.later(timedelta(minutes=12))
    agency, (activity, member), *_ = stage.mine.agency, *activities(stage, "comment")
    owner = Tenant(agency.id, agency.user_id, "owner", None, "revos")
    changes = (
        "update pod_activity set approved_at = now() where id = %s",
        "update pod_activity set comment_text = 'Great!' where id = %s",
        "update pod_activity set status = 'pending' where id = %s",
        "update pod_activity set post_id = null where id = %s",
        """insert into pod_activity
             (agency_id, client_id, pod_id, post_url, member_id, engagement_type, approved_at)
           select agency_id, client_id, pod_id, post_url, member_id, 'like', now()
           from pod_activity where id = %s""",
    )
    for change in changes:
        with (
            pytest.raises(errors.InsufficientPrivilege),
            tenant_transaction(stage.connection, owner) as open_,
        ):
            open_.execute(change.encode(), (activity,))
    stage.sql("update pod_member set consented_at = null")
    consent = b"update pod_member set consented_at = now() where user_id = %s"
    with (
        pytest.raises(errors.InsufficientPrivilege, match="consents for themselves"),
        tenant_transaction(stage.connection, owner) as open_,
    ):
        open_.execute(consent, (member,))
    own = Tenant(agency.id, member, "member", None, "revos")
    with tenant_transaction(stage.connection, own) as open_:
        assert open_.execute(consent, (member,)).rowcount == 1
    stage.later(timedelta(hours=3), step=timedelta(minutes=10))
    assert written(stage, "comment") == []
