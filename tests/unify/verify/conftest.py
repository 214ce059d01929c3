"""A copy and a run, each made once and cloned for every test that plants a fault in it."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from samples.direct_mail import generate

from mainstem.pg.connect import connect
from mainstem.unify.copy.file import copy_file
from mainstem.unify.copy.proof import made_tables
from mainstem.unify.ledger import store
from mainstem.unify.move.run import run_plan
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.plan.make import make_plan
from mainstem.unify.progress import Silence
from mainstem.unify.verify.verifying import verify_copy, verify_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.pg.scratch import ScratchServer
    from mainstem.unify.plan.model import Plan
    from mainstem.unify.verify.model import Verification

SAMPLES = Path(__file__).parents[3] / "samples"
SAMPLE_ROWS = 3000

LEGACY = """
create table team (id integer primary key, name text not null);
create table member (
    id text primary key,
    team_id integer references team (id),
    name text,
    note text,
    score numeric(12, 2),
    weight real,
    born date,
    made_at timestamp,
    settings json,
    photo blob,
    is_active boolean
);
create table visit (team_id integer, day text, pages integer, primary key (team_id, day))
    without rowid;
create table heap (word text, number integer, remark text);
create table account (id integer primary key, login text, api_token text);
insert into team values (1, 'red'), (2, 'blue'), (3, '');
insert into visit values (1, '2024-05-01', 7), (1, '2024-05-02', 8), (2, '2024-05-01', 7);
insert into heap values ('a', 1, 'x'), ('a', 1, 'x'), ('b', null, ''), ('c', 3, null);
insert into account values (1, 'ann', 'tok-1'), (2, 'bob', 'tok-2');
"""
MEMBERS = [
    (
        f"m{number}",
        number % 3 + 1,
        f"Name {number} é \\ \t ü",
        [None, "", "two\nlines"][number % 3],
        number + 0.25,
        number / 3,
        f"19{number % 90 + 10}-02-0{number % 9 + 1}",
        f"2024-03-10 01:30:{number % 60:02}.{number:06}",
        f'{{"colour": "c{number}", "sizes": [1, {{"deep": {number}}}]}}',
        bytes([number % 256, 0, 255]),
        number % 2,
    )
    for number in range(1, 61)
]


@dataclass(frozen=True)
class Copied:
    """A finished copy in a database of this test's own."""

    path: Path
    url: str
    run_id: int

    def plant(self, *statements: str) -> None:
        plant(self.url, statements)

    def verify(self) -> Verification:
        return verify_copy(self.path, self.url, made=made_tables, reporter=Silence())


@dataclass(frozen=True)
class Loaded:
    """A source row's key, and its id in the target."""

    key: str
    id: str


@dataclass(frozen=True)
class Moved:
    """A finished run in a database of this test's own."""

    config: Path
    plan: Plan
    url: str

    def plant(self, *statements: str) -> None:
        plant(self.url, statements)

    def verify(self) -> Verification:
        return verify_run(self.plan, self.url, reporter=Silence())

    def rows(self, source_table: str, condition: str = "true", *, count: int = 1) -> list[Loaded]:
        """Some loaded rows of a source table; the condition is about the target's row `t`."""
        into = self.plan.table(source_table).into
        with connect(self.url) as connection:
            found = connection.execute(
                "select m.old_id, m.new_id::text from unify.legacy_id m"
                f' join "{into}" t on t.id = m.new_id'
                " where m.outcome = 'l' and m.map_id = (select map_id from unify.legacy_map"
                f" where source_table = '{source_table}' and role = 'main') and ({condition})"
                f" order by length(m.old_id), m.old_id limit {count}".encode()
            ).fetchall()
        assert len(found) == count, f"the sample has too few such rows of {source_table}"
        return [Loaded(*row) for row in found]

    def value(self, query: str) -> str:
        with connect(self.url) as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return str(row[0])


def plant(url: str, statements: tuple[str, ...]) -> None:
    """Change rows behind everybody's back: no trigger, no constraint notices."""
    with connect(url) as connection:
        connection.execute("set session_replication_role = replica")
        for statement in statements:
            changed = connection.execute(statement.encode()).rowcount
            assert changed, f"the fault was not planted: {statement}"


def write_legacy(path: Path) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(LEGACY)
    connection.executemany(f"insert into member values ({', '.join('?' * 11)})", MEMBERS)
    connection.commit()
    connection.close()
    return path


@pytest.fixture(scope="session")
def _copied_once(
    scratch: ScratchServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str, int]:
    path = write_legacy(tmp_path_factory.mktemp("copy") / "legacy.db")
    name = f"copied_{uuid4().hex}"
    url = scratch.create_database(name)
    with copy_file(path, url, "public", reporter=Silence()):
        pass
    with connect(url) as connection:
        (run,) = store.runs_named(connection, path.name, kind="copy")
    return path, name, run.id


@pytest.fixture
def copied(scratch: ScratchServer, _copied_once: tuple[Path, str, int]) -> Iterator[Copied]:
    path, template, run_id = _copied_once
    name = f"test_{uuid4().hex}"
    yield Copied(path, scratch.create_database(name, template=template), run_id)
    scratch.drop_database(name)


@pytest.fixture(scope="session")
def _moved_once(
    scratch: ScratchServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("run")
    generate(folder / "direct_mail.db", rows=SAMPLE_ROWS, seed=3)
    shutil.copy(SAMPLES / "direct_mail.toml", folder)
    config = read_config(folder / "direct_mail.toml")
    name = f"moved_{uuid4().hex}"
    url = scratch.create_database(name, template=template)
    with connect(url) as connection:
        plan = make_plan(config, connection)
    run_plan(read_directory(plan.directory), url, reporter=Silence())
    return config.path, name


@pytest.fixture
def moved(scratch: ScratchServer, _moved_once: tuple[Path, str]) -> Iterator[Moved]:
    config, template = _moved_once
    name = f"test_{uuid4().hex}"
    plan = read_directory(read_config(config).plan_dir)
    yield Moved(config, plan, scratch.create_database(name, template=template))
    scratch.drop_database(name)
