"""Old names in a target of another shape than the platform's, tried with the proof's callers."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from mainstem.errors import UnifyError
from mainstem.pg.connect import connect
from mainstem.unify.legacy.apply import apply_legacy
from mainstem.unify.legacy.probe import Verdict
from mainstem.unify.move.run import run_plan
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.plan.make import make_plan
from mainstem.unify.progress import Silence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.pg.scratch import ScratchServer
    from mainstem.unify.plan.model import Plan

TARGET = """
do $$ begin
    if to_regrole('authenticated') is null then create role authenticated; end if;
end $$;
create function claimed_shop() returns uuid language sql stable as
    $$ select nullif(current_setting('request.jwt.claims', true)::jsonb ->> 'shop_id', '')::uuid $$;
create table shop (id uuid primary key, name text);
create table person (id uuid primary key, shop_id uuid not null references shop, name text);
alter table shop enable row level security;
alter table shop force row level security;
alter table person enable row level security;
alter table person force row level security;
create policy own on shop using (id = claimed_shop()) with check (id = claimed_shop());
create policy own on person using (shop_id = claimed_shop()) with check (shop_id = claimed_shop());
create table card (id uuid primary key, shop_id uuid not null references shop, type text not null
    check (type in ('brand', 'style')), config jsonb not null);
alter table card enable row level security;
alter table card force row level security;
create policy own on card using (shop_id = claimed_shop()) with check (shop_id = claimed_shop());
grant select, insert, update, delete on shop, person, card to authenticated;
"""

CONFIG = """
name = "old"
[[source]]
sqlite = "old.db"
tenants = "shops"
[tenant]
column = "shop_id"
root = "shop"
[tables.brands]
into = "card"
pack = "config"
set.type = "'brand'"
[tables.styles]
into = "card"
pack = "config"
set.type = "'style'"
"""


@dataclass(frozen=True)
class Moved:
    """A finished run, in a database that others are copied from."""

    plan: Plan
    database: str


@pytest.fixture(scope="module")
def moved(scratch: ScratchServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    """Two shops with a person each, moved."""
    folder = tmp_path_factory.mktemp("old")
    name = f"old_{uuid4().hex}"
    url = scratch.create_database(name)
    with sqlite3.connect(folder / "old.db") as source:
        source.executescript("""
            create table shops (id integer primary key, name text);
            create table people (id integer primary key, shop_id integer references shops, name);
            create table brands (id integer primary key, shop_id integer references shops, tone);
            create table styles (id integer primary key, shop_id integer references shops, motto);
            insert into shops values (1, 'One'), (2, 'Two');
            insert into brands values (1, 1, 'low'), (2, 2, 'high');
            insert into styles values (1, 1, 'a'), (2, 2, 'b');
            insert into people values (1, 1, 'Ann'), (2, 2, 'Bob');
        """)
    source.close()
    path = folder / "old.toml"
    path.write_text(CONFIG)
    with connect(url) as connection:
        connection.execute(TARGET.encode())
    with connect(url) as connection:
        made = make_plan(read_config(path), connection)
    plan = read_directory(made.directory)
    run_plan(plan, url, reporter=Silence())
    yield Moved(plan, name)
    scratch.drop_database(name)


@pytest.fixture
def plan(moved: Moved) -> Plan:
    return moved.plan


@pytest.fixture
def url(scratch: ScratchServer, moved: Moved) -> Iterator[str]:
    """That database, of this test's own."""
    name = f"test_{uuid4().hex}"
    yield scratch.create_database(name, template=moved.database)
    scratch.drop_database(name)


def told(plan: Plan, url: str) -> dict[str, dict[str, Verdict]]:
    with connect(url) as connection:
        made = apply_legacy(connection, plan, "legacy")
        connection.rollback()
    return {view.name: {one.operation: one.verdict for one in tried} for view, tried in made.views}


def test_what_they_can_do_is_tried_as_two_tenants(plan: Plan, url: str) -> None:
    with connect(url) as connection:
        made = apply_legacy(connection, plan, "legacy")
        assert {view.name for view, _ in made.views} == {"shops", "people", "brands", "styles"}
        assert {one.verdict for _, tried in made.views for one in tried} == {Verdict.WORKS}
        assert made.proof is not None
        assert made.proof.endswith("4 proven, 0 leak, 0 not exercised")
        counted = "select (select count(*) from shop), count(*) from card"
        assert connection.execute(counted).fetchone() == (2, 4)
        comment = connection.execute("select obj_description('legacy.people'::regclass)")
        assert "Can (tried): select, insert, update, delete." in str(comment.fetchone())


def test_what_a_role_may_not_do_is_told(plan: Plan, url: str) -> None:
    with connect(url) as connection:
        connection.execute("revoke insert on person from authenticated")
    assert told(plan, url)["people"] == {
        "select": Verdict.WORKS,
        "insert": Verdict.REFUSED,
        "update": Verdict.WORKS,
        "delete": Verdict.WORKS,
    }


def test_what_a_trigger_of_the_target_refuses_is_told(plan: Plan, url: str) -> None:
    with connect(url) as connection:
        connection.execute(
            "create function never() returns trigger language plpgsql as"
            " $$ begin raise exception 'kept for ever'; end $$;"
            "create trigger kept before delete on person for each row execute function never()"
        )
    with connect(url) as connection:
        made = apply_legacy(connection, plan, "legacy")
    (tried,) = (tried for view, tried in made.views if view.name == "people")
    (deletion,) = (one for one in tried if one.operation == "delete")
    assert (deletion.verdict, deletion.reason) == (Verdict.REFUSED, "kept for ever")


def test_tables_of_nobody_are_told_by_their_shape(plan: Plan, url: str) -> None:
    with connect(url) as connection:
        connection.execute("revoke all on person from authenticated")
    verdicts = told(plan, url)
    assert set(verdicts["people"].values()) == {Verdict.BY_SHAPE}
    assert set(verdicts["shops"].values()) == {Verdict.WORKS}


def test_a_view_that_leaks_is_not_kept(plan: Plan, url: str) -> None:
    with connect(url) as connection:
        connection.execute("alter policy own on person using (true)")
    with (
        pytest.raises(UnifyError, match=r"views leak and were not kept: legacy\.people"),
        connect(url) as connection,
    ):
        apply_legacy(connection, plan, "legacy")
    with connect(url) as connection:
        row = connection.execute("select to_regclass('legacy.people')").fetchone()
        assert row == (None,)
