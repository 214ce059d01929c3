"""The account that the server's processes run as.

PostgreSQL refuses to run as root. As an ordinary person the server runs as that person; as root it
runs as the system account `mainstem`, which is made when it is missing.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.errors import ServerError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "mainstem"


@dataclass(frozen=True)
class Account:
    """A system account other than our own."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """Return the account for the server's processes; None means our own."""
    if os.geteuid() != 0:
        return None
    return _find() or _make()


def _find() -> Account | None:
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _make() -> Account:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    reason = "there is no useradd"
    if useradd is not None:
        options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        made = subprocess.run(
            [useradd, *options, NAME], capture_output=True, text=True, check=False, timeout=60
        )
        reason = made.stderr.strip().splitlines()[-1] if made.stderr.strip() else "useradd failed"
    # Looked up even after a failure: another process may have made it in the meantime.
    account = _find()
    if account is None:
        raise ServerError(
            f"PostgreSQL does not run as root and the account {NAME!r} cannot be made ({reason}); "
            "run as an ordinary user, or make that account yourself"
        )
    return account


def give(path: Path, account: Account | None) -> None:
    """Make the account the owner of path, never of what it links to; our own needs nothing."""
    if account is not None:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def open_way(path: Path, account: Account | None) -> None:
    """Let the account reach path: adds the right to traverse (never to list) where it lacks."""
    if account is None:
        return
    for parent in path.resolve().parents:
        state = parent.stat()
        if not _may_traverse(state, account):
            parent.chmod(stat.S_IMODE(state.st_mode) | stat.S_IXOTH)


def _may_traverse(state: os.stat_result, account: Account) -> bool:
    if state.st_uid == account.uid:
        return bool(state.st_mode & stat.S_IXUSR)
    if state.st_gid == account.gid:
        return bool(state.st_mode & stat.S_IXGRP)
    return bool(state.st_mode & stat.S_IXOTH)
