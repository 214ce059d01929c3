"""The second dialect tells less: not how far an author is, nor who has become a contact."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.revos.engine.conftest import Stage


def test_contacts_and_others_are_written_to(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(dialect="v2")
    near, far = stage.at_distance(stage.mine, 1), stage.at_distance(stage.mine, 2)
    post = stage.published(stage.mine)
    for person in (near, far):
        stage.comment(post, person)
    stage.later(timedelta(minutes=30))
    assert len(stage.texts_to(near)) == 1, "no invitation first, and no public reply"
    kinds = [one.kind for one in stage.sandbox.ledger.entries if one.target != near.id]
    assert [kind for kind in kinds if kind != "post"] == ["reply", "invitation"]
    stage.later(timedelta(days=4), step=timedelta(hours=3))
    for person in (near, far):
        assert len([text for text in stage.texts_to(person) if text]) == 3
    assert (
        stage.sql("select status, agency_id from lead")
        == [("backup_sent", stage.mine.agency.id)] * 2
    )
