from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.cli import sample_sources as five
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.model import SourceKind
from mainstem.unify.progress import Silence
from samples import revos_legacy

if TYPE_CHECKING:
    from pathlib import Path

    from mainstem.pg.scratch import ScratchServer

ROWS = 5_000


class Embedded:
    """A scratch server in the place of a home's."""

    def __init__(self, scratch: ScratchServer) -> None:
        self._scratch = scratch
        self.names: list[str] = []

    def start(self) -> bool:
        return False

    def url(self, database: str) -> str:
        if database not in {"postgres", *self.names}:
            self.names.append(database)
        return self._scratch.url(database)


@pytest.fixture
def embedded(scratch: ScratchServer, monkeypatch: pytest.MonkeyPatch) -> Embedded:
    found = Embedded(scratch)
    monkeypatch.setattr(five, "EmbeddedServer", lambda _home: found)
    return found


def test_the_samples_are_made_once_and_what_was_cut_short_is_made_again(
    tmp_path: Path, scratch: ScratchServer, embedded: Embedded
) -> None:
    scratch.create_database(f"sample_persona_{ROWS}_3")  # made, and killed before it was filled
    first = five.sample_sources(tmp_path, rows=ROWS, seed=3, reporter=Silence())
    assert (first.made, first.said) == (5, "5 legacy databases")
    again = five.sample_sources(tmp_path, rows=ROWS, seed=3, reporter=Silence())
    assert (again.made, again.config) == (0, first.config)
    assert "made before" in again.said
    config = read_config(first.config)
    assert [source.name for source in config.sources] == [
        *list(five.GENERATORS)[:3],
        "direct_mail",
        "persona",
    ]
    for source in config.sources:
        if source.kind is SourceKind.SQLITE:
            assert source.sqlite == first.config.parent / five.FILE
        else:
            assert source.postgres == scratch.url(f"sample_{source.name}_{ROWS}_3")
    for name in embedded.names:
        scratch.drop_database(name)


def test_too_few_rows_are_refused_before_anything_is_kept(
    tmp_path: Path, scratch: ScratchServer, embedded: Embedded
) -> None:
    with pytest.raises(ValueError, match="too few"):
        five.sample_sources(tmp_path, rows=revos_legacy.ROWS_MIN - 1, seed=4, reporter=Silence())
    assert not list(tmp_path.rglob("*.toml"))
    for name in embedded.names:
        scratch.drop_database(name)
