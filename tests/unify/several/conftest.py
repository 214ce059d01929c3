"""Two PostgreSQL databases and a SQLite file, of two shops each, that become one."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from mainstem.pg.connect import connect
from mainstem.unify.ledger.store import ensure_schema
from mainstem.unify.move.catchup.passes import catch_up
from mainstem.unify.move.run import run_plan
from mainstem.unify.move.undo import undo_run
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.plan.make import make_plan
from mainstem.unify.progress import Silence
from mainstem.unify.verify.verifying import verify_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mainstem.pg.scratch import ScratchServer
    from mainstem.unify.move.catchup.passes import CaughtUp
    from mainstem.unify.move.run import Outcome
    from mainstem.unify.plan.model import Plan
    from mainstem.unify.progress import Reporter
    from mainstem.unify.verify.model import Verification

TARGET = """
create table shop (id uuid primary key, name text not null, slug text not null unique, size integer,
    updated_at timestamptz);
create table person (
    id uuid primary key, shop_id uuid not null references shop, email text not null,
    full_name text, app text not null default 'both', updated_at timestamptz,
    check (app in ('both', 'north', 'south')));
create unique index person_email on person (lower(email));
create table project (
    shop_id uuid references shop, id uuid, owner_id uuid references person, title text not null,
    stage text not null check (stage in ('open', 'done')), budget numeric(12, 2), due date,
    tags jsonb, lead_task_id uuid, created_at timestamptz not null default now(),
    primary key (shop_id, id));
create table task (
    shop_id uuid references shop, id uuid, project_id uuid not null, title text, weight integer,
    created_at timestamptz not null default now(), primary key (shop_id, id),
    foreign key (shop_id, project_id) references project (shop_id, id));
alter table project add foreign key (shop_id, lead_task_id) references task (shop_id, id)
    deferrable initially deferred;
create table note (
    shop_id uuid references shop, id uuid, task_id uuid not null, project_id uuid not null,
    body text, created_at timestamptz not null default now(), primary key (shop_id, id),
    foreign key (shop_id, task_id) references task (shop_id, id),
    foreign key (shop_id, project_id) references project (shop_id, id));
create table card (
    shop_id uuid references shop, id uuid, type text not null, name text, config jsonb not null,
    primary key (shop_id, id));
"""

NORTH = """
create type stage as enum ('open', 'done', 'odd');
create table shops (id uuid primary key, name text not null, slug text unique, size text,
    updated_at timestamptz);
create table people (
    id uuid primary key, shop_id uuid references shops, email varchar(80), full_name text,
    updated_at timestamptz);
create table projects (
    id uuid primary key, shop_id uuid references shops, owner_id uuid references people,
    title text not null, stage stage, budget numeric(12, 4), due timestamp, tags text[],
    lead_task_id uuid, created_at timestamptz);
create table tasks (
    id uuid primary key, project_id uuid references projects, title text, weight bigint,
    created_at timestamptz);
alter table projects add foreign key (lead_task_id) references tasks;
create table notes (
    id serial primary key, task_id uuid references tasks, body text, created_at timestamptz);
create table brand_cards (
    id uuid primary key, shop_id uuid references shops, name text, core_values text[], voice jsonb);
create table style_cards (
    id uuid primary key, shop_id uuid references shops, name text, motto text, colours json,
    weight integer);
create table outfits (id serial primary key, worn_on date);
create table backup_people_2024 (like people);
"""

SOUTH = """
create table company (
    code text primary key, name text, slug text unique, size integer, updated_at timestamptz);
create table person (
    number bigint primary key, company_code text references company, email text, full_name text,
    updated_at timestamptz);
create table project (
    number bigint primary key, company_code text references company,
    owner_number bigint references person (number), title text, stage text, budget double precision,
    made_at timestamptz);
"""

CONFIG = """
name = "two"
[[source]]
name = "north"
postgres = "env:NORTH"
tenants = "shops"
[source.set]
app = "'north'"
[[source]]
name = "south"
postgres = "env:SOUTH"
schema = "app"
tenants = "company"
set.app = "'south'"
[[source]]
name = "desk"
sqlite = "desk.db"
tenants = "shops"
[tenant]
column = "shop_id"
root = "shop"
[tables.north.brand_cards]
into = "card"
pack = "config"
set.type = "'brand'"
[tables.north.style_cards]
into = "card"
pack = "config"
set.type = "'style'"
[tables.north.outfits]
drop = "of another product"
[tables.north.backup_people_2024]
drop = "a backup"
[tables.south.company]
into = "shop"
[tables.south.project.columns]
owner_number = "owner_id"
made_at = "created_at"
budget = { into = "budget", rules = ["rounded-to-scale"] }
"""


_UUIDS = """
create function pg_temp.u(n bigint) returns uuid language sql immutable return
    ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid
"""

#: each task is a row of its own and one or two of a further table
WEIGHTS = """
[[tables.north.tasks.also]]
into = "public.weight"
rows = "(values (1, s.weight), (2, s.weight * 2)) as part (n, w)"
where = "part.w > 1"
columns.id = "unify.minted(s.created_at, 'weight/' || s._key || '/' || part.n)"
columns.task_id = "loaded.id"
columns.n = "part.n"
columns.w = "part.w"
"""
WEIGHT_TABLE = """
create table weight (id uuid primary key, task_id uuid, n integer, w integer)
"""

LAST_RUN = "(select max(id) from unify.run where kind = 'run')"


def uuid_of(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


@dataclass(frozen=True)
class Merge:
    """Sources, config and target of one test."""

    folder: Path
    north: str
    south: str
    url: str

    @property
    def config(self) -> Path:
        return self.folder / "two.toml"

    def plan(self, *, is_forced: bool = False) -> Plan:
        with connect(self.url) as connection:
            return make_plan(read_config(self.config), connection, is_forced=is_forced)

    def read_plan(self) -> Plan:
        return read_directory(self.folder / "two-plan")

    def run(self, reporter: Reporter | None = None) -> Outcome:
        return run_plan(self.read_plan(), self.url, reporter=reporter or Silence())

    def verify(self) -> Verification:
        return verify_run(self.read_plan(), self.url, reporter=Silence())

    def catch_up(
        self,
        reporter: Reporter | None = None,
        *,
        until_s: float = 60,
        is_forced: bool = False,
        passes_max: int = 3,
    ) -> CaughtUp:
        return catch_up(
            self.read_plan(),
            self.url,
            reporter=reporter or Silence(),
            until_s=until_s,
            is_forced=is_forced,
            passes_max=passes_max,
        )

    def undo(self, run_id: int) -> None:
        undo_run(run_id, self.url, reporter=Silence())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()

    def execute(self, url: str, statements: str) -> None:
        with connect(url) as connection:
            connection.execute(statements.encode())

    def accounts(self) -> dict[str, tuple[int, ...]]:
        """Source table -> source, loaded, merged, quarantined, dropped of the last run."""
        rows = self.rows(
            "select source_table, source_rows, loaded, merged, quarantined, dropped"
            " from unify.table_result where run_id = " + LAST_RUN
        )
        return {row[0]: row[1:] for row in rows}

    def quarantine(self) -> dict[tuple[str, str], str]:
        rows = self.rows(
            "select source_table, key, coalesce(column_name || ': ', '') || reason"
            " from unify.quarantine where run_id = " + LAST_RUN
        )
        return {(row[0], row[1]): row[2] for row in rows}


#: every table's content, without what a run makes up
TABLES = ("shop", "person", "project", "task", "note", "card")


def content(merge: Merge) -> dict[str, list[str]]:
    return {
        table: [text for (text,) in merge.rows(f"select t::text from {table} t order by 1")]
        for table in TABLES
    }


def fresh(merge: Merge, scratch: ScratchServer, name: str) -> dict[str, list[str]]:
    """What a run made now leaves in an empty target."""
    other = Merge(merge.folder, merge.north, merge.south, scratch.create_database(name))
    other.execute(other.url, TARGET)
    other.run()
    found = content(other)
    scratch.drop_database(name)
    return found


def fill_north(url: str) -> None:
    """Two shops, people, projects and tasks that point at each other."""
    with connect(url) as connection:
        connection.execute(NORTH)
        connection.execute(_UUIDS)
        connection.execute("""
            insert into shops select u(n), 'Shop ' || n, 'shop-' || n, (n * 10)::text,
                '2026-01-01Z' from generate_series(1, 2) n;
            insert into people select u(100 + n), u(n % 2 + 1), 'P' || n || '@Example.com',
                'Person ' || n, '2026-01-01Z'::timestamptz + n * interval '1 day'
                from generate_series(1, 20) n;
            insert into projects select u(200 + n), u(n % 2 + 1), u(100 + n), 'Project ' || n,
                case when n % 2 = 0 then 'open' else 'done' end::stage, n * 1.25,
                '2026-02-01'::timestamp + n * interval '1 day', array['a', n::text], null,
                '2026-01-02Z' from generate_series(1, 10) n;
            insert into tasks select u(300 + n), u(200 + (n - 1) / 4 + 1), 'Task ' || n, n,
                '2026-01-03Z' from generate_series(1, 40) n;
            update projects set lead_task_id = (select id from tasks t
                where t.project_id = projects.id order by id limit 1);
            insert into notes (task_id, body, created_at) select u(300 + n % 40 + 1),
                E'note\\t' || n, '2026-01-04Z' from generate_series(1, 120) n;
            insert into brand_cards select u(500 + n), u(n % 2 + 1), 'Brand ' || n,
                array['x', 'y,"z'], jsonb_build_object('n', n) from generate_series(1, 4) n;
            insert into style_cards select u(600 + n), u(n % 2 + 1), 'Style ' || n,
                'in "quotes"', '{"a": [1, 2]}', n from generate_series(1, 3) n;
            insert into outfits (worn_on) select '2026-01-01' from generate_series(1, 5);
        """.replace(" u(", " pg_temp.u(").replace("(u(", "(pg_temp.u(").encode())  # fmt: skip


def fill_south(url: str) -> None:
    """Two companies of other keys and types."""
    with connect(url) as connection:
        connection.execute(f"create schema app; set search_path = app; {SOUTH}".encode())
        connection.execute("""
            insert into company select 'c' || n, 'Company ' || n, 'company-' || n, n,
                '2026-03-01Z' from generate_series(1, 2) n;
            insert into person select n, 'c' || (n % 2 + 1), 's' || n || '@example.com',
                'South ' || n, '2026-03-01Z' from generate_series(1, 20) n;
            insert into project select n, 'c' || (n % 2 + 1), n, 'South project ' || n, 'open',
                n * 0.5, '2026-03-02Z' from generate_series(1, 10) n;
        """)


def fill_desk(path: Path) -> None:
    """A file of two shops with people of its own."""
    connection = sqlite3.connect(path)
    connection.executescript("""
        create table shops (id text primary key, name text, slug text, size integer,
            updated_at text);
        create table people (id integer primary key, shop_id text references shops, email text,
            full_name text, updated_at text);
        insert into shops values ('d1', 'Desk 1', 'desk-1', 1, '2026-04-01'),
            ('d2', 'Desk 2', 'desk-2', 2, '2026-04-01');
        insert into people values (1, 'd1', 'd1@example.com', 'Desk One', '2026-04-02'),
            (2, 'd2', 'd2@example.com', 'Desk Two', '2026-04-02');
    """)
    connection.commit()
    connection.close()


def fill_again(merge: Merge) -> None:
    """Both servers as they were at first."""
    merge.execute(merge.north, "drop schema public cascade; create schema public")
    fill_north(merge.north)
    merge.execute(merge.south, "drop schema app cascade")
    fill_south(merge.south)


@pytest.fixture(scope="session")
def _sources(scratch: ScratchServer) -> tuple[str, str]:
    """Two templates."""
    north, south = f"north_{uuid4().hex}", f"south_{uuid4().hex}"
    fill_north(scratch.create_database(north))
    fill_south(scratch.create_database(south))
    return north, south


@pytest.fixture(scope="session")
def _target(scratch: ScratchServer) -> str:
    """A template: empty tables, and a ledger of no runs."""
    name = f"target_{uuid4().hex}"
    with connect(scratch.create_database(name)) as connection:
        connection.execute(TARGET.encode())
        ensure_schema(connection)
    return name


@pytest.fixture
def merge(
    scratch: ScratchServer,
    _sources: tuple[str, str],
    _target: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Merge]:
    """Sources whose rows all fit, and an empty target."""
    templates = (*_sources, _target)
    names = [f"test_{uuid4().hex}" for _ in templates]
    north, south, url = (
        scratch.create_database(name, template=template)
        for name, template in zip(names, templates, strict=True)
    )
    monkeypatch.setenv("NORTH", north)
    monkeypatch.setenv("SOUTH", south)
    made = Merge(tmp_path, north, south, url)
    fill_desk(tmp_path / "desk.db")
    made.config.write_text(CONFIG)
    yield made
    for name in names:
        scratch.drop_database(name)


@dataclass(frozen=True)
class Prepared:
    """A merge that was run once, and the databases that its target is copied from."""

    merge: Merge
    ran: str
    caught: str


@pytest.fixture(scope="session")
def _prepared(
    scratch: ScratchServer, _sources: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Prepared:
    """Its sources stay the same databases: a run knows copies of them as others."""
    names = {word: f"{word}_{uuid4().hex}" for word in ("northern", "southern", "ran", "caught")}
    made = Merge(
        tmp_path_factory.mktemp("prepared"),
        scratch.create_database(names["northern"], template=_sources[0]),
        scratch.create_database(names["southern"], template=_sources[1]),
        scratch.create_database(names["ran"]),
    )
    made.execute(made.url, TARGET)
    fill_desk(made.folder / "desk.db")
    made.config.write_text(CONFIG)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("NORTH", made.north)
        patched.setenv("SOUTH", made.south)
        made.plan()
        made.run()
        caught = scratch.create_database(names["caught"], template=names["ran"])
        (first,) = replace(made, url=caught).catch_up().passes
    assert (first.inserted, first.updated, first.deleted) == (0, 0, 0)
    return Prepared(made, names["ran"], names["caught"])


@pytest.fixture
def _again(_prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    """The sources as they were when the run read them."""
    fill_again(_prepared.merge)
    shutil.copytree(_prepared.merge.folder, tmp_path, dirs_exist_ok=True)
    # A copy of the file would be another one; no test of these writes to it.
    (tmp_path / "desk.db").unlink()
    (tmp_path / "desk.db").hardlink_to(_prepared.merge.folder / "desk.db")
    monkeypatch.setenv("NORTH", _prepared.merge.north)
    monkeypatch.setenv("SOUTH", _prepared.merge.south)
    return replace(_prepared, merge=replace(_prepared.merge, folder=tmp_path))


@pytest.fixture
def ran(_again: Prepared, scratch: ScratchServer) -> Iterator[Merge]:
    """A merge whose plan was carried out, by run 1."""
    name = f"test_{uuid4().hex}"
    yield replace(_again.merge, url=scratch.create_database(name, template=_again.ran))
    scratch.drop_database(name)


@pytest.fixture
def caught(_again: Prepared, scratch: ScratchServer) -> Iterator[Merge]:
    """The same after a first pass, which read every row."""
    name = f"test_{uuid4().hex}"
    yield replace(_again.merge, url=scratch.create_database(name, template=_again.caught))
    scratch.drop_database(name)
