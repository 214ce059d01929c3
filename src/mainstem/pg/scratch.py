"""Throw-away servers: for tests, and for building the schema that migrations describe.

Nothing of one survives its process: a leftover of a killed process is removed by the next one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import sql

from mainstem.errors import ServerError
from mainstem.pg import cluster as clusters
from mainstem.pg import leftovers, programs
from mainstem.pg.account import give, open_way, server_account
from mainstem.pg.cluster import Cluster
from mainstem.pg.connect import connect
from mainstem.pg.locks import try_lock
from mainstem.pg.settings import scratch_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from psycopg.rows import TupleRow

PREFIX = "mainstem-scratch-"


@dataclass(frozen=True)
class ScratchServer:
    """A running throw-away server; the folder and the programs are all there is to know."""

    folder: Path
    bin_dir: Path

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database."""
        return self.cluster().url(database)

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Make a database, as a copy of a template that nobody is connected to; its address."""
        made = sql.SQL("create database {} template {} strategy file_copy")
        with self.administering() as connection:
            connection.execute(
                made.format(sql.Identifier(name), sql.Identifier(template or "template0"))
            )
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, ending its connections."""
        with self.administering() as connection:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
            )

    @contextmanager
    def administering(self) -> Iterator[psycopg.Connection[TupleRow]]:
        """A connection on which databases are made and dropped."""
        with connect(self.url(), autocommit=True) as connection:
            yield connection

    def cluster(self) -> Cluster:
        """Return the cluster, for stopping and starting it."""
        return Cluster(
            data=self.folder / "data",
            socket_dir=self.folder,
            bin_dir=self.bin_dir,
            start_log=self.folder / "log",
            account=server_account(),
        )


@contextmanager
def scratch_server(
    *, bin_dir: Path | None = None, parent: Path | None = None
) -> Iterator[ScratchServer]:
    """Run a throw-away server, of the embedded programs unless others are named.

    Args:
        bin_dir: the folder of another version's programs.
        parent: where its files go; the system's temporary folder by default.

    Raises:
        ServerError: it does not start.
    """
    parent = parent or Path(tempfile.gettempdir())
    remove_abandoned(parent)
    bin_dir = bin_dir or programs.embedded_bin_dir()
    account = server_account()
    programs.make_runnable(bin_dir, account)
    server = ScratchServer(Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent)), bin_dir)
    held = try_lock(server.folder / "owner.lock")
    assert held is not None, "the folder is new, so nobody else holds its lock"
    try:
        give(server.folder, account)
        open_way(server.folder, account)
        clusters.create(server.cluster(), is_durable=False)
        clusters.start(server.cluster(), scratch_settings())
        yield server
    finally:
        _remove(server)
        os.close(held)


def remove_abandoned(parent: Path) -> None:
    """Remove scratch servers below a folder whose processes were killed."""
    for folder in parent.glob(PREFIX + "*"):
        if not any(folder.glob("data*")):
            continue  # its owner is about to take the lock
        try:
            held = try_lock(folder / "owner.lock")
        except OSError:
            continue  # another person's
        if held is not None:
            _remove(ScratchServer(folder, programs.embedded_bin_dir()))
            os.close(held)


def _remove(server: ScratchServer) -> None:
    cluster = server.cluster()
    process = leftovers.postmaster(cluster.data)
    if process is not None:
        # Its files go with it, so there is nothing to write before it ends.
        with suppress(ServerError):
            clusters.stop(cluster, mode="immediate")
    clusters.clear_leftovers(cluster)
    shutil.rmtree(server.folder, ignore_errors=True)
