"""Sources whose keys begin with the tenant: `id` alone tells their rows apart, as in our schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from mainstem.errors import SourceError
from mainstem.pg.connect import connect
from mainstem.unify.move.catchup.passes import catch_up
from mainstem.unify.move.run import run_plan
from mainstem.unify.move.undo import undo_run
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.plan.make import make_plan
from mainstem.unify.progress import Silence
from mainstem.unify.verify.verifying import verify_run

if TYPE_CHECKING:
    from pathlib import Path

    from mainstem.unify.plan.model import Plan

SOURCE = """
create schema old;
create table old.firms (id uuid primary key, name text);
create table old.jobs (
    firm_id uuid references old.firms, id uuid, title text, primary key (firm_id, id));
create table old.steps (
    firm_id uuid references old.firms, id uuid, job_id uuid not null, note text,
    primary key (firm_id, id), foreign key (firm_id, job_id) references old.jobs (firm_id, id));
create table old.lines (
    firm_id uuid references old.firms, id bigint generated always as identity, step_id uuid,
    note text, primary key (firm_id, id),
    foreign key (step_id, firm_id) references old.steps (id, firm_id));
create function old.u(n bigint) returns uuid language sql immutable return
    ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid;
insert into old.firms select old.u(n), 'Firm ' || n from generate_series(1, 2) n;
insert into old.jobs select old.u(n % 2 + 1), old.u(10 + n), 'Job ' || n
    from generate_series(1, 6) n;
insert into old.steps select firm_id, old.u(100 + row_number() over ()), id, 'Step of ' || title
    from old.jobs, generate_series(1, 2);
insert into old.lines (firm_id, step_id, note) select firm_id, id, 'line of ' || note
    from old.steps;
"""
TARGET = """
create table firm (id uuid primary key, name text);
create table job (firm_id uuid references firm, id uuid, title text, primary key (firm_id, id));
create table step (
    firm_id uuid references firm, id uuid, job_id uuid not null, note text,
    primary key (firm_id, id), foreign key (firm_id, job_id) references job (firm_id, id));
create table line (
    firm_id uuid references firm, id uuid, step_id uuid, note text,
    primary key (firm_id, id), foreign key (firm_id, step_id) references step (firm_id, id));
"""
CONFIG = """
name = "x"
[[source]]
postgres = "env:OLD"
schema = "old"
tenants = "firms"
[tenant]
column = "firm_id"
root = "firm"
"""


@dataclass(frozen=True)
class Pair:
    """A source and a target, which are schemas of one database."""

    folder: Path
    url: str

    def execute(self, statements: str) -> None:
        with connect(self.url) as connection:
            connection.execute(statements.encode())

    def plan(self) -> Plan:
        with connect(self.url) as connection:
            return make_plan(read_config(self.folder / "x.toml"), connection, is_forced=True)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()

    def run(self) -> int:
        return run_plan(self.read_plan(), self.url, reporter=Silence()).run.id

    def read_plan(self) -> Plan:
        return read_directory(self.folder / "x-plan")


@pytest.fixture
def pair(tmp_path: Path, empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Pair:
    monkeypatch.setenv("OLD", empty_database_url)
    (tmp_path / "x.toml").write_text(CONFIG)
    made = Pair(tmp_path, empty_database_url)
    made.execute(SOURCE + TARGET)
    return made


def test_nothing_is_asked_and_the_ids_stay(pair: Pair) -> None:
    plan = pair.plan()
    assert plan.questions == ()
    assert {table.name: (table.key, table.id_kind) for table in plan.tables} == {
        "firms": (("id",), "kept"),
        "jobs": (("id",), "kept"),
        "lines": (("id",), "minted"),
        "steps": (("id",), "kept"),
    }
    pair.run()
    for query in (
        "select firm_id, id, title from {} order by id",
        "select firm_id, id, job_id, note from {} order by id",
    ):
        old, new = ("old.jobs", "job") if "title" in query else ("old.steps", "step")
        assert pair.rows(query.format(new)) == pair.rows(query.format(old))
    assert pair.rows("select firm_id, step_id, note from line order by step_id") == pair.rows(
        "select firm_id, step_id, note from old.lines order by step_id"
    )


def test_what_was_moved_is_verified_caught_up_and_taken_back(pair: Pair) -> None:
    pair.plan()
    run_id = pair.run()
    assert verify_run(pair.read_plan(), pair.url, reporter=Silence()).is_equal
    pair.execute(
        "insert into old.lines (firm_id, step_id, note) select firm_id, id, 'new' from old.steps"
        " limit 1; update old.jobs set title = 'other' where id = old.u(11);"
        "delete from old.lines where id = 1"
    )
    done = catch_up(pair.read_plan(), pair.url, reporter=Silence(), until_s=60, passes_max=1)
    (one,) = done.passes
    assert (one.inserted, one.updated, one.deleted) == (1, 1, 1)
    assert verify_run(pair.read_plan(), pair.url, reporter=Silence()).is_equal
    undo_run(run_id, pair.url, reporter=Silence())
    assert pair.rows("select count(*) from line") == [(0,)]


def test_a_row_that_points_into_another_tenant_waits(pair: Pair) -> None:
    """The source does not hold the rule: a column of its own says whose the row is."""
    pair.execute(
        "alter table old.steps drop constraint steps_firm_id_job_id_fkey;"
        "update old.steps set job_id = (select id from old.jobs j where j.firm_id <> steps.firm_id"
        " order by id limit 1) where id = old.u(101)"
    )
    assert pair.plan().questions == ()
    pair.run()
    assert ("steps", "job_id", "leads to a row of another tenant") in pair.rows(
        "select source_table, column_name, reason from unify.quarantine"
    )
    assert pair.rows("select count(*) from step where id = old.u(101)") == [(0,)]


CLIENTS = """
create table old.clients (firm_id uuid references old.firms, id uuid, primary key (firm_id, id));
create table old.posts (firm_id uuid references old.firms, id uuid, client_id uuid not null,
    primary key (firm_id, id),
    foreign key (firm_id, client_id) references old.clients (firm_id, id));
create table old.notes (firm_id uuid references old.firms, id uuid, client_id uuid not null,
    post_id uuid, primary key (firm_id, id),
    foreign key (firm_id, client_id) references old.clients (firm_id, id),
    foreign key (firm_id, post_id) references old.posts (firm_id, id));
insert into old.clients select old.u(1), old.u(n) from generate_series(201, 202) n;
insert into old.posts select firm_id, old.u(300 + row_number() over (order by id)), id
    from old.clients;
insert into old.notes select firm_id, old.u(400 + row_number() over (order by id)), client_id, id
    from old.posts;
insert into old.notes values (old.u(1), old.u(403), old.u(201), old.u(302)),
    (old.u(1), old.u(404), old.u(201), null);
create table client (firm_id uuid references firm, id uuid, primary key (firm_id, id));
create table post (firm_id uuid references firm, id uuid, client_id uuid not null,
    primary key (firm_id, id), unique (firm_id, client_id, id),
    foreign key (firm_id, client_id) references client (firm_id, id));
create table note (firm_id uuid references firm, id uuid, client_id uuid not null,
    post_id uuid, primary key (firm_id, id),
    foreign key (firm_id, client_id) references client (firm_id, id),
    foreign key (firm_id, client_id, post_id) references post (firm_id, client_id, id));
"""


def test_a_row_that_points_into_another_client_of_its_tenant_waits(pair: Pair) -> None:
    """The target's key carries the client, which the source's does not."""
    pair.execute(CLIENTS)
    assert pair.plan().questions == ()
    pair.run()
    assert pair.rows("select source_table, column_name, reason from unify.quarantine") == [
        ("notes", "post_id", "there is no such row in public.post")
    ]
    assert pair.rows("select id = any (array[old.u(401), old.u(402), old.u(404)]) from note") == [
        (True,), (True,), (True,),
    ]  # fmt: skip


def test_an_index_that_says_so_is_enough(pair: Pair) -> None:
    pair.execute(
        "create table old.tags (firm_id uuid references old.firms, id text, name text,"
        " primary key (firm_id, id), unique (id)); create table tag (firm_id uuid references firm,"
        " id text, name text, primary key (firm_id, id));"
        "insert into old.tags select id, 't' || row_number() over (), name from old.firms"
    )
    plan = pair.plan()
    assert plan.questions == ()
    assert plan.table("tags").key == ("id",)


def test_ids_that_two_tenants_share_get_new_ones_made_of_the_whole_key(pair: Pair) -> None:
    share = "case firm_id when old.u(1) then old.u(2) else old.u(1) end"
    pair.execute(
        f"insert into old.jobs select {share}, id, 'again' from old.jobs where id = old.u(11);"
        f"insert into old.steps select {share}, old.u(200), job_id, 'again' from old.steps"
        " where job_id = old.u(11) limit 1"
    )
    plan = pair.plan()
    assert plan.table("jobs").key == ("firm_id", "id")
    asked = {(one.table, one.column): one.text for one in plan.questions}
    assert asked.keys() == {("jobs", "id"), ("steps", "job_id")}
    assert "of which it alone does not tell rows apart" in asked["jobs", "id"]
    found = (
        "(select m.id from :map.jobs as m where m.old_id = jsonb_build_array(s.firm_id, s.job_id)"
    )
    assert found in asked["steps", "job_id"]
    (pair.folder / "x.toml").write_text(
        CONFIG + "[tables.jobs]\ncolumns.id = { drop = 'new ids are made of the whole key' }\n"
        f'[tables.steps]\nset.job_id = "{found}::text)"\n'
    )
    assert pair.plan().questions == ()
    pair.run()
    assert pair.rows("select count(*), count(distinct id) from job") == [(7, 7)]
    query = (
        "select {0}.id, {0}.firm_id, {1}.firm_id, title from {2}{0} join {2}{1} on {1}.id = job_id"
        " and {1}.firm_id = {0}.firm_id order by 1, 2, title"
    )
    assert pair.rows(query.format("step", "job", "")) == pair.rows(
        query.format("steps", "jobs", "old.")
    )
    assert verify_run(pair.read_plan(), pair.url, reporter=Silence()).is_equal


def test_ids_that_came_to_be_shared_stop_the_run(pair: Pair) -> None:
    pair.plan()
    pair.execute(
        "insert into old.jobs select case firm_id when old.u(1) then old.u(2) else old.u(1) end,"
        " id, 'again' from old.jobs where id = old.u(11)"
    )
    with pytest.raises(SourceError, match=r"two rows of jobs have the same id 0{8}-.*0011, by"):
        pair.run()
    assert pair.rows("select count(*) from job") == [(0,)]
    pair.execute("delete from old.jobs where title = 'again'")
    pair.run()
    assert pair.rows("select count(*) from job") == [(6,)]
