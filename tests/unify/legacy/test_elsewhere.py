"""Old names in a target of another shape than the platform's: the isolation proof tries them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

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
    from pathlib import Path

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
grant select, insert, update, delete on shop, person to authenticated;
"""

CONFIG = """
name = "old"
[[source]]
sqlite = "old.db"
tenants = "shops"
[tenant]
column = "shop_id"
root = "shop"
"""


@pytest.fixture
def plan(tmp_path: Path, empty_database_url: str) -> Plan:
    """Two shops with a person each, moved."""
    with sqlite3.connect(tmp_path / "old.db") as source:
        source.executescript("""
            create table shops (id integer primary key, name text);
            create table people (id integer primary key, shop_id integer references shops, name);
            insert into shops values (1, 'One'), (2, 'Two');
            insert into people values (1, 1, 'Ann'), (2, 2, 'Bob');
        """)
    source.close()
    path = tmp_path / "old.toml"
    path.write_text(CONFIG)
    with connect(empty_database_url) as connection:
        connection.execute(TARGET.encode())
    with connect(empty_database_url) as connection:
        made = make_plan(read_config(path), connection)
    plan = read_directory(made.directory)
    run_plan(plan, empty_database_url, reporter=Silence())
    return plan


def test_what_they_can_do_is_told_by_shape_and_the_proof_tries_them(
    plan: Plan, empty_database_url: str
) -> None:
    with connect(empty_database_url) as connection:
        made = apply_legacy(connection, plan, "legacy")
    assert {view.name for view, _ in made.views} == {"shops", "people"}
    assert {one.verdict for _, tried in made.views for one in tried} == {Verdict.BY_SHAPE}
    assert made.proof is not None
    assert made.proof.endswith("2 proven, 0 leak, 0 not exercised")


def test_a_view_that_leaks_is_not_kept(plan: Plan, empty_database_url: str) -> None:
    with connect(empty_database_url) as connection:
        connection.execute("alter policy own on person using (true)")
    with (
        pytest.raises(UnifyError, match=r"views leak and were not kept: legacy\.people"),
        connect(empty_database_url) as connection,
    ):
        apply_legacy(connection, plan, "legacy")
    with connect(empty_database_url) as connection:
        row = connection.execute("select to_regclass('legacy.people')").fetchone()
        assert row == (None,)
