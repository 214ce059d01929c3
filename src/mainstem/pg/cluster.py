"""One PostgreSQL cluster on disk: made, started and stopped by PostgreSQL's own programs.

Used for the embedded server and for scratch servers; whoever uses it holds the lock.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote

from psycopg import pq
from psycopg.conninfo import make_conninfo

from mainstem.errors import ServerError
from mainstem.pg import leftovers, programs
from mainstem.pg.account import give

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mainstem.pg.account import Account

SUPERUSER = "postgres"
PORT = 5432  # only names the socket file: nothing listens on TCP
START_LIMIT_S = 900  # a crash recovery of 4 GB of WAL on a slow disk
STOP_LIMIT_S = 120
LOG_LINES = 12
#: initdb's choice of collation: the built-in one is the same on every system and never changes.
LOCALE_OPTIONS_18 = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
LOCALE_OPTIONS_15 = ["--locale=C.UTF-8"]
BUILTIN_LOCALE_SINCE = 17
HBA = "# Only over the socket, whose directory is private.\nlocal all all trust\n"


@dataclass(frozen=True)
class Cluster:
    """Where a cluster lives and which programs run it, as whom."""

    data: Path
    socket_dir: Path
    bin_dir: Path
    start_log: Path
    account: Account | None

    @property
    def name(self) -> str:
        """Stand in the title of each of its processes: how they are told from others."""
        return "mainstem-" + sha256(str(self.data).encode()).hexdigest()[:12]

    def url(self, database: str, *, user: str = SUPERUSER) -> str:
        """Return the address of a database."""
        host = quote(str(self.socket_dir), safe="")
        return f"postgresql://{quote(user)}@/{quote(database)}?host={host}&port={PORT}"

    def ping(self) -> pq.Ping:
        """Ask the server whether it takes connections."""
        parameters = make_conninfo(host=str(self.socket_dir), port=PORT, connect_timeout=5)
        return pq.Ping(pq.PGconn.ping(os.fsencode(parameters)))


def create(cluster: Cluster, *, databases: tuple[str, ...] = (), is_durable: bool = True) -> None:
    """Make the cluster in a folder beside it, then rename: a killed initdb leaves no half one."""
    staging = cluster.data.with_name(cluster.data.name + ".new")
    if staging.exists():
        leftovers.end_makers(staging, cluster.bin_dir)
        shutil.rmtree(staging)
    staging.mkdir(mode=0o700)
    give(staging, cluster.account)
    _initdb(cluster, staging, is_durable=is_durable)
    for database in databases:
        _create_database(cluster, staging, database)
    with (staging / "postgresql.conf").open("a") as conf:
        conf.write("\ninclude 'mainstem.conf'  # written anew at each start\n")
    (staging / "pg_hba.conf").write_text(HBA)
    staging.rename(cluster.data)
    if is_durable:
        _sync_directory(cluster.data.parent)


def _initdb(cluster: Cluster, folder: Path, *, is_durable: bool) -> None:
    has_builtin = programs.major_version(cluster.bin_dir) >= BUILTIN_LOCALE_SINCE
    locale = LOCALE_OPTIONS_18 if has_builtin else LOCALE_OPTIONS_15
    options = ["--pgdata", str(folder), "--username", SUPERUSER, "--auth=trust", "--encoding=UTF8"]
    if not is_durable:
        options.append("--no-sync")
    done = programs.run(
        cluster.bin_dir / "initdb", [*options, *locale], account=cluster.account, timeout_s=300
    )
    if done.returncode != 0:
        raise ServerError(
            f"cannot make a database in {folder.parent}: {programs.reason(done.stdout)}"
        )


def _create_database(cluster: Cluster, folder: Path, database: str) -> None:
    """Make a database before the server first runs, in single-user mode."""
    done = programs.run(
        cluster.bin_dir / "postgres",
        ["--single", "-D", str(folder), "-c", "listen_addresses=", "postgres"],
        account=cluster.account,
        stdin=f'create database "{database}";\n',
        timeout_s=120,
    )
    if done.returncode != 0 or "ERROR" in done.stdout:
        raise ServerError(f"cannot make the database {database}: {programs.reason(done.stdout)}")


def start(cluster: Cluster, settings: Mapping[str, str]) -> None:
    """Start the server, detached from us, and wait until it takes connections.

    Raises:
        ServerError: it does not start; the message holds the server's own reason.
    """
    clear_leftovers(cluster)
    _write_settings(cluster, settings)
    cluster.start_log.unlink(missing_ok=True)
    options = [f"--timeout={START_LIMIT_S}", f"--log={cluster.start_log}"]
    done = _pg_ctl(cluster, "start", options)
    if done.returncode != 0:
        raise ServerError(
            f"the database in {cluster.data} does not start: "
            f"{programs.reason(_last_words(cluster) or done.stdout)} "
            f"(see {cluster.start_log.parent})"
        )


def clear_leftovers(cluster: Cluster) -> None:
    """Remove what a killed server left; see there."""
    socket_lock = cluster.socket_dir / f".s.PGSQL.{PORT}.lock"
    leftovers.clear(cluster.data, socket_lock, cluster.name)


def _last_words(cluster: Cluster) -> str:
    """Return the end of the newest log; the first lines of a start stand in one of their own."""
    logs = [path for path in cluster.start_log.parent.glob("*log") if path.is_file()]
    newest = sorted(logs, key=lambda path: path.stat().st_mtime)[-2:]
    lines = [path.read_text(errors="replace").splitlines()[-LOG_LINES:] for path in newest]
    return "\n".join(line for each in lines for line in each)


def _write_settings(cluster: Cluster, settings: Mapping[str, str]) -> None:
    given = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(cluster.socket_dir),
        "unix_socket_permissions": "0700",
        "cluster_name": cluster.name,
        **settings,
    }
    lines = ["# Mainstem writes this file at each start; your own settings: `alter system set`."]
    lines += [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in given.items()]
    path = cluster.data / "mainstem.conf"
    staging = path.with_suffix(".new")
    staging.unlink(missing_ok=True)
    with staging.open("x") as file:  # never through a link: the folder is the account's, not ours
        file.write("\n".join(lines) + "\n")
    give(staging, cluster.account)
    staging.replace(path)


def stop(cluster: Cluster, *, mode: str = "fast") -> None:
    """Stop the server; 'fast' rolls open transactions back, 'immediate' does not write anything."""
    done = _pg_ctl(cluster, "stop", [f"--timeout={STOP_LIMIT_S}", f"--mode={mode}"])
    if done.returncode != 0 and cluster.ping() != pq.Ping.NO_RESPONSE:
        raise ServerError(f"the database does not stop: {programs.reason(done.stdout)}")


def _pg_ctl(
    cluster: Cluster, action: str, options: Sequence[str]
) -> subprocess.CompletedProcess[str]:
    return programs.run(
        cluster.bin_dir / "pg_ctl",
        [action, "--wait", "--silent", f"--pgdata={cluster.data}", *options],
        account=cluster.account,
    )


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
