"""One scratch cluster for all tests of replays, with limits short enough to run into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from mainstem.unify.replay import Limits, Replayer, open_replayer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mainstem.unify.replay.model import Replay


class ReplayFiles(Protocol):
    """Writes files, named by keywords or a mapping, and replays their folder."""

    def __call__(self, files: dict[str, str | bytes], *, folder: str = ...) -> Replay: ...


@pytest.fixture(scope="session")
def replayer() -> Iterator[Replayer]:
    with open_replayer(Limits(statement_s=0.5, grace_s=0.2)) as opened:
        yield opened


@pytest.fixture
def replay(replayer: Replayer, tmp_path: Path) -> ReplayFiles:
    def run(files: dict[str, str | bytes], *, folder: str = "supabase/migrations") -> Replay:
        for name, content in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        return replayer.replay(tmp_path / folder, root=tmp_path)

    return run
