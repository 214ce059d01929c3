"""Two processes do what one does; what goes wrong in one of them is said here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mainstem.errors import ServerError, SourceError, UnifyError
from mainstem.unify.catalog.model import Table
from mainstem.unify.verify import workers
from mainstem.unify.verify.model import Comparison, KeyKind
from mainstem.unify.verify.workers import PARALLEL_ROWS_MIN, open_sides

if TYPE_CHECKING:
    from tests.unify.verify.conftest import Copied, Moved


@pytest.fixture
def _always_parallel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PARALLEL_ROWS_MIN", 0)


@pytest.mark.usefixtures("_always_parallel")
def test_a_run_is_equal_and_differences_are_found_in_two_processes(moved: Moved) -> None:
    assert moved.verify().is_equal
    first, second = moved.rows("events", count=2)
    moved.plant(
        f"delete from tracking_event where id = '{first.id}'",
        f"update tracking_event set user_agent = 'planted' where id = '{second.id}'",
    )
    (events,) = [table for table in moved.verify().tables if not table.is_equal]
    assert [(d.kind, d.key, d.column) for d in events.differences] == [
        ("missing", first.key, None),
        ("changed", second.key, "user_agent"),
    ]


def test_a_missing_source_is_said(copied: Copied, tmp_path: Path) -> None:
    with (
        pytest.raises(SourceError, match="there is no file"),
        open_sides(tmp_path / "absent.db", copied.url, rows=PARALLEL_ROWS_MIN),
    ):
        pass


def test_an_unreachable_server_is_said(copied: Copied, tmp_path: Path) -> None:
    with (
        pytest.raises(ServerError, match="cannot connect"),
        open_sides(copied.path, f"host={tmp_path} dbname=x", rows=PARALLEL_ROWS_MIN),
    ):
        pass


def test_a_process_that_ends_early_is_noticed(
    copied: Copied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = tmp_path / "ended"
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))  # where it finds `_end`
    monkeypatch.setenv("ENDED", str(ended))
    no_rows = Comparison(Table("none", ()), "none", (), (), KeyKind.WHOLE_ROW, "from none")
    before = dict(os.environ)
    with open_sides(copied.path, copied.url, rows=PARALLEL_ROWS_MIN) as sides:
        assert dict(os.environ) == before, "the hash seed is the processes' own"
        with pytest.raises(UnifyError, match="ended early"):
            sides.walk([(_end, no_rows)], lambda _: None)
    assert ended.exists(), "it ended because it was told to"


def _end(*_: object) -> None:
    Path(os.environ["ENDED"]).touch()
    os._exit(9)
