from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mainstem.pg import leftovers
from mainstem.pg.connect import connect
from mainstem.pg.scratch import ScratchServer, remove_abandoned, scratch_server

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN_UNTIL_KILLED = """
import sys
from pathlib import Path
from mainstem.pg.scratch import scratch_server
with scratch_server(parent=Path(sys.argv[1])) as server:
    print(server.folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def parent() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="mainstem-test-"))
    yield folder
    shutil.rmtree(folder)


def test_nothing_is_left(parent: Path) -> None:
    with scratch_server(parent=parent) as server:
        server.create_database("first")
        with connect(server.url("first")) as connection:
            connection.execute("create table thing (id int)")
        with connect(server.create_database("copy", template="first")) as connection:
            assert connection.execute("select count(*) from thing").fetchone() == (0,)
        server.drop_database("copy")
        process = leftovers.postmaster(server.cluster().data)
        assert process is not None
    assert leftovers.has_ended(process)
    assert list(parent.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_what_lives_is_not(parent: Path) -> None:
    with scratch_server(parent=parent) as living:
        killed = subprocess.Popen(
            [sys.executable, "-c", RUN_UNTIL_KILLED, str(parent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert killed.stdout is not None
        folder = Path(killed.stdout.readline().strip())
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        process = leftovers.postmaster(ScratchServer(folder, living.bin_dir).cluster().data)
        assert process is not None, "a killed process leaves its server running"
        remove_abandoned(parent)
        assert leftovers.has_ended(process)
        assert list(parent.iterdir()) == [living.folder]
        with connect(living.url()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
