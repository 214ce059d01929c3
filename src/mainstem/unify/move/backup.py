"""A full backup of the target before a run touches it, with the command that restores it."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mainstem.errors import ServerError, TargetError
from mainstem.pg.tools import arguments_for, bin_dir_for, call, last_words

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg
    from psycopg.rows import TupleRow

STEP = "backup"
_DROP_STAGING = """
do $$
declare staging text;
begin
  for staging in select nspname from pg_namespace where nspname ~ '^unify_[0-9]+$' loop
    execute format('drop schema %I cascade', staging);
  end loop;
end
$$"""


@dataclass(frozen=True)
class Backup:
    """What is wished: a folder for the dump, or the reason for doing without one."""

    folder: Path
    skipped_because: str | None = None


@dataclass(frozen=True)
class BackedUp:
    """A dump that was written, and how to get the database back from it; or why there is none."""

    path: str | None
    restore: str | None
    reason: str | None = None

    def __str__(self) -> str:
        """One line for people."""
        if self.path is None:
            return f"no backup of the target was taken: {self.reason}"
        return f"the target was backed up to {self.path}; restore it with: {self.restore}"


def back_up(
    connection: psycopg.Connection[TupleRow], url: str, wish: Backup, *, is_needed: bool
) -> BackedUp:
    """Write a dump of the whole database; without one where a reason is given.

    `is_needed`: the tables that a run writes to hold rows. Otherwise a failed dump is no hindrance.

    Raises TargetError when a backup is needed and cannot be taken.
    """
    if wish.skipped_because is not None:
        return BackedUp(None, None, wish.skipped_because)
    try:
        path = _dump(connection, url, wish.folder)
    except (OSError, ServerError, subprocess.TimeoutExpired) as error:
        if is_needed:
            raise TargetError(
                f"the target cannot be backed up, and nothing was done: {error}; mend that, or "
                'give --no-backup-because "reason"'
            ) from None
        return BackedUp(None, None, f"it failed, and the target's tables are empty: {error}")
    script = path.with_suffix(".sh")
    script.write_text(_script(url, path, bin_dir_for(connection)), "utf-8")
    return BackedUp(str(path), shlex.join(["sh", str(script)]))


def _script(url: str, dump: Path, bin_dir: Path) -> str:
    """What brings the dump back: all of it or, where something stands in the way, nothing.

    What runs have staged since goes first: it may need types that the dump makes anew.
    """
    address, _ = arguments_for(url)
    call = ["--no-psqlrc", "--quiet", "--dbname", address, "--command", _DROP_STAGING]
    restore = ["--clean", "--if-exists", "--single-transaction", "--dbname", address, str(dump)]
    commands = ([str(bin_dir / "psql"), *call], [str(bin_dir / "pg_restore"), *restore])
    return "\n".join(["#!/bin/sh", "set -eu", *map(shlex.join, commands), ""])


def _dump(connection: psycopg.Connection[TupleRow], url: str, folder: Path) -> Path:
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"target-{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z.dump"
    partial = path.with_suffix(".partial")
    program = bin_dir_for(connection) / "pg_dump"
    options = ["--format=custom", "--compress=1", "--file", str(partial)]
    done = call(program, url, *options)
    if done.returncode:
        partial.unlink(missing_ok=True)
        raise ServerError(last_words(done))
    partial.rename(path)
    return path
