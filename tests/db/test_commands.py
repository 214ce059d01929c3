"""`mainstem db`, as somebody types it."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import pytest

from mainstem.cli import main
from mainstem.db import diff as differences
from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from mainstem.pg.scratch import ScratchServer

    Said = tuple[int, str, str]

    class Run(Protocol):
        """Run a command; its exit code, output and errors."""

        def __call__(self, *arguments: str | Path, **environment: str) -> Said: ...


def run_apart(*arguments: str | Path, **environment: str) -> Said:
    """Run the installed program; its exit code, output and errors."""
    done = subprocess.run(
        [Path(sys.executable).with_name("mainstem"), "db", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def mainstem(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """The program within this process: starting one a command is most of what they cost."""

    def run(*arguments: str | Path, **environment: str) -> Said:
        capfd.readouterr()
        with monkeypatch.context() as patched:
            for name, value in environment.items():
                patched.setenv(name, value)
            patched.setattr(sys, "argv", ["mainstem", "db", *map(str, arguments)])
            with pytest.raises(SystemExit) as ended:
                main()
        assert isinstance(ended.value.code, int)
        said = capfd.readouterr()
        return ended.value.code, said.out, said.err

    return run


def test_a_server_of_ones_own_from_start_to_stop(mainstem: Run, home: Path) -> None:
    at = {"MAINSTEM_HOME": str(home)}
    data = home / "postgresql" / "data"
    assert mainstem("stop", **at) == (0, f"the database in {data} is not running\n", "")
    code, said, _ = mainstem("status", **at)
    assert code == 0
    assert "embedded, not made yet; `mainstem db start` starts it" in said
    assert mainstem("start", **at) == (0, f"made and started the database in {data}\n", "")
    assert mainstem("start", **at) == (0, f"the database in {data} is running already\n", "")
    code, url, _ = run_apart("url", **at)
    assert code == 0
    with connect(url.strip()) as connection:
        assert connection.info.dbname == "mainstem"
    code, said, _ = run_apart("shell", "-Atc", "select 6 * 7", **at)
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


def test_a_change_is_shown(
    mainstem: Run, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(differences, "built", cache(differences.built))
    at = {"DATABASE_URL": database_url}
    assert mainstem("diff", **at) == (0, "the database is what the migrations build\n", "")
    with connect(database_url) as connection:
        connection.execute("alter table lead disable row level security")
    code, said, _ = mainstem("diff", **at)
    assert code == 1
    assert "changed  table public.lead" in said
    assert "live:  row security off" in said


def test_a_database_is_backed_up_and_restored(
    mainstem: Run, scratch: ScratchServer, empty_database_url: str, tmp_path: Path
) -> None:
    name = f"kept_{uuid4().hex}"
    url = scratch.create_database(name)
    with connect(url) as connection:
        connection.execute("create table thing as select 1 as one")
    at = {"DATABASE_URL": url}
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
    with connect(empty_database_url) as connection:
        assert connection.execute("select one from thing").fetchall() == [(1,)]
    scratch.drop_database(name)


def test_each_failure_is_one_line_without_the_password(mainstem: Run) -> None:
    at = {"DATABASE_URL": "postgresql://u:topsecret@127.0.0.1:1/d"}
    failures = [mainstem(command, **at) for command in ("status", "migrate", "diff", "partitions")]
    for code, said, why in (*failures, run_apart("shell", **at)):
        assert code == 2
        assert "topsecret" not in said + why
        assert why.startswith("mainstem: cannot connect to database 'd' at 127.0.0.1:1 as u: ")
        assert why.count("\n") == 1
    code, _, why = mainstem("start", DATABASE_URL="postgresql://u@127.0.0.1:1/d")
    assert code == 2
    assert "DATABASE_URL is set" in why
