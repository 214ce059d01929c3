from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mainstem.pg.embedded import EmbeddedServer
from mainstem.server import process

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = Path(sys.executable).with_name("mainstem")


@dataclass(frozen=True)
class Machine:
    """A home of its own: what `make run` finds on a fresh machine."""

    home: Path

    def mainstem(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the installed program in this home."""
        return subprocess.run(
            [PROGRAM, *arguments],
            env=os.environ | {"MAINSTEM_HOME": str(self.home), "COLUMNS": "120"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the installed program in this home, as a group of processes of its own."""
        return subprocess.Popen(
            [PROGRAM, *arguments],
            env=os.environ | {"MAINSTEM_HOME": str(self.home), "COLUMNS": "120"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def server(self) -> EmbeddedServer:
        """Its embedded database."""
        return EmbeddedServer(self.home)


@pytest.fixture
def machine() -> Iterator[Machine]:
    """A fresh machine; whatever runs on it is ended.

    Not under `tmp_path`: every pytest that starts takes the way into its folders from the account
    that the server runs as when we are root.
    """
    with tempfile.TemporaryDirectory(prefix="mainstem-machine-") as folder:
        fresh = Machine(Path(folder) / "home")
        yield fresh
        process.stop(fresh.home)
        fresh.server.stop()
