"""`mainstem db`, as somebody types it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mainstem.pg.connect import connect


def mainstem(*arguments: str | Path, **environment: str) -> tuple[int, str, str]:
    """Run a command; its exit code, output and errors."""
    done = subprocess.run(
        [Path(sys.executable).with_name("mainstem"), "db", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_server_of_ones_own_from_start_to_stop(home: Path) -> None:
    at = {"MAINSTEM_HOME": str(home)}
    data = home / "postgresql" / "data"
    assert mainstem("stop", **at) == (0, f"the database in {data} is not running\n", "")
    code, said, _ = mainstem("status", **at)
    assert code == 0
    assert "embedded, not made yet; `mainstem db start` starts it" in said
    assert mainstem("start", **at) == (0, f"made and started the database in {data}\n", "")
    assert mainstem("start", **at) == (0, f"the database in {data} is running already\n", "")
    code, url, _ = mainstem("url", **at)
    with connect(url.strip()) as connection:
        assert connection.info.dbname == "mainstem"
    code, said, _ = mainstem("shell", "-Atc", "select 6 * 7", **at)
    assert (code, said) == (0, "42\n")
    code, said, _ = mainstem("migrate", "--dry-run", **at)
    assert code == 0
    assert "would apply 0001_foundation.sql" in said
    code, said, _ = mainstem("migrate", **at)
    assert code == 0
    assert "applied 0001_foundation.sql" in said
    assert mainstem("migrate", **at) == (0, "the schema is up to date\n", "")
    code, said, _ = mainstem("status", **at)
    assert "version     PostgreSQL 18" in said
    assert "partitions  ok" in said
    assert mainstem("stop", **at) == (0, f"stopped the database in {data}\n", "")


def test_a_change_is_shown_backed_up_and_restored(
    database_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    at = {"DATABASE_URL": database_url}
    assert mainstem("diff", **at) == (0, "the database is what the migrations build\n", "")
    mainstem("shell", "-qc", "alter table lead disable row level security", **at)
    code, said, _ = mainstem("diff", **at)
    assert code == 1
    assert "changed  table public.lead" in said
    assert "live:  row security off" in said
    code, said, _ = mainstem("backup", tmp_path, "--keep", "1", **at)
    assert code == 0
    code, said, _ = mainstem("backup", tmp_path, "--keep", "1", **at)
    assert "removed " in said
    code, _, said = mainstem("restore", tmp_path, **at)
    assert code == 2
    assert "is not empty" in said
    code, said, _ = mainstem("restore", tmp_path, "--into", empty_database_url, **at)
    assert code == 0
    assert "all as in the backup" in said


def test_each_failure_is_one_line_without_the_password() -> None:
    for command in ("status", "migrate", "diff", "partitions", "shell"):
        code, said, why = mainstem(command, DATABASE_URL="postgresql://u:topsecret@127.0.0.1:1/d")
        assert code == 2
        assert "topsecret" not in said + why
        assert why.startswith("mainstem: cannot connect to database 'd' at 127.0.0.1:1 as u: ")
        assert why.count("\n") == 1
    code, _, why = mainstem("start", DATABASE_URL="postgresql://u@127.0.0.1:1/d")
    assert code == 2
    assert "DATABASE_URL is set" in why
