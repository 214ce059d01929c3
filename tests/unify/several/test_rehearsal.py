"""A rehearsal tells what a run would do, and leaves everything as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner
from tests.unify.several.conftest import uuid_of

from mainstem.cli.unify.rehearse import rehearse as command
from mainstem.unify.move.rehearsal import rehearse
from mainstem.unify.progress import Silence

if TYPE_CHECKING:
    import pytest
    from tests.unify.several.conftest import Merge


def test_a_rehearsal_says_what_would_happen(merge: Merge, monkeypatch: pytest.MonkeyPatch) -> None:
    merge.execute(merge.url, "drop schema unify cascade")
    merge.execute(merge.north, f"update people set shop_id = null where id = '{uuid_of(120)}'")
    monkeypatch.setenv("DATABASE_URL", merge.url)
    result = CliRunner().invoke(command, [str(merge.config)])
    assert result.exit_code == 3, result.output
    assert "1 of north.people: shop_id: leads to no tenant" in result.output
    assert "rehearsed with all rows" in result.output
    assert merge.rows("select to_regclass('unify.run') is null, count(*) from shop") == [(True, 0)]


def test_what_must_be_mended_is_named_where_it_stands(
    merge: Merge, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = merge.plan()
    file = plan.directory / "task.sql"
    file.write_text(file.read_text().replace("s.title", "s.titel"))
    monkeypatch.setenv("DATABASE_URL", merge.url)
    result = CliRunner().invoke(command, [str(merge.config)])
    assert f"{file} (from north.tasks) is not a select that works" in str(result.exception)


def test_a_sample_keeps_references_whole(merge: Merge) -> None:
    merge.plan()
    plan = merge.read_plan()
    with rehearse(plan, merge.url, reporter=Silence(), share=0.3) as found:
        rows = {table.table: (table.source, table.loaded) for table in found.report.tables}
        assert found.report.waiting == {}
        assert 0 < rows["north.notes"][0] < 120
        assert rows["north.notes"][0] == rows["north.notes"][1]
        assert rows["north.tasks"][0] < 40
        assert found.not_copied == []
