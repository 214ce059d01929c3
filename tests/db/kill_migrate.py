"""Migrates a database from a folder and kills itself, hard, at the step that it is told."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import psycopg

from mainstem.db import migrate
from mainstem.pg.connect import connect


def main() -> None:
    url, folder, steps = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
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
