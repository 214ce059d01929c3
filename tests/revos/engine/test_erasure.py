"""Who asks for it gets all that is kept of them, or is erased, and stays so."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mainstem.errors import RefusedError
from mainstem.revos import erasure
from mainstem.revos.sequence import suppression

if TYPE_CHECKING:
    from tests.revos.engine.conftest import Stage

A_WHILE = timedelta(hours=3)
STEP = timedelta(minutes=20)


def test_a_lead_is_handed_out_then_erased_for_good(stage: Stage) -> None:
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
    mine, other = stage.mine.agency.id, stage.other.agency.id
    leads = dict(stage.sql("select agency_id, id from lead"))
    with stage.moment(stage.mine) as moment:
        found = erasure.export(moment, leads[mine])
    tables = [table for table, _ in found.rows]
    assert {"lead", "comment", "triggered_comment", "dm_step", "dm_message"} == set(tables)
    assert tables.count("dm_message") >= 4, "asked, answered, confirmed, link"
    assert {row["agency_id"] for _, row in found.rows} == {str(mine)}
    assert any(person.email in str(row) for _, row in found.rows)
    refused_elsewhere(stage, leads[mine])
    with stage.moment(stage.mine) as moment:
        erasure.erase(stage.engine.keys, moment, leads[mine])
    assert stage.sql("select agency_id, count(*) from lead group by 1") == [(other, 1)]
    nothing_is_left_of(stage, person.id, person.email)
    made = suppression.hashes(stage.engine.keys, mine, "email", person.email)
    kept = stage.sql("select agency_id, kind, reason, value_hint, value_hash from suppression")
    assert sorted((one[1:4] for one in kept), key=str) == [
        ("email", "erasure", None),
        ("linkedin", "erasure", None),
    ]
    assert {one[0] for one in kept} == {mine}
    assert bytes(next(one[4] for one in kept if one[1] == "email")) in made
    written = len(stage.texts_to(person))
    stage.comment(stage.mine.account.posts[0], person, "guide again")
    stage.later(A_WHILE, step=STEP)
    assert len(stage.texts_to(person)) == written
    nothing_is_left_of(stage, person.id, person.email)
    assert stage.sql(
        "select outcome from processed_comment where agency_id = %s order by id", mine
    ) == [("matched",), ("suppressed",)]
    assert stage.sql(
        "select action, row_id from audit_log where action in ('export', 'erase')"
    ) == [
        ("export", leads[mine]),
        ("erase", leads[mine]),
    ]


def refused_elsewhere(stage: Stage, lead_id: object) -> None:
    """Another agency finds nothing of that id."""
    with pytest.raises(RefusedError, match="no such lead"), stage.moment(stage.other) as moment:
        erasure.erase(stage.engine.keys, moment, lead_id)  # type: ignore[arg-type]


def nothing_is_left_of(stage: Stage, *words: str) -> None:
    """In no table of RevOS does a row of the agency hold what they are called."""
    tables = stage.sql(
        "select table_name from app.table_class where app = 'revos' and class = 'TENANT'"
    )
    for (table,) in tables:
        for word in words:
            found = stage.sql(
                f"select count(*) from public.{table} as t where agency_id = %s"
                " and strpos(to_jsonb(t)::text, %s) > 0",
                stage.mine.agency.id,
                word,
            )
            assert found == [(0,)], (table, word)
