"""A disk that is full while rows are staged: said clearly, nothing half-done, the run goes on."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from mainstem.errors import ServerError
from mainstem.pg.account import give, server_account
from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unify.several.conftest import Merge

    from mainstem.pg.scratch import ScratchServer

#: four texts of 1.5 MB that do not get smaller
_LARGE = """
update notes set body =
    (select string_agg(md5((n * id)::text), '') from generate_series(1, 48000) n)
where id <= 4
"""


@pytest.fixture
def small_disk(scratch: ScratchServer) -> Iterator[tuple[str, Path]]:
    """A tablespace on a file system of 4 MB, and where it is mounted."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    place = Path(tempfile.mkdtemp(prefix="mainstem-small-", dir="/tmp"))
    mounted = _mount(place, "size=4m")
    if mounted.returncode != 0:
        place.rmdir()
        pytest.skip(f"no small file system can be mounted: {mounted.stderr.strip()}")
    name = f"small_{uuid4().hex}"
    try:
        give(place, server_account())
        with connect(scratch.url(), autocommit=True) as connection:
            connection.execute(f"create tablespace {name} location '{place}'".encode())
        yield name, place
    finally:
        with connect(scratch.url(), autocommit=True) as connection:
            connection.execute(f"drop tablespace if exists {name}".encode())
        subprocess.run(["umount", str(place)], check=True)
        place.rmdir()


def _mount(place: Path, options: str) -> subprocess.CompletedProcess[str]:
    words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_a_disk_that_is_full_while_staging(small_disk: tuple[str, Path], merge: Merge) -> None:
    name, place = small_disk
    merge.plan()
    merge.execute(merge.north, _LARGE)
    (database,) = merge.rows("select current_database()")[0]
    merge.execute(merge.url, f"alter database {database} set default_tablespace = {name}")
    # Two tables are staged at a time: which of them the disk is too small for is left open.
    with pytest.raises(ServerError, match=r"^cannot stage \w+\.\w+: the server's disk is full"):
        merge.run()
    assert merge.rows("select state from unify.run") == [("staging",)]
    tables = ("shop", "person", "project", "task", "note", "card")
    counts = merge.rows("select " + ", ".join(f"(select count(*) from {one})" for one in tables))
    assert counts == [(0,) * len(tables)]
    _mount(place, "remount,size=128m")
    merge.run()
    assert merge.rows("select id, state from unify.run") == [(1, "finished")]
    assert merge.accounts()["north.notes"] == (120, 120, 0, 0, 0)
    assert merge.verify().is_equal
