"""The embedded server: PostgreSQL 18 in a folder of ours, shared by all processes that use it.

It is started when it is needed and outlives us; `mainstem db stop` ends it. Below the home:
`postgresql/data`, `postgresql/log`, `postgresql/run` (the socket, private) and the lock file.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from psycopg import pq

from mainstem.errors import ServerError
from mainstem.pg import cluster as clusters
from mainstem.pg import leftovers, programs
from mainstem.pg.account import give, open_way, server_account
from mainstem.pg.cluster import Cluster
from mainstem.pg.locks import file_lock
from mainstem.pg.settings import durable_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.pg.account import Account

DATABASE = "mainstem"
SOCKET_PATH_BYTES_MAX = 100  # the kernel's limit is 103 (macOS) or 107 bytes
#: pg_ctl hands paths to a shell, in double quotes and nothing else
UNQUOTABLE = re.compile(r'["$`\\\x00-\x1f]')


def default_home() -> Path:
    """Return MAINSTEM_HOME; else the platform's data folder; for root /var/lib/mainstem.

    Raises:
        ServerError: the account has no home folder.
    """
    named = os.environ.get("MAINSTEM_HOME", "").strip()
    try:
        if named:
            return Path(named).expanduser().resolve()
        if os.geteuid() == 0:
            # Root's own home is closed to the account that the server has to run as.
            return Path("/var/lib/mainstem")
        return platformdirs.user_data_path("mainstem", appauthor=False)
    except RuntimeError as error:
        raise ServerError(
            f"there is no home folder to keep the database in ({error}); MAINSTEM_HOME names one"
        ) from error


@dataclass(frozen=True)
class EmbeddedServer:
    """The server of one home folder."""

    home: Path

    @classmethod
    def default(cls) -> EmbeddedServer:
        """Return the server of the default home."""
        return cls(default_home())

    @property
    def bin_dir(self) -> Path:
        """The folder of pg_dump, pg_restore, psql and the server's programs."""
        return programs.embedded_bin_dir()

    @property
    def base(self) -> Path:
        """The folder of everything that belongs to PostgreSQL."""
        return self.home / "postgresql"

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.base / "data"

    def url(self, database: str = DATABASE) -> str:
        """Return the address of a database of this server, which need not run."""
        return self._cluster().url(database)

    def is_made(self) -> bool:
        """Whether its data folder is there.

        Raises:
            ServerError: the home is closed to us.
        """
        with self._clear_errors():
            return self.data.exists()

    def is_running(self) -> bool:
        """Whether it takes connections."""
        return self._cluster().ping() == pq.Ping.OK

    def pid(self) -> int | None:
        """Return the process number of the server, if it runs."""
        process = leftovers.postmaster(self.data)
        return process.pid if process else None

    def start(self) -> bool:
        """Start it unless it runs, making it the first time; True when this call started it.

        Raises:
            ServerError: it cannot be made or started, or the folder holds something else.
        """
        if self.is_running():
            return False
        with self._locked():
            if self.is_running():
                return False
            self._prepare()
            cluster = self._cluster()
            clusters.start(cluster, durable_settings(self.base / "log"))
            return True

    def stop(self) -> bool:
        """Stop it, waiting; True when this call stopped it."""
        if not self.is_made():
            return False
        with self._locked():
            if leftovers.postmaster(self.data) is None:
                return False
            cluster = self._cluster()
            clusters.stop(cluster)
            if not cluster.socket_dir.is_relative_to(self.base):
                with suppress(OSError):
                    cluster.socket_dir.rmdir()  # only when nothing is left in it
            return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if UNQUOTABLE.search(str(self.home)):
            raise ServerError(
                f"PostgreSQL's programs cannot take the folder {str(self.home)!r}, because of a "
                "quote, $, `, backslash or line end in it; MAINSTEM_HOME names another folder"
            )
        with self._clear_errors():
            self.home.mkdir(parents=True, exist_ok=True, mode=0o711)
            with file_lock(self.home / "server.lock"):
                _refuse_other_owner(self.data, server_account())
                yield

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ServerError(
                f"the embedded database cannot use {error.filename or self.home}: "
                f"{error.strerror}; MAINSTEM_HOME names another folder"
            ) from error

    def _prepare(self) -> None:
        """Make what is missing. What is there is never overwritten."""
        account = server_account()
        programs.make_runnable(self.bin_dir, account)
        cluster = self._cluster()
        for folder in (self.base, self.base / "log", cluster.socket_dir):
            if not folder.exists():
                folder.mkdir(mode=0o700)
            if folder.lstat().st_uid == os.geteuid():  # also where a kill came in between
                give(folder, account)
        open_way(self.base, account)
        _refuse_stranger(cluster)
        if _is_vacant(self.data):
            clusters.create(cluster, databases=(DATABASE,))
        _refuse_other_data(self.data)

    def _cluster(self) -> Cluster:
        return Cluster(
            data=self.data,
            socket_dir=self._socket_dir(),
            bin_dir=self.bin_dir,
            start_log=self.base / "log" / "start.log",
            account=server_account(),
        )

    def _socket_dir(self) -> Path:
        near = self.base / "run"
        size_bytes = len(os.fsencode(near / f".s.PGSQL.{clusters.PORT}.lock"))
        # To the server and its clients a comma begins the next folder.
        if size_bytes <= SOCKET_PATH_BYTES_MAX and "," not in str(near):
            return near
        # The same for every process of this home, so it hangs on nothing in the environment.
        mark = sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path("/tmp") / f"mainstem-{os.geteuid()}-{mark}"  # noqa: S108 - owner is checked


def _refuse_other_owner(data: Path, account: Account | None) -> None:
    """Another person's server can neither be started nor stopped as ours."""
    if not data.exists():
        return
    owner = data.stat().st_uid
    if owner not in {os.geteuid(), account.uid if account else None}:
        raise ServerError(
            f"{data} belongs to another person (user {owner}); run as that person, or "
            "MAINSTEM_HOME names another folder"
        )


def _refuse_stranger(cluster: Cluster) -> None:
    """The socket's folder is the only lock on the door: it must be ours and private."""
    state = cluster.socket_dir.lstat()
    owner = cluster.account.uid if cluster.account else os.geteuid()
    is_private = stat.S_ISDIR(state.st_mode) and stat.S_IMODE(state.st_mode) & 0o077 == 0
    if state.st_uid != owner or not is_private:
        raise ServerError(
            f"{cluster.socket_dir} must belong to the database's account with mode 0700; "
            "remove it and start again"
        )


def _is_vacant(data: Path) -> bool:
    if not data.exists():
        return True
    return not any(data.iterdir())


def _refuse_other_data(data: Path) -> None:
    version_file = data / "PG_VERSION"
    if not version_file.exists():
        raise ServerError(
            f"{data} holds files but no PG_VERSION, so it is no whole database; nothing was "
            "touched: restore it from a backup, or move it away to begin an empty one"
        )
    major = version_file.read_text(errors="replace").strip()
    if major != str(programs.EMBEDDED_MAJOR):
        raise ServerError(
            f"{data} holds data of PostgreSQL {major}, the embedded server is "
            f"{programs.EMBEDDED_MAJOR}; dump it with PostgreSQL {major} and restore it here"
        )
