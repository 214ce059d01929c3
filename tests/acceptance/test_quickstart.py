from __future__ import annotations

import http.client
import os
import signal
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from mainstem.pg.connect import connect
from mainstem.server.record import running
from samples import direct_mail

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.conftest import Machine

ROWS = 5_000
SOURCES = ("revos", "audience", "mail", "direct_mail", "persona")


def fetch(address: str, path: str) -> tuple[int, str]:
    with closing(http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()


def count(machine: Machine, sql: str) -> int:
    with connect(machine.server.url()) as connection:
        row = connection.execute(sql.encode()).fetchone()
    assert row is not None
    return int(row[0])


def test_five_databases_become_one_though_it_was_killed(machine: Machine) -> None:
    killed = ("quickstart", "--rows", str(ROWS), "--port", "0")
    with machine.start(*killed) as process:
        while not is_staging(machine):
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=0.05)
        os.killpg(process.pid, signal.SIGKILL)

    first = machine.mainstem("quickstart", "--rows", str(ROWS), "--port", "0")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "going on with run 1" in first.stderr
    record = running(machine.home)
    assert record is not None
    assert record.address in first.stdout
    for step in (
        "Database",
        "Migrations",
        "Sources",
        "Plan",
        "Move",
        "Verification",
        "Isolation",
        "Expectations",
        "Checks",
    ):
        assert f"ok   {step}" in first.stdout
    assert "No row is unexplained" in first.stdout
    assert f"{record.address}/invitation#" in first.stdout
    status, page = fetch(record.address, "/status")
    assert status == 200
    for source in SOURCES:
        assert source in first.stdout
        assert f">{source}<" in page
    assert "checks passed" in page
    assert fetch(record.address, "/api/health")[0] == 200
    loaded = count(machine, "select sum(loaded) from unify.table_result")

    second = machine.mainstem("quickstart", "--rows", str(ROWS), "--port", "0")
    assert second.returncode == 0, second.stdout + second.stderr
    for said in ("none pending", "made before", "as it stands", "nothing to do", "as found before"):
        assert said in second.stdout
    following = running(machine.home)
    assert following is not None
    if following.code == record.code:  # else somebody edited the code meanwhile
        assert f"{record.address}, already running" in second.stdout
        assert following == record
    assert count(machine, "select sum(loaded) from unify.table_result") == loaded

    assert machine.mainstem("serve", "--stop").stdout == f"stopped {following.address}\n"
    assert running(machine.home) is None


def is_staging(machine: Machine) -> bool:
    """Whether a run has staged a table: the backup, which comes before, is there."""
    if not any(machine.home.glob("sample/*/*-plan/backup/*.dump")):
        return False
    return count(machine, "select count(*) from unify.step where name ~ '^stage'") > 0


def test_a_person_s_own_files_come_in_and_what_cannot_is_one_clear_line(
    machine: Machine, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_bytes(b"this is no database, only text" * 50)
    for name, said in (
        ("letter.txt", "letter.txt is not a SQLite database"),
        ("nowhere.db", "there is no file"),
    ):
        refused = machine.mainstem("quickstart", "--sqlite", str(tmp_path / name))
        assert refused.returncode == 2
        assert said in refused.stderr
        assert name in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
        assert running(machine.home) is None

    folder = tmp_path / "mine"
    folder.mkdir()
    path = direct_mail.generate(folder / "old app.db", rows=2_000, seed=9).path
    before = path.read_bytes()
    done = machine.mainstem("quickstart", "--sqlite", str(path), "--port", "0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "of the direct-mail app" in done.stdout
    pieces = count(machine, "select count(*) from public.mail_piece")
    assert pieces > 0
    assert path.read_bytes() == before
    assert [found.name for found in folder.iterdir()] == ["old app.db"]

    path = tmp_path / "Shop data-2.db"
    with closing(sqlite3.connect(path)) as legacy, legacy:
        legacy.execute("create table orders (id integer primary key, note text not null)")
        legacy.executemany("insert into orders values (?, ?)", [(1, "één"), (2, "b\x00c")])
    for _ in range(2):
        done = machine.mainstem("quickstart", "--sqlite", str(path), "--port", "0")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "into schema copy_of_shop_data_2" in done.stdout
        assert count(machine, "select count(*) from copy_of_shop_data_2.orders") == 2
    assert count(machine, "select count(*) from public.mail_piece") == pieces
    record = running(machine.home)
    assert record is not None
    assert "orders" in fetch(record.address, "/status")[1]
