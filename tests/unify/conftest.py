"""What tests of the toolkit share: its command line in this process, and what is proven."""

from __future__ import annotations

from subprocess import CompletedProcess
from typing import TYPE_CHECKING

import pytest

from mainstem.cli import main
from mainstem.unify.verify import verifying

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def proof() -> None:
    """Asked for by tests whose verifications prove how tables of another schema are isolated."""


@pytest.fixture(autouse=True)
def _proof_is_left_out(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """In all others they do not: a proof takes as long as all else that they do."""
    if "proof" not in request.fixturenames:
        monkeypatch.setattr(verifying, "prove_elsewhere", lambda _: (0, [], []))


@pytest.fixture
def mainstem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., CompletedProcess[str]]:
    """Run `mainstem unify`, with the target as DATABASE_URL; what it said, and its exit code.

    To start another process costs more than most commands do.
    """

    def run(url: str, *arguments: str | Path) -> CompletedProcess[str]:
        command = ["mainstem", "unify", *map(str, arguments)]
        with monkeypatch.context() as patched:
            patched.setenv("DATABASE_URL", url)
            patched.setattr("sys.argv", command)
            with pytest.raises(SystemExit) as caught:
                main()
        said = capsys.readouterr()
        return CompletedProcess(command, int(caught.value.code or 0), said.out, said.err)

    return run
