"""pg_dump, pg_restore and psql against an address: which ones, and with which secrets."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.conninfo import make_conninfo

from mainstem.errors import ServerError
from mainstem.pg import programs
from mainstem.pg.connect import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg
    from psycopg.rows import TupleRow

SYSTEM_FOLDERS = "/usr/lib/postgresql/*/bin"
_TIMEOUT_S = 24 * 3600


def bin_dir_for(connection: psycopg.Connection[TupleRow]) -> Path:
    """Return the folder of programs that can talk to the server as this connection does.

    The embedded ones know PostgreSQL up to 18 and speak no TLS; beyond that the system's are used.

    Raises:
        ServerError: the system has none that are new enough.
    """
    server_major = connection.info.server_version // 10000
    is_encrypted = connection.pgconn.ssl_in_use
    if not is_encrypted and server_major <= programs.EMBEDDED_MAJOR:
        return programs.embedded_bin_dir()
    on_path = shutil.which("pg_dump")
    folders = [*([Path(on_path).resolve().parent] if on_path else [])]
    folders += sorted(Path("/").glob(SYSTEM_FOLDERS.lstrip("/")), reverse=True)
    for folder in folders:
        if (folder / "psql").exists() and programs.major_version(folder, "pg_dump") >= server_major:
            return folder
    why = "asks for TLS, which the embedded pg_dump does not speak" if is_encrypted else "is newer"
    raise ServerError(
        f"the server {why}; install PostgreSQL's client programs, version {server_major} or newer"
    )


def arguments_for(url: str) -> tuple[str, Mapping[str, str]]:
    """Return the address without its password, and an environment that holds the password.

    Other people of the machine can read a program's arguments, but not its environment.
    """
    parts = parse(url)
    environment = dict(os.environ) | {"LC_ALL": "C"}
    if "password" in parts:
        environment["PGPASSWORD"] = parts.pop("password")
    return make_conninfo(**parts), environment


def call(program: Path, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a program against an address; what it said, and its exit code."""
    address, environment = arguments_for(url)
    return subprocess.run(
        [str(program), "--dbname", address, *options],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_S,
    )


def last_words(done: subprocess.CompletedProcess[str]) -> str:
    """The last line that a program which failed said, for people."""
    return (done.stderr.strip().splitlines() or [f"{Path(done.args[0]).name} failed"])[-1]
