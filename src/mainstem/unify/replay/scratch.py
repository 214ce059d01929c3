"""The throw-away cluster of a replay: who may do what on it, and the databases it is copied from.

The migrations run as `postgres`, which here is an ordinary role: not a superuser, unable to make
roles, owner of its database. It is connected as that role, so there is nothing to go back to.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from psycopg import sql

from mainstem.pg.connect import connect
from mainstem.pg.scratch import scratch_server
from mainstem.unify.replay import standins

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.pg.scratch import ScratchServer
    from mainstem.unify.replay.limits import Limits

RUNNER: Final = "postgres"
_KEEPER: Final = "mainstem_keeper"
_DATABASE: Final = "postgres"
_ASIDE: Final = "mainstem_aside"
_PLAIN: Final = "mainstem_plain"
_PLATFORM: Final = "mainstem_platform"
#: the superuser that initdb makes has the name that the migrations' role should have
_RENAME: Final = f'alter role "{RUNNER}" rename to mainstem_bootstrap'
_SETTINGS: Final = {
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    "temp_file_limit": "1GB",
    # Whatever a migration raises goes to us, not to a file that it could fill the disk with.
    "log_min_messages": "panic",
    "log_min_error_statement": "panic",
    "max_connections": "20",
}


@dataclass(frozen=True)
class Scratch:
    """A prepared cluster. `keeper_url` is the superuser's; statements never run there."""

    server: ScratchServer

    @property
    def folder(self) -> Path:
        """All that it has on disk."""
        return self.server.folder

    def keeper(self, database: str = "template1") -> psycopg.Connection[TupleRow]:
        """Connect as the superuser, which watches, makes roles and copies databases."""
        url = self.server.cluster().url(database, user=_KEEPER)
        return connect(url, autocommit=True, application_name="keeper")

    @property
    def result_url(self) -> str:
        """The migrations' database as the superuser sees it, to read and nothing else."""
        return self.server.cluster().url(_DATABASE, user=_KEEPER)

    def runner(self, limits: Limits) -> psycopg.Connection[TupleRow]:
        """Connect as the role that runs migrations; its limits come back with `reset all`."""
        limit_ms = int(limits.statement_s * 1000)
        options = f"-c statement_timeout={limit_ms} -c lock_timeout={limit_ms} -c jit=off"
        url = self.server.cluster().url(_DATABASE, user=RUNNER)
        quoted = options.replace(" ", "%20").replace("=", "%3D")
        return connect(f"{url}&options={quoted}", autocommit=True, application_name="replay")

    def renew(self, *, has_platform: bool) -> None:
        """Make the migrations' database anew, with or without what the platform provides."""
        template = _PLATFORM if has_platform else _PLAIN
        with self.keeper() as connection:
            connection.execute(f"drop database if exists {_DATABASE} with (force)")
            connection.execute(f"alter role {RUNNER} reset all")
            if has_platform:
                self._build_platform(connection)
            connection.execute(
                f"create database {_DATABASE} template {template} owner {RUNNER} strategy file_copy"
            )
            path = '"$user", public, extensions' if has_platform else '"$user", public'
            connection.execute(f"alter database {_DATABASE} set search_path = {path}")

    def set_aside(self) -> None:
        """Keep what the last replay built, while another order is tried."""
        with self.keeper() as connection:
            connection.execute(f"drop database if exists {_ASIDE} with (force)")
            connection.execute(f"alter database {_DATABASE} rename to {_ASIDE}")

    def bring_back(self) -> None:
        """Take what was set aside instead of what was built since."""
        with self.keeper() as connection:
            connection.execute(f"drop database if exists {_DATABASE} with (force)")
            connection.execute(f"alter database {_ASIDE} rename to {_DATABASE}")

    def _build_platform(self, connection: psycopg.Connection[TupleRow]) -> None:
        found = connection.execute("select from pg_database where datname = %s", (_PLATFORM,))
        if found.fetchone() is not None:
            return
        connection.execute(
            f"create database {_PLATFORM} template {_PLAIN} owner {RUNNER} strategy file_copy"
        )
        with self.keeper(_PLATFORM) as building, building.transaction():
            for script in standins.platform():
                building.execute(script.encode())
            building.execute(f"set local role {RUNNER}")
            for name in standins.INSTALLED:
                building.execute(
                    sql.SQL("create extension {} schema extensions").format(sql.Identifier(name))
                )


@contextmanager
def open_scratch() -> Iterator[Scratch]:
    """Start a cluster and prepare it.

    Raises:
        ServerError: it does not start.
    """
    with scratch_server() as server:
        scratch = Scratch(server)
        _prepare(scratch)
        yield scratch


def _prepare(scratch: Scratch) -> None:
    server = scratch.server
    folder = server.folder / "extensions"
    share_dir = server.bin_dir.parent / "share" / "postgresql"
    standins.write_extensions(folder, share_dir, server.cluster().account)
    with connect(server.url(), autocommit=True) as first:
        first.execute(f"create role {_KEEPER} superuser login")
    with scratch.keeper() as connection:
        connection.execute(f"drop database {_DATABASE}")
        connection.execute(_RENAME)
        connection.execute(standins.roles().encode())
        settings = _SETTINGS | {"extension_control_path": f"{folder}:$system"}
        for name, value in settings.items():
            connection.execute(
                sql.SQL("alter system set {} = {}").format(sql.Identifier(name), value)
            )
        connection.execute("select pg_reload_conf()")
        connection.execute(f"create database {_PLAIN} owner {RUNNER} strategy file_copy")
