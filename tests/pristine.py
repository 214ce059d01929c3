"""What initdb makes for throw-away servers, made once and copied: it takes seven times as long."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mainstem.pg import cluster as clusters
from mainstem.pg.locks import try_lock
from mainstem.pg.scratch import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.pg.cluster import Cluster


@contextmanager
def copied_clusters() -> Iterator[None]:
    """Each program's initdb runs once for servers that are not durable; others make their own."""
    make = clusters._initdb
    made: dict[Path, Path] = {}
    # named and locked as servers are, so that what a killed run leaves is removed by the next one
    kept = Path(tempfile.mkdtemp(prefix=PREFIX))
    held = try_lock(kept / "owner.lock")
    assert held is not None

    def initdb(cluster: Cluster, folder: Path, *, is_durable: bool) -> None:
        pristine = made.get(cluster.bin_dir)
        if is_durable:
            make(cluster, folder, is_durable=True)
        elif pristine is None:
            make(cluster, folder, is_durable=False)
            pristine = kept / f"data-{len(made)}"
            _copy(folder, pristine)
            made[cluster.bin_dir] = pristine
        else:
            _copy(pristine, folder)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(clusters, "_initdb", initdb)
        yield
    shutil.rmtree(kept)
    os.close(held)


def _copy(made: Path, folder: Path) -> None:
    """With the owner of each file, who is not ours where tests run as root."""
    subprocess.run(["cp", "-a", f"{made}/.", str(folder)], check=True)
