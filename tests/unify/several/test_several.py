"""Several sources of either kind into one target: planned, moved, verified, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unify.several.conftest import Merge


def test_every_source_is_loaded_and_verified(merge: Merge) -> None:
    plan = merge.plan()
    assert [question.text for question in plan.questions] == []
    merge.run()
    assert merge.quarantine() == {}
    for table, (source, loaded, *_, dropped) in merge.accounts().items():
        assert source == loaded + dropped, table
    found = merge.verify()
    assert found.is_equal, [*found.findings, *found.tables]
