"""The command line in this process: to start another one costs more than most commands do."""

from __future__ import annotations

from subprocess import CompletedProcess
from typing import TYPE_CHECKING

import pytest

from mainstem.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def mainstem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., CompletedProcess[str]]:
    """Run `mainstem unify`, with the target as DATABASE_URL; what it said, and its exit code."""

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
