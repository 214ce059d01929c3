"""Migrates databases in processes that kill themselves, hard, at the step that they are told.

Each line of the input holds a database's address, a folder and a step, as JSON; a line comes back
when its process is gone. They are forked: starting one would take longer than what it does.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import psycopg

from mainstem.db import migrate
from mainstem.pg.connect import connect


def main() -> None:
    for line in sys.stdin:
        url, folder, steps = json.loads(line)
        child = os.fork()
        if child == 0:
            migrate_until(url, Path(folder), steps)
            os._exit(0)
        os.waitpid(child, 0)
        print(flush=True)  # noqa: T201


def migrate_until(url: str, folder: Path, steps: int) -> None:
    execute = psycopg.Connection.execute
    done = 0

    def count(self: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal done
        done += 1
        if done == steps:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(self, *arguments, **options)

    setattr(psycopg.Connection, "execute", count)  # noqa: B010 - a trap is no method
    with connect(url) as connection:
        migrate.migrate(connection, files=migrate.load(folder))


main()
